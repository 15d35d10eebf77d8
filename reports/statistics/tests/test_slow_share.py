"""Changes of the share of slow requests: found, described, and not invented."""

import math
from pathlib import Path

import numpy as np
import pytest

from contract.run.reading import read_run
from reports.statistics import stats
from reports.statistics.slow_share import FALSE_CHANGES_MAX, ShapeChange, find_change, shares_p
from reports.statistics.values import FloatArray, IntArray

RECORDED = Path("calibration/tests/recorded")
Chance = np.random.Generator


def change(
    before: FloatArray,
    after: FloatArray,
    chance_max: float = FALSE_CHANGES_MAX,
    block: IntArray | None = None,
) -> ShapeChange | None:
    """What is found with the typical ratio that these rounds have."""
    ratio = math.exp(stats.centre(np.log(after / before)))
    return find_change("b", before, after, ratio, chance_max, block)


def latencies(
    chance: Chance, n: int, share: float, factor: float = 5, level: float = 0.006
) -> FloatArray:
    """One group, of which a share takes so many times as long."""
    return level * chance.lognormal(0, 0.12, n) * np.where(chance.random(n) < share, factor, 1)


def test_late_requests_are_found_and_described() -> None:
    """Eight in a hundred requests 30 ms late, the others 2 % faster."""
    chance = np.random.default_rng(1)
    late = latencies(chance, 1000, 0, level=0.00588) + np.where(chance.random(1000) < 0.08, 0.03, 0)
    found = change(latencies(chance, 1000, 0), late)

    assert found
    assert ("groups", 1, 2, 0.0) == (
        found.kind,
        found.groups_before,
        found.groups_after,
        found.share_before,
    )
    assert pytest.approx(0.08, abs=0.02) == found.share_after
    assert pytest.approx(0.036, abs=0.001) == found.slow_s
    assert pytest.approx(0.98, abs=0.015) == found.others_ratio
    assert found.others_interval
    assert found.others_interval.holds(0.98)
    assert 0.007 < found.threshold_after_s < 0.03
    assert pytest.approx(1) == sum(found.shares_before)
    assert pytest.approx(1) == sum(found.shares_after)
    assert len(found.edges_s) == len(found.shares_after) + 1


def test_swapped_variants_mirror_the_change() -> None:
    """The other variant as the baseline has the same shares, the other way round."""
    chance = np.random.default_rng(2)
    before, after = latencies(chance, 1000, 0.03), latencies(chance, 1000, 0.12)
    found, mirrored = change(before, after), change(after, before)

    assert found
    assert mirrored
    assert (found.share_before, found.share_after) == (mirrored.share_after, mirrored.share_before)
    assert (found.groups_before, found.groups_after) == (
        mirrored.groups_after,
        mirrored.groups_before,
    )


@pytest.mark.parametrize(("before", "after"), [(0.45, 0.55), (0.0, 0.6), (0.95, 0.6), (0.3, 0.0)])
def test_cache_hits_and_misses(before: float, after: float) -> None:
    """Shares of the slow group are right also where the typical ratio lies between the groups."""
    chance = np.random.default_rng(3)
    found = change(latencies(chance, 3000, before), latencies(chance, 3000, after))

    assert found
    assert pytest.approx(before, abs=0.03) == found.share_before
    assert pytest.approx(after, abs=0.03) == found.share_after


def test_a_longer_tail_without_a_group() -> None:
    """Slow is then what takes more than twice the typical latency."""
    chance = np.random.default_rng(4)
    found = change(chance.lognormal(-5, 0.1, 1000), chance.lognormal(-5, 0.5, 1000))

    assert found
    assert ("tail", 1, 1) == (found.kind, found.groups_before, found.groups_after)
    assert pytest.approx(2 * math.exp(-5), rel=0.05) == found.threshold_after_s


@pytest.mark.parametrize(
    ("factor", "added_s"), [(1.0, 0.0), (1 / 30, 0.0), (1.3, 0.0), (1.0, 0.005), (1.0, 0.1)]
)
def test_a_factor_or_an_added_time_changes_no_shape(factor: float, added_s: float) -> None:
    """However large it is, in one group or in two."""
    chance = np.random.default_rng(5)
    for share in (0.0, 0.1):
        before, after = latencies(chance, 2000, share), latencies(chance, 2000, share)

        assert change(before, factor * after + added_s) is None
        assert change(factor * before + added_s, after) is None


