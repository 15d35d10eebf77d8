from pathlib import Path

import pytest

from calibration.live import Site, measured_s
from calibration.questions import TYPICAL_ONLY
from calibration.subject import LiveGate
from calibration.tests.traces import make_trace
from contract.run.reading import read_run

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_live_gate_calls_planted_work(tmp_path: Path) -> None:
    """With the real server, generator and gate, 50 % more work is detected at once."""
    gate = Site(tmp_path, "make calibrate").gate(LiveGate("quiet", TYPICAL_ONLY, 0.50, 8.0), 5)

    assert "FAIL" == gate.verdict, gate
    assert 1.0 < gate.found[0].interval_familywise.low < 1.5
    assert gate.measured_s < 8.0


def test_measuring_time_is_the_sum_of_the_blocks(tmp_path: Path) -> None:
    """Time between blocks does not count."""
    trace = make_trace(tmp_path, rounds=100)

    assert trace.block_s.sum() == pytest.approx(measured_s(read_run(tmp_path)))
