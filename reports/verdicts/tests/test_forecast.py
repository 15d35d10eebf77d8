"""What can be decided in a time agrees with what the judging says of such a run."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from contract.check import Checked, CheckedAnswer, Difference, Pace
from contract.config.judging import Budget, Settings
from contract.metrics import MARGINS, TAIL, TYPICAL, find
from contract.run.record import LoadRecord, RestartsRecord, RunRecord, ScenarioRecord
from reports.effects.estimating import Terms, estimate_alone
from reports.effects.looks import look_of
from reports.effects.pairing import PAIRED_UNITS, Paired
from reports.effects.primaries import confidence, primaries
from reports.verdicts.forecast import (
    Forecast,
    Reach,
    absent_metrics,
    exit_code_of_check,
    forecast,
)

if TYPE_CHECKING:
    from reports.statistics.values import IntArray


def record(*names: str, **changes: Any) -> RunRecord:
    """A planned run of two variants."""
    fields: dict[str, Any] = {
        "tool_version": "",
        "id": "planned",
        "command": "",
        "profile": "default",
        "seed": 1,
        "started_at": "",
        "config": {},
        "variants": ("before", "after"),
        "baseline": "before",
        "scenarios": tuple(
            ScenarioRecord(name=name, request="", rounds_max=100_000, budget_s=60)
            for name in names or ("list",)
        ),
        "looks": True,
        "stages": (),
        "counters": (),
    }
    return RunRecord(**(fields | changes))


def restarts(*names: str) -> RunRecord:
    return record(
        *names,
        design="restarts",
        restarts=RestartsRecord(looks=(14, 20, 28)),
        variants=("base", "head"),
        baseline="base",
    )


def ends(blocks: int, rounds: int) -> tuple[int, ...]:
    return tuple(rounds * (block + 1) for block in range(blocks))


def reached(planned: RunRecord, block_ends: tuple[int, ...], *budgets: Budget) -> dict[str, Reach]:
    """Of the first scenario, by metric."""
    paces = [Pace("list", 0.1, block_ends)]
    return {
        reach.metric: reach for reach in forecast(planned, Settings(budgets=budgets), paces).reaches
    }


def judged_short(planned: RunRecord, metric: str, block_ends: tuple[int, ...]) -> bool:
    """Whether the judging itself has too few units, in a run with hardly any noise."""
    rounds = block_ends[-1]
    block: IntArray | None = None
    if planned.design != "paired":
        block = np.repeat(np.arange(len(block_ends)), np.diff(block_ends, prepend=0))
    before = 1 + np.random.default_rng(1).uniform(0, 1e-3, rounds)
    after = 1 + np.random.default_rng(2).uniform(0, 1e-3, rounds)
    look = look_of(planned, block_ends, at_end=True)
    # In a run of two revisions, what a budget limits belongs to the family.
    joint = (metric,) if planned.restarts else ()
    paired = Paired(find(metric), "after", before, after, block, PAIRED_UNITS[planned.design])
    terms = Terms(
        scenario="list",
        baseline="before",
        margins=MARGINS,
        confidence=confidence(planned, canary=False, joint=joint),
        canary=False,
        round_s=0.1,
        look=look,
        primaries=primaries(planned.design),
        shifts={},
    )
    looked_at = paired.until(look.rounds)
    return not looked_at.comparable or estimate_alone(looked_at, terms).estimate.short


MANY = tuple(f"s{number}" for number in range(39))


@pytest.mark.parametrize("metric", [TYPICAL, TAIL, "latency_s_p99", "latency_s_mean"])
@pytest.mark.parametrize(
    "block_ends",
    [ends(1, 11), ends(3, 4), ends(1, 13), ends(2, 8), ends(24, 100), ends(23, 104), ends(48, 70)]
    + [ends(28, rounds) for rounds in (1, 10, 60, 100, 215, 460)],
)
@pytest.mark.parametrize("names", [("list",), ("list", *MANY)])
@pytest.mark.parametrize("make", [record, restarts])
def test_the_forecast_is_what_the_judging_says(
    make: Any, names: tuple[str, ...], block_ends: tuple[int, ...], metric: str
) -> None:
    """For every design, small and large families, and metrics with units of their own."""
    planned = make(*names)
    budget = Budget(
        "list", "head" if planned.restarts else "after", metric, ratio_max=1.05,
        revisions=planned.restarts is not None,
    )  # fmt: skip
    reach = reached(planned, block_ends, budget)[metric]

    assert judged_short(planned, metric, block_ends) == (not reach.possible)


def test_fifty_rounds_are_too_few_for_a_tail() -> None:
    """Nine coins must agree, so 80 rounds are needed: 1.6 times the time."""
    reach = reached(record(), ends(5, 10))[TAIL]

    assert ("rounds", 50, 80) == (reach.unit, reach.units, reach.units_needed)
    assert ("time", 1.6) == (reach.limit, reach.time_factor)


@pytest.mark.parametrize("rounds", [40, 100, 190])
def test_the_time_that_is_advised_is_enough(rounds: int) -> None:
    """With as many times the rounds the verdict is possible, in either design."""
    for planned in (record(), record("list", *MANY), restarts(), restarts("list", *MANY)):
        budget = Budget(
            "list", "head" if planned.restarts else "after", TAIL, ratio_max=1.05,
            revisions=planned.restarts is not None,
        )  # fmt: skip
        short = reached(planned, ends(28, rounds), budget)[TAIL]
        if short.possible:
            continue
        assert short.time_factor is not None
        longer = int(np.ceil(rounds * short.time_factor))

        assert reached(planned, ends(28, longer), budget)[TAIL].possible


def test_fewer_scenarios_help_where_one_alone_has_enough() -> None:
    """Two share the time: half of what is needed is enough alone, a fifth is not."""
    two = record("list", "other")

    assert reached(two, ends(6, 10))[TAIL].enough_alone
    assert not reached(two, ends(2, 10))[TAIL].enough_alone


def test_a_limit_of_rounds_is_named() -> None:
    """More time would not help."""
    scenario = ScenarioRecord(name="list", request="", rounds_max=50, budget_s=60)
    reach = reached(record(scenarios=(scenario,)), ends(5, 10))[TAIL]

    assert ("rounds_max", None) == (reach.limit, reach.time_factor)


def test_too_few_pairs_are_named() -> None:
    """Where even one pair of starts for each unit is too few."""
    planned = restarts("list", *(f"s{number}" for number in range(120)))
    reach = reached(planned, ends(14, 500))[TYPICAL]

    assert ("pairs", 14, "pairs") == (reach.unit, reach.units, reach.limit)


def test_a_budget_on_a_value_needs_its_own_units() -> None:
    """Not pairs: 12 stretches of a variant's own, each of ten rounds for a p90."""
    budget = Budget("list", "after", "latency_s_p90", value_max=1.0)

    assert reached(record("list", *MANY), ends(12, 10), budget)["latency_s_p90"].possible
    assert not reached(record("list", *MANY), ends(11, 10), budget)["latency_s_p90"].possible


