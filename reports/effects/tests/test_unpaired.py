"""Two runs are held against each other by what is paired inside each; and told as what they are."""

import io
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from contract.errors import ReportError
from reports.effects.reasons import Name, reason
from reports.effects.shapes import Effect, Level, Spread, Verdict
from reports.effects.unpaired import changed_effect, counted_verdict, ratio_interval
from reports.page.reasons import all_in_words
from reports.publish import compare_runs_of
from reports.statistics import stats
from reports.statistics.values import Interval
from reports.tests.runs import Behaviour, LoadMade, Made, Scenario, make_load_run, make_run
from reports.verdicts.tests.test_gate import EFFECT

RUNS = 500


def effect(ratio: float, low: float, high: float, baseline_s: float = 0.1) -> Effect:
    """An effect whose intervals both have these ends."""
    nothing = Interval(0.0, math.inf, 1.0)
    return replace(
        EFFECT,
        ratio=ratio,
        interval90=Interval(low, high, 0.90),
        interval_familywise=Interval(low, high, 0.99),
        before=Level(baseline_s, nothing, nothing),
        after=Level(ratio * baseline_s, nothing, nothing),
    )


def test_a_ratio_of_ratios_by_hand() -> None:
    """Arms of 3 and 4 hundredths on the log scale give arms of 5, around the quotient."""
    first = effect(2.0, 2.0 * math.exp(-0.03), 2.0 * math.exp(0.03))
    second = effect(3.0, 3.0 * math.exp(-0.04), 3.0 * math.exp(0.04))
    interval = ratio_interval(first, second, familywise=False)

    assert pytest.approx(math.log(1.5) - 0.05) == interval.low
    assert pytest.approx(math.log(1.5) + 0.05) == interval.high
    assert 0.90 == interval.confidence


@given(st.tuples(*[st.floats(0.01, 0.5)] * 4), st.floats(0.1, 10), st.floats(0.1, 10))
def test_runs_swapped_give_the_reciprocal(
    arms: tuple[float, float, float, float], one: float, other: float
) -> None:
    """Which run came first decides the direction and nothing else."""
    first = effect(one, one * math.exp(-arms[0]), one * math.exp(arms[1]))
    second = effect(other, other * math.exp(-arms[2]), other * math.exp(arms[3]))
    there = ratio_interval(first, second, familywise=True)
    back = ratio_interval(second, first, familywise=True)

    assert pytest.approx((there.low, there.high)) == (-back.high, -back.low)


def test_the_joined_interval_holds_as_often_as_it_says() -> None:
    """Two runs of 40 rounds with heavy tails: 90 % intervals miss in at most 1 of 10.

    More than allowed would come once in a thousand times.
    """
    missed = 0
    for seed in range(RUNS):
        chance = np.random.default_rng(seed)
        effects = []
        for truth in (0.0, 0.2):
            logs = truth + 0.08 * chance.standard_t(3, 40)
            ninety = stats.signed_rank_interval(logs, 0.90)
            low, high = math.exp(ninety.low), math.exp(ninety.high)
            effects.append(effect(math.exp(stats.centre(logs)), low, high))
        missed += not ratio_interval(*effects, familywise=False).holds(0.2)

    assert missed <= scipy_stats.binom.ppf(0.999, RUNS, 0.10)


def test_an_effect_without_bounds_bounds_nothing() -> None:
    """One run that cannot tell is enough."""
    found = changed_effect(effect(1.0, 0.0, math.inf), effect(1.5, 1.4, 1.6))

    assert (0.0, math.inf) == (found.interval90.low, found.interval90.high)
    assert Verdict.INCONCLUSIVE is found.verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.99, 1.01, Verdict.EQUIVALENT),
        (0.97, 1.03, Verdict.INCONCLUSIVE),
        (1.03, 1.09, Verdict.SLOWER),
        (0.90, 0.98, Verdict.FASTER),
        # Processes of the same code differ by 1 %.
        (1.009, 1.09, Verdict.INCONCLUSIVE),
    ],
)
def test_a_changed_effect_is_judged_as_any(low: float, high: float, verdict: Verdict) -> None:
    """Within the margin equivalent, apart from 1 changed, else inconclusive."""
    sure = effect(1.0, 1.0, 1.0)

    assert verdict is changed_effect(sure, effect((low * high) ** 0.5, low, high)).verdict


