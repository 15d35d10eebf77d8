"""What a configuration may say about judging, and how its mistakes are named."""

from typing import Any

import pytest

from reports.model import Budget, Claim, ReportError
from reports.verdicts.budgets import parse_settings

CONFIG: dict[str, Any] = {
    "baseline": "baseline",
    "variants": {"baseline": {}, "optimized": {}},
    "scenarios": [{"name": "workflow_list"}, {"name": "file_list"}],
}
BUDGET: dict[str, Any] = {
    "scenario": "workflow_list",
    "variant": "optimized",
    "metric": "latency_s_p50",
    "ratio_max": 1.05,
}
CAPACITY: dict[str, Any] = {
    "scenario": "",
    "metric": "capacity_per_s",
    "under_load": True,
    "ratio_max": None,
    "ratio_min": 2.0,
}
CLAIM: dict[str, Any] = {"id": "a", "text": "b", "source": "c"}
CLAIMED: dict[str, Any] = {
    "scenario": "file_list",
    "variant": "optimized",
    "metric": "latency_s_p50",
    "ratio_expected": 0.3,
}


def settings_with(**sections: object) -> object:
    """Parse the configuration with these sections, stages and counters known."""
    return parse_settings({**CONFIG, **sections}, stages=("db", "sign"), counters=("db_rows",))


def test_budgets_claims_and_margins_are_read() -> None:
    """Each entry becomes the value of the same name; margins not given keep their default."""
    claim = {**CLAIM, **BUDGET, "ratio_expected": 0.3}
    del claim["ratio_max"]
    untested = {**CLAIM, "not_measured": "no browser here"}

    settings = parse_settings(
        {
            **CONFIG,
            "margins": {"latency_s_p50": 0.02},
            "budgets": [BUDGET],
            "claims": [claim, untested],
        }
    )

    assert {
        "latency_s_p50": 0.02,
        "latency_s_p95": 0.05,
        "latency_s_p99": 0.1,
        "latency_s_mean": 0.03,
    } == settings.margins
    assert (Budget("workflow_list", "optimized", "latency_s_p50", 1.05),) == settings.budgets
    assert settings.claims == (
        Claim("a", "b", "c", "workflow_list", "optimized", "latency_s_p50", 0.3),
        Claim("a", "b", "c", not_measured="no browser here"),
    )


def test_a_capacity_is_of_all_scenarios() -> None:
    """It names no scenario, and the least that a variant must carry."""
    settings = parse_settings({**CONFIG, "budgets": [{**BUDGET, **CAPACITY}]}, (), ())

    assert (
        Budget("", "optimized", "capacity_per_s", under_load=True, ratio_min=2.0),
    ) == settings.budgets


def test_nothing_said_is_nothing_judged() -> None:
    """A configuration without any of the sections has defaults only."""
    settings = parse_settings({})

    assert ((), ()) == (settings.budgets, settings.claims)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ratio_mx": 2}, "unknown key 'ratio_mx'; did you mean 'ratio_max'?"),
        ({"scenario": "workflow_lst"}, "unknown scenario 'workflow_lst'; did you mean 'workflow_l"),
        ({"variant": "optimised"}, "unknown variant 'optimised'; did you mean 'optimized'?"),
        ({"metric": "latency_p50"}, "unknown metric 'latency_p50'; did you mean 'latency_s_p50'?"),
        ({"metric": "stage_sgn_s"}, "unknown metric 'stage_sgn_s'; did you mean 'stage_sign_s'?"),
        ({"metric": "?"}, "unknown metric '?'; there are body_bytes, db_rows, latency_s_mean,"),
        ({"value_max": 1}, "exactly one of ratio_max and value_max is needed."),
        ({"ratio_max": None}, "exactly one of ratio_max and value_max is needed."),
        ({"ratio_max": 0}, "ratio_max = 0: input should be greater than 0."),
        ({"ratio_max": "1.05"}, "ratio_max = '1.05': input should be a valid number."),
        ({"ratio_max": float("nan")}, "ratio_max = nan: input should be a finite number."),
        ({"variant": "baseline"}, "the baseline against itself is always 1; give it value_max"),
        ({"value_min": 1}, "ratio_min and value_min are for capacity_per_s alone."),
        ({**CAPACITY, "scenario": "file_list"}, "capacity_per_s is of all scenarios, so no scenar"),
        ({**CAPACITY, "under_load": False}, "capacity_per_s is of all scenarios, so no scenario"),
        ({**CAPACITY, "ratio_max": 2.0}, "capacity_per_s needs exactly one of ratio_min and value"),
        (
            {**CAPACITY, "ratio_min": None},
            "capacity_per_s needs exactly one of ratio_min and value",
        ),
        ({**CAPACITY, "variant": "optimised"}, "unknown variant 'optimised'; did you mean"),
        ({**CAPACITY, "variant": "baseline"}, "the baseline against itself is always 1; give it v"),
    ],
)
def test_a_wrong_budget_is_named_with_its_remedy(change: dict[str, Any], message: str) -> None:
    """One line says which entry, what was found, and what was meant or is expected."""
    with pytest.raises(ReportError) as raised:
        settings_with(budgets=[BUDGET, {**BUDGET, **change}])

    assert str(raised.value).startswith(f"[[budgets]] number 2: {message}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"budgets": [{}]}, "[[budgets]] number 1: key 'metric' is missing."),
        (
            {"budgets": [{key: BUDGET[key] for key in ("variant", "metric", "ratio_max")}]},
            "[[budgets]] number 1: key 'scenario' is missing.",
        ),
        ({"budgets": {}}, "[[budgets]]: a list of tables is needed; write [[budgets]] above each"),
        ({"budgets": [3]}, "[[budgets]] number 1: input should be a valid dictionary"),
        ({"claims": [CLAIM]}, "[[claims]] number 1: either scenario, variant, metric and ratio_ex"),
        ({"claims": [{**CLAIM, "not_measured": "x", "metric": "db_rows"}]}, "[[claims]] number 1:"),
        (
            {"claims": [{**CLAIM, **CLAIMED, "variant": "baseline"}]},
            "[[claims]] number 1: the baseline against itself is always 1; name another variant.",
        ),
        ({"margins": {"latency_p50": 0.1}}, "[margins]: unknown key 'latency_p50'; did you mean"),
        ({"margins": {"latency_s_p50": 5}}, "[margins]: latency_s_p50 = 5; a ratio between 0 and"),
        ({"margins": {"latency_s_p50": True}}, "[margins]: latency_s_p50 = True; a ratio between"),
        ({"margins": 3}, "[margins]: a table of metric = ratio is needed"),
    ],
)
def test_wrong_sections_are_named(sections: dict[str, Any], message: str) -> None:
    """What is missing or of the wrong kind is said, never a traceback."""
    with pytest.raises(ReportError) as raised:
        settings_with(**sections)

    assert str(raised.value).startswith(message)


def test_metrics_are_checked_once_they_are_known() -> None:
    """Before a run nobody knows which counters the target reports, so their names pass."""
    settings = parse_settings({**CONFIG, "budgets": [{**BUDGET, "metric": "gizmos"}]})

    assert "gizmos" == settings.budgets[0].metric