def test_other_levels_with_the_same_shares_are_no_change() -> None:
    """Quick requests get ten times faster, slow ones four times: typical and p95 tell that."""
    chance = np.random.default_rng(6)
    after = latencies(chance, 2000, 0.1, factor=25, level=0.002)

    assert change(latencies(chance, 2000, 0.1, factor=10, level=0.02), after) is None


def _pareto(chance: Chance, n: int) -> FloatArray:
    return 0.005 + 0.0005 * chance.pareto(1.2, n)


def _bursts(chance: Chance, n: int) -> tuple[FloatArray, FloatArray]:
    """Both variants suffer while the machine is busy, each by its own chance."""
    busy = np.repeat(chance.random(n // 20 + 1) < 0.2, 20)[:n]
    both = [
        0.006 * chance.lognormal(0, 0.1, n) * np.exp(np.where(busy, chance.exponential(0.6, n), 0))
        for _ in range(2)
    ]
    return both[0], both[1]


@pytest.mark.parametrize("shape", ["lognormal", "pareto", "groups", "bursts"])
def test_unchanged_scenarios_have_no_note(shape: str) -> None:
    """At a nominal 5 % about 5 % or fewer of 300 are found, at 0.1 % one at most."""
    chance = np.random.default_rng(7)

    def pair() -> tuple[FloatArray, FloatArray]:
        match shape:
            case "lognormal":
                return chance.lognormal(-5, 0.7, 300), chance.lognormal(-5, 0.7, 300)
            case "pareto":
                return _pareto(chance, 300), _pareto(chance, 300)
            case "groups":
                return latencies(chance, 300, 0.08), latencies(chance, 300, 0.08)
        return _bursts(chance, 300)

    found = [change(*pair(), chance_max=0.05) for _ in range(120)]

    assert len([one for one in found if one]) <= 14
    assert len([one for one in found if one and one.p_value <= FALSE_CHANGES_MAX]) <= 1


@pytest.mark.parametrize("name", ["quiet", "disturbed"])
def test_recorded_traces_have_no_note(name: str) -> None:
    """Identical code measured for real, its rounds dealt anew by coins, in windows of all sizes."""
    run = read_run(RECORDED / name)
    samples = run.samples.to_pandas()
    kept = samples[~samples["warmup"]].pivot_table(
        index=["block", "round"], columns="variant", values="latency_s"
    )
    times = kept.dropna().to_numpy()
    chance = np.random.default_rng(8)
    told = 0
    for size in (100, 400, 1600):
        for _ in range(12):
            start = chance.integers(len(times) - size)
            window = times[start : start + size]
            swap = chance.random(size) < 0.5
            told += bool(
                change(
                    np.where(swap, window[:, 0], window[:, 1]),
                    np.where(swap, window[:, 1], window[:, 0]),
                )
            )

    assert 0 == told


def test_units_of_many_rounds_are_judged_as_units() -> None:
    """Processes that are slow by themselves are no change, rounds would say so; a change is."""
    chance = np.random.default_rng(9)
    block = np.repeat(np.arange(16), 100)
    shares = np.repeat(chance.choice([0.02, 0.3], (16, 2)), 100, axis=0)
    before, after = (latencies(chance, 1600, 0) for _ in range(2))
    uneven = [
        values * np.where(chance.random(1600) < share, 5, 1)
        for values, share in zip((before, after), shares.T, strict=True)
    ]
    late = after * np.where(chance.random(1600) < 0.1, 5, 1)

    assert change(uneven[0], uneven[1], block=block) is None
    assert change(before, late, block=block)


def test_slow_rounds_are_counted_by_hand() -> None:
    """Eleven rounds with one slow member, all of one variant: 2 / 2 ** 11."""
    slow = np.arange(40) < 11

    assert pytest.approx(2 / 2**11) == shares_p(slow, np.zeros(40, bool))
    assert 1.0 == shares_p(slow, slow)


def test_too_few_rounds_show_nothing() -> None:
    """Forty rounds are not looked at."""
    assert change(np.full(40, 0.01), np.full(40, 0.03)) is None
