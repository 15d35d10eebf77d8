"""Which metrics verdicts rest on, run by run."""

from pathlib import Path
from typing import Any

import pytest

from contract.run.reading import read_run
from contract.run.record import ProcessesRecord, RunRecord
from reports.effects.primaries import family_size, primaries, primaries_of
from reports.tests.runs import Behaviour, Made, Scenario, make_run

BOTH = {name: Behaviour(0.02, cpu_s=0.01) for name in ("baseline", "b")}


def record(folder: Path, **changes: Any) -> RunRecord:
    made = Made((Scenario("list", BOTH, rounds=20), Scenario("item", BOTH, rounds=20)))
    return read_run(make_run(folder, made)).record.model_copy(update=changes)


@pytest.mark.parametrize(
    ("processes", "counted"),
    [
        (ProcessesRecord(), True),
        (ProcessesRecord(cpu_unknown="on another machine"), False),
        (None, False),
    ],
)
def test_cpu_time_counts_where_it_can_be_read(
    tmp_path: Path, processes: ProcessesRecord | None, *, counted: bool
) -> None:
    """Older runs, foreign ones and services elsewhere have families without it."""
    run = record(tmp_path, processes=processes)

    assert ("cpu_outside_s" in primaries_of(run)) is counted
    assert "cpu_outside_s" not in primaries("paired")
    assert (6 if counted else 4) == family_size(run, canary=False)


def test_memory_counts_once_whatever_the_scenarios(tmp_path: Path) -> None:
    """It is of the service, so two scenarios have one."""
    joint = ("memory_peak_bytes", "latency_s_p99")

    assert 2 * 3 + 1 == family_size(record(tmp_path), canary=False, joint=joint)
