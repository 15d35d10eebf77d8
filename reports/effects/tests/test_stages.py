"""Where time went, by hand."""

import numpy as np
import pytest

from contract.run.record import RunRecord
from reports.effects.rounds import Rounds
from reports.effects.stages import NOT_STAGED, OUTSIDE, UNATTRIBUTED, break_down

NAN = float("nan")


def record(*stages: str) -> RunRecord:
    return RunRecord.model_construct(variants=("a",), stages=stages)


def rounds(**columns: list[float]) -> Rounds:
    n = len(columns["latency_s"])
    return Rounds(
        number=np.arange(n),
        read=lambda _, column: np.array(columns[column]),
        left_out=0,
        silent=0,
        round_s=1.0,
    )


def test_time_that_no_stage_covers_comes_last() -> None:
    """Of 10 the service took 8, of which 5 are a stage's: 3 and 2 are left."""
    one = rounds(latency_s=[10.0], stage_db_s=[5.0], stage_total_s=[8.0])
    ((found,),) = break_down([one], record("db", "total"))

    assert (("db", 5.0), (UNATTRIBUTED, 3.0), (OUTSIDE, 2.0)) == found.parts
    assert 10.0 == found.latency_s


def test_without_a_total_the_rest_is_in_no_stage() -> None:
    """A stage that a round lacks took no time; nothing is ever negative."""
    one = rounds(latency_s=[10.0, 4.0], stage_db_s=[NAN, 5.0], stage_total_s=[NAN, NAN])

    for stages in (("db",), ("db", "total")):
        ((found,),) = break_down([one], record(*stages))
        assert (("db", 2.5), (NOT_STAGED, 5.0)) == found.parts


@pytest.mark.parametrize("stages", [(), ("db",), ("db", "total")])
def test_without_server_timing_nothing_is_outside_the_service(stages: tuple[str, ...]) -> None:
    """Whether no stage is recorded or none arrived."""
    one = rounds(latency_s=[10.0, 4.0], stage_db_s=[NAN, NAN], stage_total_s=[NAN, NAN])
    ((found,),) = break_down([one], record(*stages))

    assert (7.0, (), False) == (found.latency_s, found.parts, found.is_known)


def test_no_round_has_no_breakdown() -> None:
    """Nothing to show."""
    assert [()] == break_down([rounds(latency_s=[])], record("db"))
