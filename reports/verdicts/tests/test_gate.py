"""The gate just below, on and just above its limits."""

import math
from dataclasses import replace
from typing import Any

import pytest

from contract.config.judging import Budget, Claim
from contract.metrics import CAPACITY
from contract.run.record import ScenarioRecord
from reports.effects.capacity import Capacity, LoadComparison, capacity_ratios
from reports.effects.comparison import Comparison
from reports.effects.functions import Functions, MissingFunction
from reports.effects.reasons import Name, reason
from reports.effects.shapes import (
    CounterEffect,
    Effect,
    Level,
    MissingMetric,
    Spread,
    State,
    SubjectComparison,
    Verdict,
)
from reports.page.budgets import budget_table, gate_lines
from reports.page.reasons import all_in_words
from reports.statistics.values import Interval
from reports.verdicts.claims import judge_claims
from reports.verdicts.gate import conclude, judge
from reports.verdicts.shapes import ClaimVerdict, Decision

OPEN = Interval(0.0, math.inf, 1.0)
EFFECT = Effect(
    scenario="list",
    variant="optimized",
    metric="latency_s_p50",
    ratio=1.02,
    interval90=Interval(1.01, 1.03, 0.9),
    interval_familywise=Interval(1.0, 1.04, 0.99),
    p_value=0.02,
    n=100,
    unit="rounds",
    unit_s=0.1,
    before=Level(0.100, Interval(0.099, 0.101, 0.9), Interval(0.098, 0.102, 0.99)),
    after=Level(0.102, Interval(0.101, 0.103, 0.9), Interval(0.100, 0.104, 0.99)),
    pooled_ratio=1.02,
    margin=0.03,
    primary=True,
    verdict=Verdict.EQUIVALENT,
    detectable_ratio=1.05,
    warnings=(),
    needed_s=None,
)
DOUBT = reason(Name.STATED, text="contaminated")
COUNTER = CounterEffect(
    scenario="list",
    variant="optimized",
    metric="db_rows",
    before=Spread(50, 50, 50),
    after=Spread(55, 55, 55),
    within=Spread(1.1, 1.1, 1.1),
    verdict=Verdict.MORE,
)


def comparison_of(
    effect: Effect = EFFECT,
    counter: CounterEffect = COUNTER,
    state: State = State.COMPLETE,
    missing: tuple[MissingMetric, ...] = (),
) -> Comparison:
    """A comparison of one scenario with one effect and one counter."""
    scenario = SubjectComparison(
        subject=ScenarioRecord(
            name="list", request="GET /list", rounds_max=100, budget_s=10.0, ended="rounds"
        ),
        kind="request",
        rounds=100,
        rounds_left_out=0,
        rounds_silent=0,
        round_s=0.1,
        rounds_bodies_differ=0,
        effects=(effect,),
        counters=(counter,),
        missing=missing,
        deliveries=(),
        warnings=(),
    )
    return Comparison(
        baseline="baseline",
        variants=("baseline", "optimized"),
        state=state,
        reasons=() if state is State.COMPLETE else (reason(Name.STATED, text="cut off"),),
        warnings=(),
        confidence=0.99,
        confidence_canary=0.99,
        scenarios=(scenario,),
    )


def budget(
    metric: str = "latency_s_p50",
    ratio_max: float | None = None,
    value_max: float | None = None,
) -> Budget:
    """A budget on the only scenario."""
    return Budget("list", "optimized", metric, ratio_max, value_max)


@pytest.mark.parametrize(
    ("limit", "decision"),
    [
        (1.0301, Decision.PASS),
        (1.03, Decision.PASS),
        (1.0299, Decision.INCONCLUSIVE),
        (1.02, Decision.INCONCLUSIVE),
        (1.0, Decision.INCONCLUSIVE),
        (0.9999, Decision.FAIL),
        (0.5, Decision.FAIL),
    ],
)
def test_ratio_limits(limit: float, decision: Decision) -> None:
    """PASS needs the 90 % interval [1.01, 1.03] within; FAIL the family-wise one beyond."""
    outcome = judge(comparison_of(), (budget(ratio_max=limit),)).outcomes[0]

    assert decision == outcome.decision
    assert (outcome.needed_s is not None) == (limit in {1.0299, 1.0})


