"""The order of variants: fair, seeded, independent of everything else."""

from itertools import islice, pairwise

import pytest
from scipy.stats import binomtest

from loadtests.planning.schedule import rounds

GAP_S = (0.002, 0.006)


def orders(seed: int, scenario: int, n_variants: int, n_rounds: int) -> list[tuple[int, ...]]:
    return [one.order for one in islice(rounds(seed, scenario, n_variants, GAP_S), n_rounds)]


def test_the_same_seed_draws_the_same_rounds() -> None:
    """A run can be repeated coin by coin."""
    first = list(islice(rounds(7, 0, 3, GAP_S), 50))

    assert first == list(islice(rounds(7, 0, 3, GAP_S), 50))


def test_another_seed_or_scenario_draws_other_rounds() -> None:
    """No two scenarios share their coins."""
    base = orders(7, 0, 2, 64)

    assert base != orders(8, 0, 2, 64)
    assert base != orders(7, 1, 2, 64)


@pytest.mark.parametrize("n_variants", [2, 3, 5])
def test_every_round_sends_every_variant_once(n_variants: int) -> None:
    """An order is a permutation, and each request has its gap within the bounds."""
    for one in islice(rounds(1, 0, n_variants, GAP_S), 100):
        assert list(range(n_variants)) == sorted(one.order)
        assert n_variants == len(one.gaps_s)
        assert all(GAP_S[0] <= gap_s <= GAP_S[1] for gap_s in one.gaps_s)


def test_the_coins_are_fair_and_have_no_memory() -> None:
    """Each variant goes first about half of the time, whatever went first before."""
    firsts = [order[0] for order in orders(3, 0, 2, 4000)]
    repeats = sum(now == before for before, now in pairwise(firsts))

    assert binomtest(sum(firsts), 4000).pvalue > 0.001
    assert binomtest(repeats, 3999).pvalue > 0.001
