"""Units of paired observations, by hand."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from contract.metrics import METRICS, find
from reports.effects.pairing import Paired

CHANCE = np.random.default_rng(4)
BEFORE = np.exp(CHANCE.normal(0, 0.5, 20_000))
# Twice as slow up to the 95th percentile, eight times beyond it: each statistic has its own ratio.
AFTER = BEFORE * np.where(np.quantile(BEFORE, 0.93) < BEFORE, 8.0, 2.0)


@pytest.mark.parametrize("metric", [one for one in METRICS if one.source == "latency_s"])
def test_every_metric_has_the_ratio_of_its_own_statistic(metric: object) -> None:
    """No metric is reported with the ratio of another one's statistic."""
    found = find(getattr(metric, "name", ""))
    paired = Paired(found, "after", BEFORE, AFTER)

    def statistic(values: np.ndarray) -> float:
        return float(values.mean() if found.is_mean else np.quantile(values, found.quantile))

    expected = statistic(AFTER) / statistic(BEFORE)
    assert expected == pytest.approx(paired.of(AFTER) / paired.of(BEFORE))
    assert (20_000, "rounds") == (paired.n_units, paired.unit)
    if found.by_coins:
        assert math.log(expected) == pytest.approx(paired.tested().log_ratio)
    assert 20_000 // found.rounds_per_stretch == len(paired.whole_stretch_logs())


def test_a_typical_unit_is_one_round() -> None:
    """Its log ratio is that of neighbours."""
    paired = Paired(find("latency_s_p50"), "b", np.array([1.0, 2.0]), np.array([2.0, 2.0]))

    assert [math.log(2), 0.0] == paired.whole_stretch_logs().tolist()


def test_pairs_of_starts_are_paired_inside_first() -> None:
    """The centre of each start's rounds is one unit."""
    paired = Paired(
        find("latency_s_p50"),
        "b",
        np.ones(4),
        np.exp(np.array([0.1, 0.3, 1.0, 1.0])),
        block=np.array([0, 0, 1, 1]),
        unit="pairs",
    )

    assert [0.2, 1.0] == pytest.approx(paired.whole_stretch_logs().tolist())
    assert (2.0, "pairs") == (paired.rounds_per_unit, paired.unit)


def test_an_incomplete_stretch_at_the_end_is_left_out() -> None:
    """A mean needs 50 rounds a stretch: of 130, thirty are not used."""
    paired = Paired(find("latency_s_mean"), "b", np.ones(130), np.full(130, 2.0))

    assert 2 == len(paired.whole_stretch_logs())


@pytest.mark.parametrize(
    ("metric", "rounds", "expected"),
    [("latency_s_p95", 19, False), ("latency_s_p95", 20, True), ("latency_s_p50", 1, True)],
)
def test_a_tail_needs_rounds_for_a_number(metric: str, rounds: int, expected: bool) -> None:
    """Below them it is its slowest request."""
    paired = Paired(find(metric), "b", np.ones(rounds), np.ones(rounds))

    assert expected is paired.comparable


@pytest.mark.parametrize("wrong", [0.0, math.nan, -1.0, math.inf])
def test_what_is_no_time_is_not_compared(wrong: float) -> None:
    """One such value makes the metric incomparable."""
    after = np.array([1.0, wrong])

    assert not Paired(find("latency_s_p50"), "b", np.ones(2), after).comparable


def test_the_first_rounds_alone() -> None:
    """Values and blocks are cut at the same round."""
    paired = Paired(
        find("latency_s_p50"), "b", np.arange(1.0, 5), np.arange(2.0, 6), np.array([0, 0, 1, 1])
    )
    cut = paired.until(3)

    assert cut.block is not None
    assert (3, 3, 3) == (len(cut.before), len(cut.after), len(cut.block))
    assert replace(paired, block=None).until(2).block is None


@pytest.mark.parametrize("metric", ["latency_s_p50", "latency_s_p90", "latency_s_mean"])
@pytest.mark.parametrize("block", [None, np.repeat(np.arange(7), 60)])
def test_units_are_rounds_or_what_no_unit_may_split(metric: str, block: Any) -> None:
    """All rounds count, and seven pairs of starts are seven, whatever the statistic is."""
    values = np.linspace(1, 2, 420)
    paired = Paired(
        find(metric), "after", values, values, block, "rounds" if block is None else "pairs"
    )

    assert (420 if block is None else 7) == paired.n_units


def test_a_block_under_load_has_the_ratio_of_its_medians() -> None:
    """Requests of one step queue behind each other, so they are not paired one by one."""
    after = np.array([1.0, 5.0, 9.0, 2.0, 2.0, 2.0])
    paired = Paired(
        find("latency_s_p50"), "b", np.ones(6), after, np.array([0, 0, 0, 1, 1, 1]), "blocks"
    )

    assert [math.log(5), math.log(2)] == pytest.approx(paired.whole_stretch_logs().tolist())
