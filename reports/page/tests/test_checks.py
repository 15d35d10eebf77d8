"""A check in words: what is wrong first, and never more than fits on a screen."""

from typing import Any

import pytest

from contract.check import Alike, Checked, CheckedAnswer, Difference, Pace, TimePart
from contract.config.judging import Budget, Settings
from contract.metrics import MEMORY_GROWTH, TAIL, TYPICAL
from contract.run.answers import DifferentPlace
from reports.page.checks import LINES_MAX, WIDTH, check_lines, impossible_sentences
from reports.verdicts.forecast import absent_metrics, exit_code_of_check, forecast
from reports.verdicts.tests.test_forecast import ends, record, restarts

HOSTILE = "\x1b[2J\u202e" + "x" * 500
BUDGET = Budget("list", "after", TYPICAL, ratio_max=1.05)


def answered(scenario: str, variant: str, **changes: Any) -> CheckedAnswer:
    fields: dict[str, Any] = {
        "request": f"GET /{scenario}",
        "status": 200,
        "body_bytes": 1234,
        "ttfb_s": 0.0012,
        "latency_s": 0.0034,
        "error": "",
    }
    return CheckedAnswer(scenario, variant, **(fields | changes))


def lines(
    checked: Checked, *budgets: Budget, rounds: int = 10_000, load: tuple[TimePart, ...] = ()
) -> list[str]:
    names = [scenario.name for scenario in checked.planned.scenarios]
    paces = [Pace(name, 0.1, ends(28, rounds)) for name in names]
    outlook = forecast(checked.planned, Settings(budgets=budgets), paces, absent_metrics(checked))
    code = exit_code_of_check(checked, outlook)
    return [line.text for line in check_lines(checked, outlook, load, code)]


def checked(*names: str, **changes: Any) -> Checked:
    planned = changes.pop("planned", record(*(names or ("list",))))
    fields: dict[str, Any] = {
        "answers": tuple(
            answered(scenario.name, variant)
            for scenario in planned.scenarios
            for variant in planned.variants
        ),
        "time": (TimePart("measure", 60.0), TimePart("starts", 1.0)),
    }
    return Checked(planned, 60.0, **(fields | changes))


def test_all_is_well_in_a_few_lines() -> None:
    """A row for each answer, the budgets, the time, and what it is enough for."""
    assert [
        "scenario  variant  status    bytes  first byte  latency  answers",
        "list      before      200  1.23 kB      1.2 ms   3.4 ms  right",
        "list      after       200  1.23 kB      1.2 ms   3.4 ms  right",
        "1 budget for `versus gate`: latency_s_p50 of list",
        "`versus bench --profile default` takes at most about 61 s: 60 s measuring, 1 s",
        "  starting servers",
        "time enough for verdicts, if noise permits: typical latency, p95 latency",
        "check: ready to measure",
    ] == lines(checked(), BUDGET)


def test_a_wrong_answer_and_its_reason() -> None:
    """Beside its request."""
    wrong = answered("list", "after", status=500, error="status 500, expected 200")
    found = lines(checked(answers=(answered("list", "before"), wrong)), BUDGET)

    assert "WRONG: list, after (GET /list): status 500, expected 200" in found
    assert "check: mend what is shown above before you measure" == found[-1]


def test_differences_name_places_and_what_to_ignore() -> None:
    """Of two variants, and of one variant's two answers."""
    price = DifferentPlace("/price", "10", "12")
    between = Difference("list", "before", "after", "variants", 2, (price,), 5)
    own = Difference("list", "before", "before", "volatile", 1, (price,), 1, ignore='"a": 1')
    found = lines(checked(differences=(own, between)), BUDGET)

    assert [
        "DIFFERENT: list: two answers of before differ. /price: 10 / 12",
        "  add to the scenario: ignore = '\"a\": 1'",
        "DIFFERENT: list, request 2: before and after answer differently. /price: 10 /",
        "  12; and 4 more places",
    ] == found[3:7]


def test_a_harmless_difference_is_a_warning() -> None:
    """Where no expression can be derived, it says so."""
    place = DifferentPlace("line 3", "", "")
    own = Difference(
        "list", "before", "before", "volatile", 1, (place,), 1, harmful=False, counted_all=False
    )
    found = lines(checked(differences=(own,)), BUDGET)

    assert "warning: list: two answers of before differ. line 3" in found
    assert "  state in the scenario's `ignore` what may differ" in found
    assert "check: ready to measure" == found[-1]


@pytest.mark.parametrize("server", ["one", "command", "commit"])
def test_variants_that_nothing_tells_apart_are_a_warning(server: Any) -> None:
    """Whatever they share."""
    found = lines(checked(alike=(Alike("before", "after", server),)), BUDGET)

    assert any(line.startswith("warning: before and after are the same") for line in found)
    assert "check: ready to measure" == found[-1]


def test_answers_that_wait_for_acknowledgements_are_a_warning() -> None:
    """With what the service must do; only the scenarios where it was seen."""
    answers = tuple(answered("list", name, stalls=name == "after") for name in ("before", "after"))
    found = lines(checked(answers=answers), BUDGET)

    assert "warning: answers of list pause between two pieces for as long as an" in found
    assert any("TCP_NODELAY" in line for line in found)
    assert not any("TCP_NODELAY" in line for line in lines(checked(), BUDGET))


