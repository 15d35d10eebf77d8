"""How long units go on, and what is said of it."""

import pytest

from loadtests.engines.allotment import OVERRUN, UNITS_PLANNED, has_time, time_left_s


@pytest.mark.parametrize(
    ("unit_s", "whole_s"),
    [
        (1.0, 60.0),  # more units than planned: the time decides
        (4.0, 60.0),  # one more than planned
        (6.0, 84.0),  # as many as planned, and longer for that
        (9.0, 120.0),  # too slow for as many, even in twice the time
    ],
)
def test_what_is_left_is_what_comes(unit_s: float, whole_s: float) -> None:
    """Told after each unit, it is what the units to come take, one more or less."""
    seconds = 60.0
    done, told = 0, []
    while has_time(done, done * unit_s, unit_s, seconds):
        done += 1
        told.append(done * unit_s + time_left_s(done, done * unit_s, seconds))

    assert whole_s == pytest.approx(done * unit_s, abs=unit_s)
    assert [whole_s] * done == pytest.approx(told, abs=unit_s)


def test_before_the_first_it_is_all_of_the_time() -> None:
    """What a unit takes is not known yet."""
    assert 60.0 == time_left_s(0, 0.0, 60.0)


def test_it_is_never_negative() -> None:
    """Where the last unit took longer than there was time."""
    assert 0.0 == time_left_s(UNITS_PLANNED, 99.0, 60.0)
    assert 0.0 == time_left_s(1, OVERRUN * 60.0 + 1.0, 60.0)
