"""Counts and missing values, by hand."""

import math

import numpy as np
import pytest

from contract.metrics import find
from reports.effects.counting import compare_counts, find_missing
from reports.effects.pairing import Paired
from reports.effects.shapes import Verdict


def paired(before: list[float], after: list[float], metric: str = "db_rows") -> Paired:
    return Paired(find(metric), "optimized", np.array(before), np.array(after))


@pytest.mark.parametrize(
    ("before", "after", "verdict", "within"),
    [
        ([5, 5], [5, 5], Verdict.EQUAL, (1.0, 1.0)),
        ([5, 5], [5, 6], Verdict.MORE, (1.0, 1.2)),
        ([5, 5], [4, 4], Verdict.FEWER, (0.8, 0.8)),
        ([5, 5], [4, 5], Verdict.INCONCLUSIVE, (0.8, 1.0)),
        ([5, 5], [4, 6], Verdict.INCONCLUSIVE, (0.8, 1.2)),
        ([0, 0], [0, 0], Verdict.EQUAL, (1.0, 1.0)),
        ([0, 5], [1, 5], Verdict.MORE, (1.0, math.inf)),
        ([1e308] * 4, [1e308, 1e308, 1.7e308, 1.7e308], Verdict.MORE, (1.0, 1.7)),
        ([5e-324, 1], [1e308, 1], Verdict.MORE, (1.0, math.inf)),
        ([0, 1, 0, 1], [1, 1, 1, 1], Verdict.MORE, (1.0, math.inf)),
    ],
)
def test_counts_by_hand(
    before: list[float], after: list[float], verdict: Verdict, within: tuple[float, float]
) -> None:
    """One round that grew is growth; a saving must show in every round."""
    found = compare_counts(paired(before, after), "list")

    assert (verdict, within) == (found.verdict, (found.within.low, found.within.high))


def test_a_median_of_the_largest_numbers_is_a_number() -> None:
    """Their mean would be beyond them."""
    found = compare_counts(paired([1e308] * 4, [1e308, 1.5e308, 1.7e308, 1.7e308]), "list")

    assert (1e308, 1.6e308) == (found.before.median, found.after.median)


def test_the_median_ratio_is_unknown_where_the_baseline_counts_nothing() -> None:
    """There is nothing to divide by."""
    assert compare_counts(paired([0, 0], [1, 1]), "list").ratio is None
    assert 2.0 == compare_counts(paired([2, 2], [4, 4]), "list").ratio


@pytest.mark.parametrize(
    ("metric", "after", "missing"),
    [
        ("db_rows", [1.0, 0.0], None),
        ("db_rows", [1.0, math.nan], 1),
        ("db_rows", [-1.0, math.nan], 2),
        ("latency_s_p50", [1.0, 2.0], None),
        ("latency_s_p50", [1.0, 0.0], 1),
    ],
)
def test_values_that_are_missing(metric: str, after: list[float], missing: int | None) -> None:
    """A count may be 0, a time may not."""
    found = find_missing(paired([1.0, 1.0], after, metric), "list")

    assert missing == (found and found.rounds_missing)
    if found:
        assert (metric == "db_rows", 2) == (found.counted, found.rounds)