def test_a_budget_on_memory_is_of_a_variant() -> None:
    """It has no scenario."""
    found = lines(checked(), Budget("", "after", MEMORY_GROWTH, value_max=200))

    assert "1 budget for `versus gate`: memory_growth_bytes of after" in found
    assert [
        "a check measures no pages, functions, capacity or memory: the budget on after",
        "  (memory_growth_bytes)",
    ] == found[found.index("1 budget for `versus gate`: memory_growth_bytes of after") + 1 :][:2]


def test_without_a_budget_the_lines_to_add_are_shown() -> None:
    """For the command that would judge."""
    found = lines(checked())
    assert "  budgets = [" in found
    assert (
        '    { scenario = "list", variant = "after", metric = "latency_s_p50", ratio_max = 1.05 } ]'
        in found
    )
    of_revisions = lines(checked(planned=restarts("list")))
    assert any("`versus gate --base` has nothing to judge" in line for line in of_revisions)
    assert any("revisions = true" in line for line in of_revisions)


def test_a_budget_out_of_reach_says_what_would_be_enough() -> None:
    """The amount, the amount needed, and the key to raise."""
    found = lines(checked(), Budget("list", "after", TAIL, ratio_max=1.05), rounds=2)

    assert [
        "TOO SHORT: p95 latency (a budget needs it) cannot be decided in list: 56 rounds,",
        "  80 are needed. It needs at least about measure_s = 86.",
        "check: a budget cannot be decided in this time",
    ] == found[-3:]


def test_a_metric_that_no_answer_has_is_undecidable() -> None:
    """However long it is measured."""
    planned = record("list", counters=("db_rows",))
    lacking = tuple(answered("list", name, missing=("db_rows",)) for name in ("before", "after"))
    found = lines(
        checked(planned=planned, answers=lacking), Budget("list", "after", "db_rows", value_max=3)
    )

    assert "UNDECIDABLE: no answer has the metric of the budget on list (db_rows)" in found


def test_advice_fits_what_is_missing() -> None:
    """Time, fewer scenarios, more rounds or more pairs."""
    two = record("list", "other")
    paces = [Pace(name, 0.1, ends(6, 10)) for name in ("list", "other")]
    (line,) = impossible_sentences(60.0, forecast(two, Settings(), paces))

    assert (
        "p95 latency cannot be decided in 2 of 2 scenarios (list, other): 60 rounds, 90 are "
        "needed. It needs at least about measure_s = 90, or fewer scenarios." == line
    )


def test_a_failure_comes_with_its_log() -> None:
    """And with nothing else: nothing was sent."""
    failed = checked(failure="the service exited with 1; output: b", log=("a", "b"), answers=())

    assert [
        "FAILED: the service exited with 1; output: b",
        "  | a",
        "check: mend what is shown above before you measure",
    ] == lines(failed)


def test_load_has_a_time_of_its_own() -> None:
    """Where budgets are for it."""
    found = " ".join(lines(checked(), BUDGET, load=(TimePart("switchback", 300.0),)))

    assert "`versus load --profile default` takes at most about 5 minutes" in found


def test_the_most_hostile_check_fits_on_a_screen() -> None:
    """Many scenarios, all wrong or different, texts that control terminals."""
    names = [f"scenario_{number:02d}_{'long' * 20}" for number in range(60)]
    planned = record(*names)
    answers = tuple(
        answered(name, variant, error=HOSTILE, request=HOSTILE)
        for name in names
        for variant in ("before", "after")
    )
    places = tuple(DifferentPlace(HOSTILE, HOSTILE, HOSTILE) for _ in range(3))
    differences = tuple(
        Difference(name, "before", "after", "variants", 1, places, 1000, counted_all=False)
        for name in names
    )
    budgets = [Budget(name, "after", TAIL, ratio_max=1.05) for name in names]
    found = lines(
        checked(planned=planned, answers=answers, differences=differences), *budgets, rounds=1
    )

    assert len(found) <= LINES_MAX
    assert "check: mend what is shown above before you measure" == found[-1]
    assert all(len(line) <= WIDTH for line in found)
    assert not any("\x1b" in line or "\u202e" in line for line in found)


def test_many_scenarios_share_a_row_with_their_variants() -> None:
    """What is the same is written once; what is wrong comes first."""
    names = [f"s{number}" for number in range(20)]
    planned = record(*names)
    answers = [answered(name, variant) for name in names for variant in ("before", "after")]
    answers[-1] = answered("s19", "after", status=404, error="status 404, expected 200")
    found = lines(checked(planned=planned, answers=tuple(answers)), *[])

    assert "scenario   status    bytes  first byte  latency  answers" == found[0]
    assert "s19       200/404  1.23 kB      1.2 ms   3.4 ms  WRONG" == found[1]


def test_budgets_for_other_runs_are_counted() -> None:
    """With the command that checks them, if one does."""
    of_revisions = Budget("*", metric=TYPICAL, ratio_max=1.05, revisions=True)
    under_load = Budget("list", "after", TYPICAL, ratio_max=1.05, under_load=True)
    found = lines(checked(), BUDGET, of_revisions, under_load)

    assert "1 budget on revisions: `versus check --base REVISION` checks those" in found
    assert "1 budget for runs under load, which a check does not try" in found