@pytest.mark.parametrize(
    ("limit", "decision"),
    [
        (0.1031, Decision.PASS),
        (0.103, Decision.PASS),
        (0.1029, Decision.INCONCLUSIVE),
        (0.100, Decision.INCONCLUSIVE),
        (0.0999, Decision.FAIL),
    ],
)
def test_value_limits(limit: float, decision: Decision) -> None:
    """An absolute limit is compared with the variant's own interval, in seconds."""
    assert decision == judge(comparison_of(), (budget(value_max=limit),)).outcomes[0].decision


EVENTS = replace(
    EFFECT,
    metric="events_per_s_p50",
    before=Level(100.0, Interval(99, 101, 0.9), Interval(98, 102, 0.99)),
    after=Level(102.0, Interval(101, 103, 0.9), Interval(100, 104, 0.99)),
)


@pytest.mark.parametrize(
    ("limit", "decision"),
    [
        ({"ratio_min": 1.0099}, Decision.PASS),
        ({"ratio_min": 1.01}, Decision.PASS),
        ({"ratio_min": 1.0101}, Decision.INCONCLUSIVE),
        ({"ratio_min": 1.04}, Decision.INCONCLUSIVE),
        ({"ratio_min": 1.0401}, Decision.FAIL),
        ({"value_min": 101}, Decision.PASS),
        ({"value_min": 101.1}, Decision.INCONCLUSIVE),
        ({"value_min": 104.1}, Decision.FAIL),
    ],
)
def test_what_must_not_become_less_has_a_limit_from_below(
    limit: dict[str, Any], decision: Decision
) -> None:
    """PASS by the lower end of the 90 % interval, FAIL by the upper one of the family-wise."""
    stated = Budget("list", "optimized", "events_per_s_p50", **limit)
    outcome = judge(comparison_of(EVENTS), (stated,)).outcomes[0]

    assert decision == outcome.decision
    # The truth is 1.02 and 102; with more rounds, both ends of an interval come nearer.
    assert (outcome.needed_s is not None) == (decision is Decision.INCONCLUSIVE)


def test_the_baseline_may_have_a_value_limit() -> None:
    """The baseline's own level is what came before."""
    limit = Budget("list", "baseline", "latency_s_p50", value_max=0.101)

    assert Decision.PASS == judge(comparison_of(), (limit,)).outcomes[0].decision


@pytest.mark.parametrize(
    ("limit", "decision"),
    [
        ({"value_max": 55}, Decision.PASS),
        ({"value_max": 54.9}, Decision.FAIL),
        ({"ratio_max": 1.1}, Decision.PASS),
        ({"ratio_max": 1.0999}, Decision.FAIL),
    ],
)
def test_counters_have_no_grey(limit: dict[str, float], decision: Decision) -> None:
    """50 rows became 55: within 10 % more, and beyond anything less, with no doubt between."""
    assert decision == judge(comparison_of(), (budget("db_rows", **limit),)).outcomes[0].decision


def test_the_largest_count_decides() -> None:
    """One request over the limit is over the limit, whatever the median."""
    varying = replace(COUNTER, after=Spread(50, 50, 51), within=Spread(1, 1, 1.02))
    limits = (budget("db_rows", value_max=50), budget("db_rows", ratio_max=1.0))

    decisions = {one.decision for one in judge(comparison_of(counter=varying), limits).outcomes}

    assert {Decision.FAIL} == decisions


def test_growth_cannot_hide_behind_the_baselines_largest_count() -> None:
    """A baseline that counted 3 once and else 1 allows no variant that always counts 3."""
    grown = replace(COUNTER, before=Spread(1, 1, 3), after=Spread(3, 3, 3), within=Spread(3, 1, 3))
    outcome = judge(comparison_of(counter=grown), (budget("db_rows", ratio_max=1.0),)).outcomes[0]

    assert (Decision.FAIL, 3) == (outcome.decision, outcome.observed)


