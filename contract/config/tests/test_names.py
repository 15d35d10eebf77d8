"""Budgets, accepted regressions, claims and interactions name what there is."""

import re
from typing import Any

import pytest

from contract.config.judging import Settings
from contract.config.names import Names
from contract.config.tests.test_judging import ACCEPTED, BUDGET, CAPACITY, CLAIM, CLAIMED

NAMES = Names(
    baseline="baseline",
    variants=("baseline", "optimized", "pool"),
    scenarios=("workflow_list", "file_list"),
    pages={"dashboard": ("data-shown",)},
    stages=("db", "sign"),
    counters=("db_rows",),
)
PAGE = {"page": "dashboard", "variant": "optimized", "metric": "data_shown_s", "value_max": 2.0}
ACCEPTABLE = ACCEPTED | {"scenario": "workflow_list"}


def fault_of(**sections: Any) -> str:
    with pytest.raises(ValueError, match=r"budgets|accepted|claims|interactions") as refused:
        NAMES.check(Settings.model_validate(sections))
    return str(refused.value)


def test_a_revision_may_break_a_default_budget_for_a_while() -> None:
    """Of every scenario; where the file has budgets of its own, only what those limit."""
    stated = {**ACCEPTABLE, "variant": "head", "metric": "latency_s_p95"}
    NAMES.check(Settings.model_validate({"accepted": [stated]}))
    limit = {"revisions": True, "scenario": "*", "metric": "latency_s_p50", "ratio_max": 1.1}

    assert "no budget limits metric 'latency_s_p95'" in fault_of(budgets=[limit], accepted=[stated])
    unknown = fault_of(accepted=[stated | {"scenario": "workflow_lst"}])
    assert "no budget limits scenario 'workflow_lst'; did you mean 'workflow_list'?" in unknown


def test_known_names_pass() -> None:
    """Of requests, pages, functions, capacities and revisions."""
    revision = {"revisions": True, "scenario": "*", "metric": "db_rows", "ratio_max": 1.0}
    function = {"revisions": True, "function": "*", "metric": "time_s", "ratio_max": 1.5}
    sections = {
        "budgets": [BUDGET, BUDGET | CAPACITY, PAGE, revision, function],
        "accepted": [ACCEPTABLE],
        "claims": [CLAIM | CLAIMED, CLAIM | {"not_measured": "no browser here"}],
    }

    NAMES.check(Settings.model_validate(sections))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"scenario": "workflow_lst"}, "unknown scenario 'workflow_lst'; did you mean 'workflow_l"),
        ({"variant": "optimised"}, "unknown variant 'optimised'; did you mean 'optimized'?"),
        ({"metric": "latency_p50"}, "unknown metric 'latency_p50'; did you mean 'latency_s_p50'?"),
        ({"metric": "stage_sgn_s"}, "unknown metric 'stage_sgn_s'; did you mean 'stage_sign_s'?"),
        (
            {"metric": "?"},
            "unknown metric '?'; valid: body_bytes, cpu_outside_s, db_rows, events_per_s",
        ),
        ({"variant": "baseline"}, "the baseline against itself is always 1; give it value_max"),
        (CAPACITY | {"variant": "optimised"}, "unknown variant 'optimised'; did you mean"),
        (CAPACITY | {"variant": "baseline"}, "the baseline against itself is always 1; give it v"),
        (PAGE | {"scenario": "", "ratio_max": None, "page": "dshboard"}, "unknown page 'dshboard'"),
        (
            PAGE | {"scenario": "", "ratio_max": None, "metric": "data_shwn_s"},
            "unknown metric 'data_shwn_s'; did you mean 'data_shown_s'?",
        ),
    ],
)
def test_an_unknown_name_in_a_budget_has_a_nearest_one(
    change: dict[str, Any], expected: str
) -> None:
    """One line states which entry, what was found, and what was meant or is expected."""
    message = fault_of(budgets=[BUDGET, BUDGET | change])

    assert re.match(rf"budgets ('[^']+'|number 2): {re.escape(expected)}", message)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"scenario": "workflow_lst"}, "no budget limits scenario 'workflow_lst'; did you mean"),
        ({"variant": "optimised"}, "no budget limits variant 'optimised'; did you mean"),
        ({"metric": "db_rows"}, "no budget limits metric 'db_rows'; valid: latency_s_p50."),
        (
            {"under_load": True},
            "no budget limits latency_s_p50 of 'optimized' in 'workflow_list'",
        ),
        ({"variant": "baseline"}, "the baseline against itself is always 1"),
        ({"metric": "capacity_per_s"}, "capacity_per_s is limited from below, so it has no ratio"),
        ({"metric": "events_per_s_p50"}, "events_per_s_p50 is limited from below, so it has no"),
        ({}, "accepts what an earlier one does; keep one of them."),
    ],
)
def test_only_what_a_budget_limits_is_accepted_and_once(
    change: dict[str, Any], expected: str
) -> None:
    """The entry is named, with what is limited instead."""
    message = fault_of(budgets=[BUDGET], accepted=[ACCEPTABLE, ACCEPTABLE | change])

    assert re.match(rf"accepted ('[^']+'|number 2): {re.escape(expected)}", message)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"variant": "baseline"}, "the baseline against itself is always 1; name another variant."),
        ({"scenario": "files"}, "unknown scenario 'files'; did you mean 'file_list'?"),
    ],
)
def test_a_claim_is_about_what_is_measured(change: dict[str, Any], expected: str) -> None:
    """It is named by its id."""
    assert f"claims 'a': {expected}" == fault_of(claims=[CLAIM | CLAIMED | change])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"both": "optimised"}, "unknown variant 'optimised'; did you mean 'optimized'?"),
        ({"both": "baseline"}, "the baseline is what all three are compared with."),
    ],
)
def test_an_interaction_is_of_variants_but_the_baseline(
    change: dict[str, Any], expected: str
) -> None:
    """The baseline is in every one of its ratios already."""
    entry = {"first": "pool", "second": "optimized", "both": "both"} | change

    assert f"interactions number 1: {expected}" == fault_of(interactions=[entry])


def test_other_answers_need_no_budget() -> None:
    """The gate compares answers whatever the budgets say; the scenario must be known."""
    stated = {"metric": "bodies", "reason": "a new format", "expires": "2027-03-31"}
    for scenario in ("*", "file_list"):
        NAMES.check(Settings.model_validate({"accepted": [stated | {"scenario": scenario}]}))

    assert "unknown scenario 'file_lst'; did you mean 'file_list'?" in fault_of(
        accepted=[stated | {"scenario": "file_lst"}]
    )
