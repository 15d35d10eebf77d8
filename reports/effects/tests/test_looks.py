"""Which look decides, by the run's design and by what ended the scenario."""

from typing import Any

import pytest

from reports.effects.looks import look_of
from reports.statistics.sequential import Look, PairsLook
from reports.verdicts.tests.test_forecast import ends, record, restarts


@pytest.mark.parametrize(
    ("planned", "block_ends", "at_end", "look"),
    [
        (record(looks=False), (40, 80), True, Look(80)),
        (record(), (0,), True, Look(0)),
        (record(), (40, 80, 120), True, Look(120, 80)),
        (record(), (10, 80, 90), False, Look(80, 0, at_end=False)),
        (restarts(), ends(28, 10), True, PairsLook(280, spent=0.25)),
        (restarts(), ends(15, 10), False, PairsLook(140, at_end=False, spent=0.5)),
    ],
)
def test_the_latest_look_decides(
    planned: Any, block_ends: tuple[int, ...], at_end: bool, look: Look
) -> None:
    """All that was measured at the planned end; what a look had seen before it."""
    assert look == look_of(planned, block_ends, at_end=at_end)