def test_nothing_may_grow_from_nothing() -> None:
    """A ratio of a baseline that counted nothing allows nothing."""
    nothing = Spread(0, 0, 0)
    grown = replace(
        COUNTER, before=nothing, after=Spread(1, 1, 1), within=Spread(math.inf, math.inf, math.inf)
    )
    still = replace(COUNTER, before=nothing, after=nothing, within=Spread(1, 1, 1))
    limit = (budget("db_rows", ratio_max=2.0),)

    assert Decision.FAIL == judge(comparison_of(counter=grown), limit).outcomes[0].decision
    assert Decision.PASS == judge(comparison_of(counter=still), limit).outcomes[0].decision


def test_exit_codes() -> None:
    """0 pass, 1 regression, 2 no budgets, 3 inconclusive, 4 partial or invalid; worst wins."""
    kept, broken, grey = (budget(ratio_max=one) for one in (1.1, 0.9, 1.02))

    assert 0 == judge(comparison_of(), (kept,)).exit_code
    assert 1 == judge(comparison_of(), (kept, grey, broken)).exit_code
    assert 2 == judge(comparison_of(), ()).exit_code
    assert 3 == judge(comparison_of(), (kept, grey)).exit_code
    assert 4 == judge(comparison_of(state=State.PARTIAL), (kept,)).exit_code
    assert 4 == judge(comparison_of(state=State.INVALID), (broken,)).exit_code


def under_load(*capacities: Capacity) -> Comparison:
    """The same comparison, under load."""
    found = LoadComparison(
        rate_per_s=2.0,
        blocks=12,
        samples_missing=0,
        lag_s_p99=0.001,
        capacities=capacities,
        ratios=capacity_ratios(capacities, "baseline") if capacities else (),
        workers=(),
    )
    return replace(comparison_of(), design="load", load=found)


def test_each_kind_of_run_has_budgets_of_its_own() -> None:
    """What is said of one kind judges nothing of the other; where none is left, that is said."""
    quiet, loaded = budget(ratio_max=1.1), replace(budget(ratio_max=0.9), under_load=True)
    at_low_load, at_load = (
        judge(comparison_of(), (quiet, loaded)),
        judge(under_load(), (quiet, loaded)),
    )

    assert (0, (quiet,)) == (
        at_low_load.exit_code,
        tuple(one.budget for one in at_low_load.outcomes),
    )
    assert (1, (loaded,)) == (at_load.exit_code, tuple(one.budget for one in at_load.outcomes))
    assert 2 == judge(comparison_of(), (loaded,)).exit_code
    nothing = judge(under_load(), (quiet,))
    assert 2 == nothing.exit_code
    assert (
        "no budgets for a run under load: add these lines to the configuration and measure again",
        "[[budgets]]",
        'scenario = "list"',
        'variant = "optimized"',
        'metric = "latency_s_p50"',
        "under_load = true",
        "ratio_max = 1.05",
    ) == gate_lines(under_load(), nothing)


@pytest.mark.parametrize(
    ("limit", "decision", "words"),
    [
        ({"value_min": 40.0}, Decision.PASS, "40/s to 50/s, limit at least 40/s"),
        ({"value_min": 40.1}, Decision.INCONCLUSIVE, "40/s to 50/s, limit at least 40.1/s"),
        ({"value_min": 50.0}, Decision.INCONCLUSIVE, "40/s to 50/s, limit at least 50/s"),
        ({"value_min": 50.1}, Decision.FAIL, "40/s to 50/s, limit at least 50.1/s"),
        ({"ratio_min": 16.0}, Decision.PASS, "16x to 25x, limit at least 16x"),
        ({"ratio_min": 25.1}, Decision.FAIL, "16x to 25x, limit at least 25.1x"),
    ],
)
def test_capacity_limits(limit: dict[str, Any], decision: Decision, words: str) -> None:
    """PASS when the lower bound is enough, FAIL when the upper one is not."""
    found = under_load(
        Capacity("baseline", 2.0, 2.5, ("latency",), 4),
        Capacity("optimized", 40.0, 50.0, ("latency",), 4),
    )
    wanted = Budget("", "optimized", CAPACITY, under_load=True, **limit)
    judgement = judge(found, (wanted,))

    assert decision == judgement.outcomes[0].decision
    observed, allowed = budget_table(judgement).rows[0][3:5]
    assert words == f"{observed.text}, limit {allowed.text}"


