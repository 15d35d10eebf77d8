"""When a run under way is looked at."""

import itertools
import math

import pytest

from contract.looks import LOOK_GROWTH, LOOKS, looks_reached, next_look


def test_looks_grow_by_a_quarter() -> None:
    """Looks begin at 16 rounds, and each has a quarter more than the one before, rounded up."""
    assert (16, 20, 25, 32, 40, 49, 62) == LOOKS[:7]
    growth = [after / before for before, after in itertools.pairwise(LOOKS)]
    assert all(abs(one - LOOK_GROWTH) < 1 / 16 for one in growth)
    assert 25_244 == LOOKS[-1]


@pytest.mark.parametrize(
    ("look_at", "measured", "reached"),
    [(16, 0, 0), (16, 15, 0), (20, 16, 1), (25, 24, 2), (32, 25, 3), (math.inf, 10**6, 34)],
)
def test_the_next_look_is_the_first_that_is_not_reached(
    look_at: float, measured: int, reached: int
) -> None:
    """A look that is reached is over, also where a block went past it; after the last is none."""
    assert look_at == next_look(measured)
    assert reached == looks_reached(measured)