def test_a_canary_is_judged_by_its_typical_latency() -> None:
    """A tail that it cannot reach is no loss."""
    canary = ScenarioRecord(name="list", request="", rounds_max=9999, budget_s=60, canary=True)

    assert [TYPICAL] == list(reached(record(scenarios=(canary,)), ends(5, 100)))


BUDGETS = (
    Budget("list", "after", TYPICAL, ratio_max=1.05),
    Budget("list", "after", TAIL, ratio_max=1.05),
    Budget("list", "after", "db_rows", value_max=3),
    Budget("silent", "after", TYPICAL, ratio_max=1.05),
    Budget("other", "after", TYPICAL, ratio_max=1.05),
    Budget("list", "tuned", TYPICAL, ratio_max=1.05),
    Budget(page="front", variant="after", metric="requests", value_max=3),
    Budget("*", metric=TYPICAL, ratio_max=1.05, revisions=True),
)


def test_every_budget_has_a_prospect() -> None:
    """Also those without an answer, and those that a check does not measure."""
    planned = record("list", "silent", counters=("db_rows",))
    paces = [Pace("list", 0.1, ends(5, 10))]
    found = forecast(planned, Settings(budgets=BUDGETS), paces, {("list", "before", "db_rows")})

    assert [
        *("possible", "too_short", "absent", "unanswered"),
        *("left_out", "left_out", "not_checked"),
    ] == [one.prospect for one in found.budgets]
    assert {"restarts": 1} == found.others


