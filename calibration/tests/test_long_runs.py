"""Long runs are published within declared time and memory."""

import io
import json
import sys
from pathlib import Path

import pytest

from calibration import long_runs
from calibration.long_runs import BARS, Bar, Measured, make_long_run, measure_long_runs
from contract.run.reading import read_run


def test_a_long_run_has_all_its_samples(tmp_path: Path) -> None:
    """Each scenario has as many rounds, and the run is one that Versus reads."""
    rounds = make_long_run(tmp_path / "run", 16_000)
    run = read_run(tmp_path / "run")

    assert {rounds} == {scenario.rounds for scenario in run.record.scenarios}
    assert run.samples.num_rows >= 16_000


@pytest.mark.parametrize(
    ("duration_s", "memory_bytes", "expected"),
    [(4.0, 500, True), (4.1, 500, False), (3.9, 501, False)],
)
def test_a_bar_is_kept_in_time_and_memory(
    duration_s: float, memory_bytes: int, *, expected: bool
) -> None:
    """The bar itself is kept; more time or more memory is not."""
    assert expected == Measured(9, duration_s, 1.0, memory_bytes).keeps(Bar(9, 4.0, 500))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux states a process's own peak")
def test_a_million_samples_keep_their_bar_of_memory(tmp_path: Path) -> None:
    """Memory does not depend on what else the machine does; time is for `make long-runs`."""
    make_long_run(tmp_path / "run", BARS[0].samples)
    measured = long_runs.publish_alone(tmp_path / "run", BARS[0].samples)

    assert measured.memory_bytes <= BARS[0].memory_bytes


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux states a process's own peak")
def test_figures_are_recorded_with_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missed bar ends with 1, and its figures are recorded all the same."""
    monkeypatch.setattr(long_runs, "BARS", (Bar(16_000, 0.0, 1e9),))
    out = io.StringIO()

    assert 1 == measure_long_runs(out, tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert "16,000 samples to verdicts and page" in out.getvalue()
    assert 16_000 == figures["measured"][0]["samples"]
    assert {"cpu", "cpus"} <= figures["machine"].keys()
