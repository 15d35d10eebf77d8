"""What a configuration may say about judging, and how mistakes in one entry are reported."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from contract.config.complaints import complaint
from contract.config.judging import Accepted, Budget, Claim, Interaction, Settings

BUDGET: dict[str, Any] = {
    "scenario": "workflow_list",
    "variant": "optimized",
    "metric": "latency_s_p50",
    "ratio_max": 1.05,
}
NAME = "'workflow_list, optimized, latency_s_p50'"
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
ACCEPTED: dict[str, Any] = {
    "scenario": "list",
    "variant": "optimized",
    "metric": "latency_s_p50",
    "ratio_max": 1.30,
    "reason": "the new index comes in March",
    "expires": date(2027, 3, 31),
}


def complaint_about(content: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(content)
    return complaint(refused.value, Settings, content)


def test_every_table_becomes_the_value_that_verdicts_use() -> None:
    """Margins that are not stated keep their default."""
    settings = Settings.model_validate(
        {
            "margins": {"latency_s_p50": 0.02},
            "budgets": [BUDGET],
            "accepted": [ACCEPTED | {"expires": "2027-03-31"}],
            "claims": [CLAIM | CLAIMED, CLAIM | {"not_measured": "no browser here"}],
            "interactions": [{"first": "columns", "second": "pool", "both": "both"}],
        }
    )

    assert 0.02 == settings.margins["latency_s_p50"]
    assert 0.05 == settings.margins["latency_s_p95"]
    assert (Budget("workflow_list", "optimized", "latency_s_p50", 1.05),) == settings.budgets
    assert (Accepted(**ACCEPTED),) == settings.accepted
    assert settings.claims == (
        Claim("a", "b", "c", "file_list", "optimized", "latency_s_p50", 0.3),
        Claim("a", "b", "c", not_measured="no browser here"),
    )
    assert (Interaction("columns", "pool", "both"),) == settings.interactions


def test_a_capacity_is_of_all_scenarios() -> None:
    """Its budget names no scenario, and the least that a variant must carry."""
    settings = Settings.model_validate({"budgets": [BUDGET | CAPACITY]})

    expected = Budget("", "optimized", "capacity_per_s", under_load=True, ratio_min=2.0)
    assert (expected,) == settings.budgets
    assert "load" == expected.design


def test_a_page_or_a_function_takes_the_place_of_a_scenario() -> None:
    """Verdicts read one name; a report states whether it is a page."""
    page = Budget(page="dashboard", variant="optimized", metric="requests", value_max=0)
    function = Budget(function="*", metric="time_s", ratio_max=1.5, revisions=True)
    written = TypeAdapter(Budget).dump_python(page, mode="json")

    assert ("dashboard", "paired") == (page.scenario, page.design)
    assert ("*", "head", "restarts") == (function.scenario, function.variant, function.design)
    assert ("dashboard", True) == (written["scenario"], written["page"])
    assert "function" not in written
    assert "f" == replace(function, scenario="f").scenario


def test_nothing_said_is_nothing_judged() -> None:
    """A configuration without any of the sections has default margins only."""
    settings = Settings()

    assert ((), (), (), ()) == (
        settings.budgets,
        settings.accepted,
        settings.claims,
        settings.interactions,
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"value_max": 1}, "exactly one of ratio_max and value_max is needed."),
        ({"ratio_max": None}, "exactly one of ratio_max and value_max is needed."),
        (
            {"value_min": 1},
            "ratio_min and value_min are for capacity_per_s and events_per_s_p50 alone.",
        ),
        (
            {"metric": "events_per_s_p50"},
            "events_per_s_p50 needs exactly one of ratio_min and value_min.",
        ),
        ({**CAPACITY, "scenario": "file_list"}, "capacity_per_s is of all scenarios, so no scenar"),
        ({**CAPACITY, "under_load": False}, "capacity_per_s is of all scenarios, so no scenario"),
        ({**CAPACITY, "ratio_max": 2.0}, "capacity_per_s needs exactly one of ratio_min and"),
        (
            {**CAPACITY, "ratio_min": None},
            "capacity_per_s needs exactly one of ratio_min and",
        ),
        ({"metric": "memory_peak_bytes"}, "memory_peak_bytes is of all scenarios, so no scenario."),
        (
            {"scenario": "", "metric": "memory_growth_bytes"},
            "memory_growth_bytes may be 0, so give value_max instead of ratio_max.",
        ),
        ({"page": "dashboard"}, "give one of scenario, page and function."),
        (
            {"scenario": "", "page": "p", "function": "f"},
            "give one of scenario, page and function.",
        ),
        ({"scenario": ""}, "key 'scenario' is missing."),
        ({"variant": ""}, "key 'variant' is missing."),
        ({"metric": ""}, "key 'metric' is missing."),
        ({"scenario": "*"}, "'*' is for budgets with revisions = true."),
        ({"revisions": True}, "with revisions = true, neither variant nor under_load has a"),
        ({"scenario": "", "function": "f"}, "a function has the metric time_s, and not under_load"),
        (
            {"scenario": "", "page": "p", "under_load": True},
            "a page has neither under_load nor revisions.",
        ),
    ],
)
def test_a_budget_that_cannot_be_meant_is_refused(change: dict[str, Any], expected: str) -> None:
    """One line names the entry and what is wrong with it."""
    message = complaint_about({"budgets": [BUDGET, BUDGET | change]})

    assert re.match(rf"budgets ('[^']+'|number 2): {re.escape(expected)}", message)
    assert "\n" not in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {"budgets": [BUDGET | {"ratio_mx": 2}]},
            f"unknown key 'ratio_mx' in budgets {NAME}; did you mean 'ratio_max'?",
        ),
        (
            {"budgets": [BUDGET | {"ratio_max": 0}]},
            f"budgets {NAME}, ratio_max: input should be greater than 0; found 0.",
        ),
        (
            {"budgets": [BUDGET | {"ratio_max": "1.05"}]},
            f"budgets {NAME}, ratio_max: input should be a valid number; found '1.05'.",
        ),
        (
            {"budgets": [BUDGET | {"ratio_max": float("nan")}]},
            f"budgets {NAME}, ratio_max: input should be a finite number; found nan.",
        ),
        (
            {"claims": [CLAIM]},
            "claims 'a': either scenario, variant, metric and ratio_expected are",
        ),
        ({"claims": [CLAIM | CLAIMED | {"not_measured": "x"}]}, "claims 'a': either scenario"),
        ({"claims": [CLAIM | CLAIMED | {"page": "x"}]}, "claims 'a': a claim is of a scenario or"),
        ({"claims": [{"id": "a", "source": "c"}]}, "claims 'a': key 'text' is missing."),
        (
            {"interactions": [{"first": "a", "second": "a", "both": "b"}]},
            "interactions number 1: first, second and both are three different variants.",
        ),
        (
            {"margins": {"latency_p50": 0.1}},
            "margins: unknown key 'latency_p50'; did you mean 'latency_s_p50'?",
        ),
        (
            {"margins": {"latency_s_p50": 5}},
            "margins.latency_s_p50: input should be less than 1; found 5.",
        ),
        (
            {"margins": {"latency_s_p50": True}},
            "margins.latency_s_p50: input should be a valid number; found True.",
        ),
        ({"margins": 3}, "margins: a table is expected; found 3."),
        ({"budgets": {}}, "budgets: a list of tables is expected; write [[budgets]] above each."),
        ({"budgets": [3]}, "budgets number 1: a table is expected; found 3."),
    ],
)
def test_a_wrong_key_or_value_is_named(content: dict[str, Any], expected: str) -> None:
    """One line states where, what was found and what is expected."""
    assert complaint_about(content).startswith(expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"reason": "  "}, ", reason: "),
        ({"expires": "next year"}, ", expires: a day such as 2027-03-31 is needed; found 'next"),
        ({"expires": "2027-02-30"}, ", expires: day "),
        ({"expires": 20270331}, ", expires: a day such as 2027-03-31 is needed; found 20270331."),
        ({"ratio_max": float("inf")}, ", ratio_max: input should be a finite number; found inf."),
    ],
)
def test_an_accepted_regression_that_cannot_be_meant_is_refused(
    change: dict[str, Any], expected: str
) -> None:
    """The entry is named, and what stands there, in one line."""
    message = complaint_about({"accepted": [ACCEPTED, ACCEPTED | change]})

    assert re.match(rf"accepted ('[^']+'|number 2){re.escape(expected)}", message)


@pytest.mark.parametrize("missing", ["reason", "expires", "ratio_max"])
def test_nothing_is_accepted_without_reason_end_and_bound(missing: str) -> None:
    """All three are needed."""
    stated = {key: value for key, value in ACCEPTED.items() if key != missing}

    message = complaint_about({"accepted": [stated]})

    assert re.fullmatch(rf"accepted '[^']+': key '{missing}' is missing\.", message)


OTHER_ANSWERS = {
    "scenario": "*",
    "metric": "bodies",
    "reason": "a new format",
    "expires": "2027-03-31",
}


def test_other_answers_are_accepted_without_a_ratio() -> None:
    """Of the head, in one scenario or in each."""
    (found,) = Settings.model_validate({"accepted": [OTHER_ANSWERS]}).accepted

    assert ("*", "head", "bodies", False) == found.key
    assert found.ratio_max is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ratio_max": 1.1}, "bodies have no ratio, so no ratio_max."),
        ({"variant": "optimized"}, "bodies are of two revisions: no variant but 'head'"),
        ({"under_load": True}, "bodies are of two revisions: no variant but 'head'"),
        ({"metric": "db_rows"}, "key 'variant' is missing."),
        ({"metric": "db_rows", "variant": "head", "ratio_max": 2.0}, "'*' is for bodies"),
    ],
)
def test_what_has_no_meaning_for_answers_is_refused(change: dict[str, Any], expected: str) -> None:
    """And what is for answers alone is not for other metrics."""
    assert expected in complaint_about({"accepted": [OTHER_ANSWERS | change]})