def test_a_budget_on_every_scenario_is_one_on_each() -> None:
    """As the gate takes it."""
    paces = [Pace(name, 0.1, ends(28, 10)) for name in ("a", "b")]
    found = forecast(restarts("a", "b"), Settings(budgets=BUDGETS[-1:]), paces)

    assert ["a", "b"] == [one.budget.scenario for one in found.budgets]


def test_a_budget_on_every_function_is_none_of_scenarios() -> None:
    """A check measures no function."""
    budget = Budget(function="*", metric="time_s", ratio_max=1.05, revisions=True)
    found = forecast(restarts("a", "b"), Settings(budgets=(budget,)), [])

    assert [("*", "not_checked")] == [(one.budget.scenario, one.prospect) for one in found.budgets]


RIGHT = CheckedAnswer("list", "before", "GET /", 200, 2, 0.1, 0.1, "")
WRONG = CheckedAnswer("list", "after", "GET /", 500, 2, 0.1, 0.1, "status 500", ("db_rows",))
LASTING = Difference("list", "before", "after", "variants", 1, (), 1)
PASSING = Difference("list", "before", "before", "volatile", 1, (), 1, harmful=False)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ({}, 0),
        ({"answers": (RIGHT,), "differences": (PASSING,)}, 0),
        ({"answers": (RIGHT, WRONG)}, 4),
        ({"differences": (LASTING,)}, 4),
        ({"failure": "the service exited with 1"}, 4),
    ],
)
def test_what_is_wrong_decides_the_exit_code(found: dict[str, Any], code: int) -> None:
    """A failure, a wrong answer or a difference that would spoil a run."""
    checked = Checked(record(), 60.0, **found)

    assert code == exit_code_of_check(checked, Forecast((), (), {}))


def test_a_budget_out_of_reach_decides_the_exit_code() -> None:
    """3, unless something is wrong; a report's own metrics count for nothing."""
    checked = Checked(record(), 60.0)
    paces = [Pace("list", 0.1, ends(5, 10))]
    spared = replace(BUDGETS[1], undecided="pass")
    codes = [
        exit_code_of_check(checked, forecast(record(), Settings(budgets=budgets), paces))
        for budgets in ((), BUDGETS[:1], BUDGETS[:2], (spared,))
    ]

    assert [0, 0, 3, 0] == codes
    found = reached(record(), ends(5, 10), spared)["latency_s_p95"]
    assert (False, False) == (found.possible, found.by_budget)


def test_absent_metrics_are_those_of_the_answers() -> None:
    """By scenario and variant."""
    checked = Checked(record(), 60.0, answers=(RIGHT, WRONG))

    assert {("list", "after", "db_rows")} == absent_metrics(checked)


def test_under_load_blocks_are_the_units() -> None:
    """A run under load has as many units as switchback blocks."""
    load = LoadRecord(
        workers=1, sub_block_s=5, burn_in_s=1, blocks_planned=15, objective_quantile=0.95,
        errors_max=0.01, lag_s_max=0.01, worker_cpu_share_max=0.9,
    )  # fmt: skip
    reach = reached(record(design="load", load=load, looks=False), ends(15, 30))[TYPICAL]

    assert ("blocks", 15, True) == (reach.unit, reach.units, reach.possible)