@pytest.mark.parametrize(
    ("capacities", "words"),
    [
        ((), "unknown"),
        ((Capacity("optimized", 30.0, 60.0, ("generator",), 4),), "at least 30/s"),
        ((Capacity("optimized", 0.0, 60.0, ("errors",), 4),), "less than 60/s"),
        ((Capacity("optimized", 0.0, 30.0, ("generator",), 4),), "unknown"),
    ],
)
def test_a_capacity_that_was_not_bounded_decides_nothing(
    capacities: tuple[Capacity, ...], words: str
) -> None:
    """A search that never ran, or a generator that gave out, says nothing about 50 a second."""
    base = Capacity("baseline", 2.0, 2.5, ("latency",), 4)
    wanted = Budget("", "optimized", CAPACITY, value_min=50.0, under_load=True)
    judgement = judge(under_load(*((base, *capacities) if capacities else ())), (wanted,))

    assert 3 == judgement.exit_code
    assert words == budget_table(judgement).rows[0][3].text


def test_what_was_not_measured_is_not_a_pass() -> None:
    """A budget on a metric the run lacks is inconclusive and has no number."""
    judgement = judge(comparison_of(), (budget("latency_s_p99", ratio_max=9.0),))

    assert 3 == judgement.exit_code
    assert math.isnan(judgement.outcomes[0].observed)


def test_missing_values_leave_budgets_and_claims_undecided() -> None:
    """A stage that 3 of 100 rounds lack decides nothing, and both give the numbers."""
    missing = MissingMetric("list", "optimized", "stage_sign_s", 3, 100, counted=False)
    claim = Claim("a", "b", "c", "list", "optimized", "stage_sign_s", 0.3)
    compared = comparison_of(missing=(missing,))

    outcome = judge(compared, (budget("stage_sign_s", ratio_max=1.0),)).outcomes[0]
    claimed = judge_claims(compared, (claim,))[0]

    assert (Decision.INCONCLUSIVE, ClaimVerdict.NOT_MEASURED) == (outcome.decision, claimed.verdict)
    assert outcome.notes == claimed.notes
    assert (
        "3 of 100 rounds have no sign stage in baseline or optimized, so it is not compared",
    ) == all_in_words(outcome.notes)


def test_doubt_is_not_a_pass() -> None:
    """An effect with a warning, or one that nothing bounds, decides nothing."""
    doubtful = replace(EFFECT, warnings=(DOUBT,))
    unbounded = replace(
        EFFECT, interval90=OPEN, interval_familywise=OPEN, after=Level(0.1, OPEN, OPEN)
    )

    for effect in (doubtful, unbounded):
        outcome = judge(comparison_of(effect), (budget(ratio_max=9.0),)).outcomes[0]
        assert (Decision.INCONCLUSIVE, None) == (outcome.decision, outcome.needed_s)
    outcome = judge(comparison_of(unbounded), (budget(value_max=9.0),)).outcomes[0]
    assert (Decision.INCONCLUSIVE, "too few requests to bound the value") == (
        outcome.decision,
        *all_in_words(outcome.notes),
    )


def test_what_would_decide_is_computed() -> None:
    """A limit half-way from estimate to end needs four times the 10 s measured: 30 s more."""
    half_way = math.sqrt(1.02 * 1.03), math.sqrt(1.02 * 1.0)

    for limit in half_way:
        outcome = judge(comparison_of(), (budget(ratio_max=limit),)).outcomes[0]
        assert outcome.needed_s == pytest.approx(30.0)


