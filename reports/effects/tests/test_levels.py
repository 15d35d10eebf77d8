"""An unpaired level is told with what the machine may have done, or not judged at all."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from contract.metrics import MARGINS, TAIL, TYPICAL
from contract.run.reading import read_run
from reports.effects.agreement import Difference, Side
from reports.effects.compare import compare
from reports.effects.levels import PARTS, Change, Levels, level_interval
from reports.effects.reasons import Name, reason
from reports.effects.shapes import State, Verdict
from reports.page.reasons import all_in_words
from reports.statistics.values import FloatArray
from reports.tests.runs import Behaviour, Made, Scenario, make_run

RUNS = 400
STRETCHES, STRETCH_S = 12, 15.0


def wander(chance: np.random.Generator) -> FloatArray:
    """What unchanged code does: 5 % each at time scales from 5 s to 6000 s, (STRETCHES,)."""
    steps = chance.normal(0, 1, (4, STRETCHES))
    kept = np.exp(-STRETCH_S / np.array([5.0, 60.0, 600.0, 6000.0]))
    state, moods = steps[:, 0], []
    for step in steps.T:
        moods.append(0.05 * state.sum())
        state = kept * state + np.sqrt(1 - kept**2) * step
    return np.array(moods)


def test_the_interval_owns_up_to_a_wandering_machine() -> None:
    """Widened by what the canary did, 90 % intervals miss no more often than 1 run in 10.

    The standard error of a mean, which takes stretches for independent, misses half of them: the
    simulated machine is one on which the test can tell.
    """
    missed = missed_by_many = 0
    for seed in range(RUNS):
        chance = np.random.default_rng(seed)
        moods = wander(chance), wander(chance)
        first, second = (mood + chance.normal(0, 0.02, STRETCHES) for mood in moods)
        canary = abs(float(moods[1].mean() - moods[0].mean()))
        interval = level_interval(first, second, 0.90)
        missed += not interval.low - canary <= 0 <= interval.high + canary
        many = stats.ttest_ind(first, second, equal_var=False)
        missed_by_many += bool(many.pvalue < 0.10)

    assert missed <= stats.binom.ppf(0.999, RUNS, 0.10)
    assert missed_by_many > RUNS / 2


def test_a_level_by_hand() -> None:
    """Six stretches a run, each a part of its own: Welch's interval without dividing by six.

    Both runs have 0, 1, ... 5 hundredths, variance 0.0003 * 7 / 6 = 0.00035; the second is 0.1
    more. Ten degrees of freedom; t at 90 % is 1.8125; reach 1.8125 * sqrt(0.0007) = 0.04795.
    """
    first = np.arange(6) / 100
    interval = level_interval(first, first + 0.1, 0.90)

    assert pytest.approx(0.1 - 0.04795, abs=1e-5) == interval.low
    assert pytest.approx(0.1 + 0.04795, abs=1e-5) == interval.high


def test_too_few_stretches_bound_nothing() -> None:
    """Five stretches are no six."""
    assert -math.inf == level_interval(np.zeros(5), np.zeros(9), 0.90).low


def test_equal_stretches_leave_no_doubt_but_their_own() -> None:
    """Without any spread there is one number, which is no crash."""
    interval = level_interval(np.zeros(PARTS), np.ones(PARTS), 0.90)

    assert (1.0, 1.0) == (interval.low, interval.high)


def side(folder: Path, scenarios: Sequence[Scenario], seed: int = 1) -> Side:
    """A run, read and compared."""
    run = read_run(make_run(folder, Made(tuple(scenarios), seed=seed)))
    comparison = compare(run.record, run.samples, MARGINS)
    return Side(run.record, comparison, run.samples, MARGINS)


def list_of(baseline_s: float, optimized_s: float) -> Scenario:
    latencies = {"baseline": baseline_s, "optimized": optimized_s}
    return Scenario("list", {name: Behaviour(one) for name, one in latencies.items()}, rounds=390)


SAME = {"baseline": Behaviour(0.001), "optimized": Behaviour(0.001)}
CANARY = Scenario("canary", SAME, rounds=390, canary=True)


def change(
    sides: tuple[Side, Side], variant: str, metric: str = TYPICAL, *found: Difference
) -> Change:
    """How the list's level changed."""
    rows = [(one.name, name) for one in sides[0].record.scenarios for name in SAME]
    return Levels(sides, rows, found, 0.99).change("list", variant, metric)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Side:
    """A run before."""
    return side(tmp_path_factory.mktemp("before"), (list_of(0.02, 0.02), CANARY))