def test_doubts_of_either_run_are_doubts_of_the_change() -> None:
    """A contaminated effect says nothing in a quotient either."""
    doubtful = replace(effect(1.5, 1.4, 1.6), warnings=(reason(Name.STATED, text="contaminated"),))
    found = changed_effect(effect(1.0, 0.99, 1.01), doubtful)

    assert (Verdict.INCONCLUSIVE, ("in run B: contaminated",)) == (
        found.verdict,
        all_in_words(found.reasons),
    )


@pytest.mark.parametrize(
    ("ratios", "baselines_s", "verdict", "told"),
    [
        # 100 to 102 ms is within the margin of 3 %: nothing moved.
        ((0.5, 0.6), (0.100, 0.102), Verdict.SLOWER, ""),
        # 50 of 100 ms, then 108 of 120: by factor 1.8x; 20 ms added would be 108 / 70 = 1.54x.
        ((0.5, 0.9), (0.100, 0.120), Verdict.SLOWER, ""),
        # 10 of 100 ms, then 24 of 120: by factor 2x; 20 ms added make 24 / 30, a fifth faster.
        ((0.1, 0.2), (0.100, 0.120), Verdict.INCONCLUSIVE, "the change is: 20.0 % faster"),
        # 10 of 100 ms, then 5 of 50: by factor the same, but 50 ms less would be none.
        ((0.1, 0.1), (0.100, 0.050), Verdict.INCONCLUSIVE, "more time than the variant took"),
    ],
)
def test_a_moved_baseline_must_not_decide_by_how_it_moved(
    ratios: tuple[float, float], baselines_s: tuple[float, float], verdict: Verdict, told: str
) -> None:
    """By factor or by added time, both readings must agree on the verdict."""
    first, second = (
        effect(ratio, ratio * 0.995, ratio * 1.005, baseline_s)
        for ratio, baseline_s in zip(ratios, baselines_s, strict=True)
    )
    found = changed_effect(first, second)

    assert verdict is found.verdict
    assert told in " ".join(all_in_words(found.reasons))
    assert bool(told) == bool(all_in_words(found.reasons))


def scenarios(optimized_s: float, db_rows: Mapping[str, float]) -> tuple[Scenario, ...]:
    """A list and a canary, 390 rounds each."""
    latencies = {"baseline": 0.02, "optimized": optimized_s}
    behaviours = {
        name: Behaviour(latency_s, db_rows=db_rows.get(name, 50.0))
        for name, latency_s in latencies.items()
    }
    same = {name: Behaviour(0.001) for name in latencies}
    return (
        Scenario("list", behaviours, rounds=390),
        Scenario("canary", same, rounds=390, canary=True),
    )


def run(folder: Path, optimized_s: float = 0.02, seed: int = 1, **db_rows: float) -> Path:
    """A run on a machine that wanders by its seed."""
    return make_run(folder, Made(scenarios(optimized_s, db_rows), seed=seed))


def printed(first: Path, second: Path) -> str:
    out = io.StringIO()

    compare_runs_of(first, second, out)
    return out.getvalue()


def test_runs_on_a_wandering_machine_are_told_by_their_effects(tmp_path: Path) -> None:
    """The baseline moved, so the level says nothing; a fifth more of the baseline is still seen."""
    text = printed(run(tmp_path / "a"), run(tmp_path / "b", 0.024, seed=2))
    effects, levels = text.split("Change of the level")

    assert text.startswith("Not paired: B was measured at another time than A")
    assert re.search(
        r"^list +optimized typical slower +(19|2[01])\.\d % slower \[", effects, re.MULTILINE
    )
    assert [] == re.findall(r"^canary +\w+ +\w+ +(?:slower|faster) ", text, re.MULTILINE)
    assert 2 == len(re.findall(r"^list +\w+ +typical inconclusive", levels, re.MULTILINE))
    assert "inconclusive: list optimized typical: the baseline changed too: " in levels
    assert "differs: seed: 1 / 2" in text