KEPT = replace(EFFECT, scenario="it.f", variant="head", metric="time_s", ratio=1.0)
ABSENT = reason(Name.FUNCTION_ABSENT, "it.old", variant="head", others=["base"])
GONE = MissingFunction("it.old", "head", ABSENT, is_open=True)
NEW = replace(GONE, function="it.new", variant="base", is_open=False)


@pytest.mark.parametrize(
    ("function", "functions", "expected"),
    [
        ("*", Functions("s", 14, (KEPT,), ()), [("it.f", "PASS", ())]),
        # Where the head lacks one that the base has, no pass; one that is new has no base.
        (
            "*",
            Functions("s", 14, (KEPT,), (), missing=(GONE, NEW)),
            [
                ("it.f", "PASS", ()),
                (
                    "it.old",
                    "INCONCLUSIVE",
                    ("only in base, so it is not compared: head has no such function",),
                ),
            ],
        ),
        (
            "it.old",
            Functions("s", 14, (KEPT,), (), missing=(GONE,)),
            [
                (
                    "it.old",
                    "INCONCLUSIVE",
                    ("only in base, so it is not compared: head has no such function",),
                ),
            ],
        ),
        (
            "it.x",
            Functions("s", 14, (KEPT,), ()),
            [("it.x", "INCONCLUSIVE", ("not measured in this run",))],
        ),
        ("*", Functions("s", 14, (), ()), [("*", "INCONCLUSIVE", ("not measured in this run",))]),
        ("*", None, [("*", "INCONCLUSIVE", ("no suite was measured",))]),
    ],
)
def test_a_function_that_was_not_measured_passes_no_budget(
    function: str, functions: Functions | None, expected: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    """Neither its own nor one on every function; the outcome says why."""
    comparison = replace(
        comparison_of(),
        baseline="base",
        variants=("base", "head"),
        design="restarts",
        functions=functions,
    )
    budget = Budget(function=function, metric="time_s", ratio_max=1.05, revisions=True)
    outcomes = [
        one for one in judge(comparison, [budget]).outcomes if one.budget.metric == "time_s"
    ]

    assert expected == [
        (one.budget.scenario, str(one.decision), all_in_words(one.notes)) for one in outcomes
    ]


WIDE = replace(EFFECT, interval90=Interval(0.9, 1.2, 0.9))
TAIL_WIDE = replace(WIDE, metric="latency_s_p95")
LENIENT = replace(budget("latency_s_p95", ratio_max=1.1), undecided="pass")


def two_effects(tail: Effect) -> Comparison:
    """A typical latency that keeps 1.1, and a p95."""
    found = comparison_of()
    (scenario,) = found.scenarios
    return replace(found, scenarios=(replace(scenario, effects=(EFFECT, tail)),))


@pytest.mark.parametrize(
    ("undecided", "exit_code", "headline"),
    [
        ("inconclusive", 3, "INCONCLUSIVE: 1 of 2 budgets undecided, none exceeded"),
        ("pass", 0, "PASS: 1 of 2 budgets kept, 1 undecided and not required"),
    ],
)
def test_what_is_not_required_hinders_no_pass(
    undecided: Any, exit_code: int, headline: str
) -> None:
    """By default a budget is strict; the line of one that is not says so."""
    comparison = two_effects(TAIL_WIDE)
    limits = (budget(ratio_max=1.1), replace(LENIENT, undecided=undecided))
    judgement = judge(comparison, limits)
    first, second = gate_lines(comparison, judgement)

    assert exit_code == judgement.exit_code
    assert headline == first
    assert (exit_code == 0) == ("; undecided: not required" in second)
    cell = budget_table(judgement).rows[0][5]
    assert {3: "INCONCLUSIVE", 0: "UNDECIDED"}[exit_code] == cell.text == second.split()[0]


def test_what_is_not_required_fails_where_it_is_exceeded() -> None:
    """Only the undecided is spared."""
    worse = replace(TAIL_WIDE, interval_familywise=Interval(1.11, 1.3, 0.99))
    judgement = judge(two_effects(worse), (budget(ratio_max=1.1), LENIENT))

    assert 1 == judgement.exit_code
    assert [Decision.PASS, Decision.FAIL] == [one.decision for one in judgement.outcomes]


def test_nothing_decided_is_no_pass() -> None:
    """A gate of which no budget is required and none was decided cannot tell."""
    comparison = two_effects(TAIL_WIDE)
    judgement = judge(comparison, (LENIENT,))

    assert 3 == judgement.exit_code
    assert gate_lines(comparison, judgement)[0].startswith("INCONCLUSIVE: 0 of 1 budget undecided")


SHORT = replace(EFFECT, n=3)


@pytest.mark.parametrize(
    ("before", "after", "within", "effect", "decision"),
    [
        ((5, 5, 5), (5, 5, 5), (1, 1, 1), EFFECT, Decision.PASS),
        ((5, 5, 5), (6, 5, 6), (1.2, 1, 1.2), EFFECT, Decision.FAIL),
        # Of a few requests, and before there are enough for a verdict, growth may be chance.
        ((5, 5, 5), (5, 5, 6), (1, 1, 1.2), EFFECT, Decision.INCONCLUSIVE),
        ((5, 5, 5), (6, 6, 6), (1.2, 1.2, 1.2), SHORT, Decision.INCONCLUSIVE),
        # What varies by itself has grown where all of it lies above.
        ((5, 4, 6), (6, 5, 7), (1.2, 0.8, 1.7), EFFECT, Decision.INCONCLUSIVE),
        ((5, 4, 6), (8, 7, 9), (1.6, 1.2, 2.2), EFFECT, Decision.FAIL),
    ],
)
def test_a_count_that_need_not_be_decided_fails_beyond_chance(
    before: tuple[float, float, float],
    after: tuple[float, float, float],
    within: tuple[float, float, float],
    effect: Effect,
    decision: Decision,
) -> None:
    """A strict budget takes any growth in any round for growth."""
    counter = replace(COUNTER, before=Spread(*before), after=Spread(*after), within=Spread(*within))
    limit = budget("db_rows", ratio_max=1.0)
    comparison = comparison_of(effect, counter)
    (strict,) = judge(comparison, (limit,)).outcomes
    (lenient,) = judge(comparison, (replace(limit, undecided="pass"),)).outcomes

    assert decision is lenient.decision
    assert (Decision.PASS if within[2] <= 1 else Decision.FAIL) is strict.decision
    assert (decision is Decision.INCONCLUSIVE) == bool(lenient.notes)


def test_bytes_alone_make_no_pass_where_no_time_is_decided() -> None:
    """They never change, so every run decides them."""
    limits = (replace(LENIENT, undecided="pass"), budget("wire_bytes", ratio_max=1.0))
    outcomes = judge(comparison_of(), limits).outcomes
    undecided = tuple(
        replace(one, decision=Decision.INCONCLUSIVE) if one.budget in limits[:1] else one
        for one in outcomes
    )

    assert 3 == conclude(State.COMPLETE, undecided).exit_code


@pytest.mark.parametrize(
    ("limit", "pooled_ratio", "decision"),
    [
        (1.05, 1.8, Decision.INCONCLUSIVE),
        (2.0, 1.8, Decision.PASS),
        (0.9, 1.8, Decision.FAIL),
        (0.9, 0.8, Decision.INCONCLUSIVE),
    ],
)
def test_a_changed_shape_needs_both_middles_on_one_side(
    limit: float, pooled_ratio: float, decision: Decision
) -> None:
    """Where the medians' ratio is another than the typical one, either may be what is meant."""
    said = reason(Name.SHAPE_CHANGED, pooled_ratio=pooled_ratio)
    effect = replace(EFFECT, pooled_ratio=pooled_ratio, notes=(said,), needed_s=5.0)
    (outcome,) = judge(comparison_of(effect), [budget(ratio_max=limit)]).outcomes

    undecided = decision is Decision.INCONCLUSIVE
    assert (decision, (said,) if undecided else ()) == (outcome.decision, outcome.notes)
    assert outcome.needed_s is None
