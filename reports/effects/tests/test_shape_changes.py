"""Changed shapes: which verdict stands beside them, in every design."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from contract.metrics import TYPICAL
from contract.run.reading import Run, read_run
from reports.effects.compare import compare
from reports.effects.reasons import Name
from reports.effects.shapes import Effect, SubjectComparison, Verdict
from reports.effects.tests import test_load, test_restarts
from reports.effects.tests.test_compare import as_table, pair
from reports.statistics.values import FloatArray
from reports.tests.runs import Behaviour, make_load_run, make_run

SAME = Behaviour(0.02)
Slow = Callable[[np.random.Generator, int], FloatArray]


def groups(share: float, factor: float = 6.0, level: float = 1.0) -> Slow:
    """Factors on latencies, by chance."""
    return lambda chance, n: level * np.where(chance.random(n) < share, factor, 1.0)


def changed(run: Run, before: Slow, after: Slow) -> tuple[SubjectComparison, Effect]:
    """A run in which factors were put on both variants' latencies, and its typical effect."""
    samples, chance = run.samples.to_pandas(), np.random.default_rng(3)
    for name, factors in ((run.record.baseline, before), (run.record.variants[-1], after)):
        mine = (samples["variant"] == name) & (samples["scenario"] == "list")
        samples.loc[mine, "latency_s"] *= factors(chance, int(mine.sum()))
    found = compare(run.record, as_table(samples), {}).scenarios[0]
    return found, next(one for one in found.effects if one.metric == TYPICAL)


def paired(
    folder: Path, before: Slow, after: Slow, rounds: int = 900
) -> tuple[SubjectComparison, Effect]:
    """The same of rounds."""
    return changed(read_run(make_run(folder, pair(SAME, SAME, rounds))), before, after)


def names(effect: Effect) -> tuple[list[Name], list[Name]]:
    """The reasons among warnings, and among notes."""
    return [one.name for one in effect.warnings], [one.name for one in effect.notes]


def test_late_requests_are_told_beside_an_unchanged_typical(tmp_path: Path) -> None:
    """Eight in a hundred are late: the typical verdict stays, and the note says so."""
    found, effect = paired(tmp_path, groups(0), groups(0.08))
    (change,) = found.shape_changes

    assert Verdict.EQUIVALENT == effect.verdict
    assert ([], [Name.SHAPE_CHANGED]) == names(effect)
    assert not effect.medians_apart
    assert effect.shape
    assert pytest.approx(0.08, abs=0.02) == change.share_after == effect.shape.facts["share_after"]


def test_without_a_change_nothing_is_told(tmp_path: Path) -> None:
    """Two equal groups in both variants are no change of shape."""
    found, effect = paired(tmp_path, groups(0.3), groups(0.3))

    assert ((), None) == (found.shape_changes, effect.shape)


def test_a_direction_that_both_middles_have_stands(tmp_path: Path) -> None:
    """Most requests got slow: the typical ratio and that of the medians are both above 1."""
    _, effect = paired(tmp_path, groups(0, 3), groups(0.6, 3))

    assert Verdict.SLOWER == effect.verdict
    assert ([], [Name.SHAPE_CHANGED]) == names(effect)
    assert effect.medians_apart
    assert effect.needed_s is None
    assert effect.on_one_side(1.0)
    assert not effect.on_one_side((effect.ratio * effect.pooled_ratio) ** 0.5)


@pytest.mark.parametrize("level", [0.9, 1.0])
def test_an_opposite_or_a_missing_direction_does_not(tmp_path: Path, level: float) -> None:
    """The median moved into the slow group, most pairs say otherwise: there is no verdict."""
    # The same requests are slow in both, so that pairs see only what the variant adds.
    run = read_run(make_run(tmp_path, pair(SAME, SAME, 900)))
    samples = run.samples.to_pandas()
    number, ours = samples["round"].to_numpy(), (samples["variant"] == "optimized").to_numpy()
    quick = number % 20 < 11
    base = np.where(quick, 0.01, 0.1) * np.exp(0.01 * np.sin(number))
    after = base * np.where(quick & (number % 100 >= 80), 10, level)
    samples["latency_s"] = np.where(ours, after, base)
    found = compare(run.record, as_table(samples), {}).scenarios[0]
    effect = next(one for one in found.effects if one.metric == TYPICAL)

    assert Verdict.INCONCLUSIVE == effect.verdict
    assert ([Name.SHAPE_CHANGED], []) == names(effect)
    assert effect.shape
    assert effect.pooled_ratio == effect.shape.facts["pooled_ratio"] > 5


def test_rounds_after_the_look_do_not_count(tmp_path: Path) -> None:
    """With as few rounds as an early look has, eight late ones in a hundred show nothing."""
    found, _ = paired(tmp_path, groups(0), groups(0.08), rounds=50)

    assert () == found.shape_changes


def test_two_revisions_are_judged_by_pairs_of_starts(tmp_path: Path) -> None:
    """A head that is late at times is found; starts that differ by themselves are not."""
    run = test_restarts.made_run(tmp_path, SAME)
    late, _ = changed(run, groups(0), groups(0.1))

    def by_start(chance: np.random.Generator, n: int) -> FloatArray:
        shares = np.repeat(chance.choice([0.0, 0.3], 14), -(-n // 14))[:n]
        return np.where(chance.random(n) < shares, 6.0, 1.0)

    uneven, _ = changed(run, by_start, by_start)

    assert ["head"] == [one.variant for one in late.shape_changes]
    assert () == uneven.shape_changes


def test_under_load_blocks_are_judged(tmp_path: Path) -> None:
    """A variant that is late at times is found under load, too."""
    run = read_run(make_load_run(tmp_path, test_load.pair(SAME, SAME)))
    late, _ = changed(run, groups(0), groups(0.15))
    same, _ = changed(run, groups(0.15), groups(0.15))

    assert ["optimized"] == [one.variant for one in late.shape_changes]
    assert () == same.shape_changes