def test_a_variant_that_changed_alone_is_called(before: Side, tmp_path: Path) -> None:
    """The same machine, as canary and baseline show: 8 times slower is slower, the rest is not."""
    sides = before, side(tmp_path, (list_of(0.02, 0.16), CANARY))
    optimized, baseline = change(sides, "optimized"), change(sides, "baseline")

    assert (Verdict.SLOWER, ()) == (optimized.verdict, all_in_words(optimized.reasons))
    assert pytest.approx(8.0, rel=0.01) == optimized.ratio
    assert pytest.approx(8 * optimized.first, rel=0.01) == optimized.second
    assert pytest.approx(1.0, rel=0.01) == baseline.ratio
    assert (Verdict.INCONCLUSIVE, ()) == (baseline.verdict, all_in_words(baseline.reasons))


def test_a_baseline_that_moved_forbids_the_variants_verdict(before: Side, tmp_path: Path) -> None:
    """Twice as slow as its baseline is too: the machine, or a change of both, but nobody knows."""
    sides = before, side(tmp_path, (list_of(0.16, 0.16), CANARY))
    optimized, baseline = change(sides, "optimized"), change(sides, "baseline")

    assert ("the baseline changed too: 8.00x slower",) == all_in_words(optimized.reasons)
    assert Verdict.INCONCLUSIVE is optimized.verdict
    assert Verdict.SLOWER is baseline.verdict
    assert optimized.interval90.low < 1 < baseline.interval90.low


def test_a_canary_that_moved_forbids_every_verdict(before: Side, tmp_path: Path) -> None:
    """5 % more is beyond the margin of 3 %; then the baseline's change may be the machine's."""
    slow = {name: Behaviour(0.00105) for name in SAME}
    sides = before, side(tmp_path, (list_of(0.16, 0.16), replace(CANARY, behaviours=slow)))

    assert ("the canary canary changed too: 5.0 % slower",) == all_in_words(
        change(sides, "baseline").reasons
    )
    assert Verdict.INCONCLUSIVE is change(sides, "baseline").verdict


def test_without_a_canary_nobody_watches_the_baseline(tmp_path: Path) -> None:
    """A baseline has nothing else to be held against."""
    sides = (
        side(tmp_path / "a", (list_of(0.02, 0.02),)),
        side(tmp_path / "b", (list_of(0.16, 0.16),)),
    )

    assert ("no canary shows what the machine did between the runs",) == all_in_words(
        change(sides, "baseline").reasons
    )


def test_what_runs_lack_or_differ_in_is_a_reason(before: Side, tmp_path: Path) -> None:
    """Too few requests for a tail, another machine, a run that was cut off: all are told."""
    second = side(tmp_path, (list_of(0.02, 0.16), CANARY))
    invalid = replace(
        before.comparison, state=State.INVALID, reasons=(reason(Name.STATED, text="cut off"),)
    )
    differs = Difference("machine, cpu", "a", "b", forbids=True)
    found = change((replace(before, comparison=invalid), second), "optimized", TAIL, differs)

    assert (
        "run A is invalid: cut off",
        "the runs differ in machine, cpu",
        "run A has 3 stretches of 100 requests or more; 6 are needed",
        "run B has 3 stretches of 100 requests or more; 6 are needed",
    ) == all_in_words(found.reasons)
    assert Verdict.INCONCLUSIVE is found.verdict


def test_a_variant_that_never_answered_rightly_has_no_level(before: Side, tmp_path: Path) -> None:
    """Errors are never fast answers, not here either."""
    wrong = {**SAME, "optimized": Behaviour(0.02, error_rate=1.0)}
    sides = before, side(tmp_path, (replace(list_of(0.02, 0.02), behaviours=wrong), CANARY))
    found = change(sides, "optimized")

    assert math.isnan(found.second)
    assert Verdict.INCONCLUSIVE is found.verdict
    assert "run B has 0 stretches of 20 requests or more; 6 are needed" in all_in_words(
        found.reasons
    )