def test_the_same_runs_print_the_same(tmp_path: Path) -> None:
    """No chance and no clock."""
    folders = run(tmp_path / "a"), run(tmp_path / "b", 0.024, seed=2)

    assert printed(*folders) == printed(*folders)


def test_counters_are_compared_exactly(tmp_path: Path) -> None:
    """One row more in the baseline is more, however little; all others are counted as the same.

    Of 2 scenarios, 2 variants and 5 counters one differs.
    """
    text = printed(run(tmp_path / "a"), run(tmp_path / "b", baseline=51.0))

    assert "Counters that differ; 19 others are the same in both runs." in text
    assert re.search(r"^list +baseline rows from the database more +50 51$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (Spread(5, 4, 6), Spread(5, 4, 6), Verdict.EQUAL),
        (Spread(5, 4, 6), Spread(5, 4, 7), Verdict.INCONCLUSIVE),
        (Spread(5, 4, 6), Spread(7, 6, 9), Verdict.INCONCLUSIVE),
        (Spread(5, 4, 6), Spread(8, 7, 9), Verdict.MORE),
        (Spread(5, 4, 6), Spread(3, 3, 3), Verdict.FEWER),
    ],
)
def test_a_varying_counter_differs_only_where_no_count_is_shared(
    before: Spread, after: Spread, verdict: Verdict
) -> None:
    """Ranges that overlap tell nothing: the next run may have the other's count."""
    assert verdict is counted_verdict(before, after)


def test_runs_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    """A run with itself, and runs without a scenario in common."""
    one = run(tmp_path / "a")
    (scenario,) = scenarios(0.02, {})[:1]
    other = make_run(tmp_path / "b", Made((replace(scenario, name="other"),)))

    with pytest.raises(ReportError, match="both folders hold run a; two runs are needed"):
        compare_runs_of(one, one, io.StringIO())
    with pytest.raises(ReportError, match="no scenario with a common variant"):
        compare_runs_of(one, other, io.StringIO())


def test_runs_that_differ_conclude_nothing(tmp_path: Path) -> None:
    """On another machine even a doubled effect has no verdict, and the reason is told."""
    changes = {"environment": {"machine": {"cpu": "Test 9001"}}}
    second = make_run(tmp_path / "b", Made(scenarios(0.04, {}), changes=changes))
    text = printed(run(tmp_path / "a"), second)

    assert "differs, so nothing is concluded: machine, cpu: Test 9000 / Test 9001" in text
    assert "inconclusive: all: the runs differ in machine, cpu" in text
    assert set() == set(re.findall(r"^\w+ +\w+ +\w+ +(slower|equivalent) ", text, re.MULTILINE))


def test_runs_under_load_are_compared_by_their_blocks(tmp_path: Path) -> None:
    """A service that takes half as long again is slower in its effect under load too."""
    folders = [
        make_load_run(
            tmp_path / str(seed),
            LoadMade({"list": {"baseline": Behaviour(0.01), "new": Behaviour(new_s)}}, seed=seed),
        )
        for seed, new_s in ((1, 0.01), (2, 0.015))
    ]

    text = printed(*folders)

    assert re.search(r"^list +new +typical slower ", text.split("UNPAIRED")[0], re.MULTILINE)


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    """Escape sequences in names of runs, variants and facts are shown as what they are not."""
    hostile = "\x1b[31mred\u202e"
    behaviours = {"baseline": Behaviour(0.02), hostile: Behaviour(0.03)}
    folders = [
        make_run(
            tmp_path / name,
            Made(
                (Scenario(hostile, behaviours, rounds=20),),
                changes={"environment": {hostile: {}, "machine": {"cpu": hostile + name}}},
            ),
        )
        for name in ("a", "b")
    ]

    assert [] == re.findall("[\x00-\x09\x0b-\x1f\u202e]", printed(*folders))
