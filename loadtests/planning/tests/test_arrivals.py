"""When requests are due: common to all variants, complete over all workers, and Poisson."""

import numpy as np
import pytest
from scipy import stats

from loadtests.planning.arrivals import arrivals, search_order, switchback_order

SHARES = (0.5, 0.3, 0.2)


def test_arrivals_depend_on_their_place_alone() -> None:
    """The same stretch is the same for everyone who draws it, and no other one equals it."""
    one, again = (arrivals(7, (3, 0), 50, 5, SHARES) for _ in range(2))
    other = arrivals(7, (3, 1), 50, 5, SHARES)

    assert one.due_s.tolist() == again.due_s.tolist()
    assert one.scenario.tolist() == again.scenario.tolist()
    assert one.due_s.tolist() != other.due_s.tolist()


def test_gaps_are_exponential() -> None:
    """Arrivals at 200 a second are 5 ms apart on average, and memoryless."""
    drawn = arrivals(1, (0, 0), 200, 100, SHARES)
    gaps_s = np.diff(drawn.due_s)

    assert 0.005 == pytest.approx(gaps_s.mean(), rel=0.02)
    assert stats.kstest(gaps_s, "expon", args=(0, 0.005)).pvalue > 0.001
    assert (np.diff(drawn.due_s) >= 0).all()
    assert drawn.due_s[-1] < 100


def test_scenarios_come_by_their_shares() -> None:
    """Of many arrivals each scenario gets its share."""
    drawn = arrivals(1, (0, 0), 200, 100, SHARES)
    counts = np.bincount(drawn.scenario, minlength=3)

    assert list(SHARES) == pytest.approx((counts / counts.sum()).tolist(), abs=0.015)


@pytest.mark.parametrize("n_variants", [2, 3, 5])
def test_a_block_is_an_order_and_its_mirror(n_variants: int) -> None:
    """Every variant serves once in each half, and drift that is linear cancels."""
    for block in range(20):
        order = switchback_order(9, block, n_variants)

        assert order == order[::-1]
        assert list(range(n_variants)) == sorted(order[:n_variants])


def test_coins_are_fair() -> None:
    """Of 1000 blocks about half begin with each of two variants."""
    firsts = [switchback_order(5, block, 2)[0] for block in range(1000)]

    assert stats.binomtest(sum(firsts), 1000).pvalue > 0.001


def test_turns_of_the_search_are_shuffled() -> None:
    """Every variant has its turn, and not always in one order."""
    turns = [search_order(5, turn, 3) for turn in range(50)]

    assert {(0, 1, 2)} == {tuple(sorted(turn)) for turn in turns}
    assert 6 == len(set(turns))
