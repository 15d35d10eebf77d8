"""The first screen says what happened in one word, one line, and one row for each comparison."""

from dataclasses import replace

import pytest

from reports.effects.comparison import Comparison
from reports.effects.shapes import CounterEffect, Effect, Spread, State, Verdict
from reports.page.overview import GROUPS_MAX, HEADLINE_MAX, ROWS_MAX, overview_of
from reports.page.shapes import Cell, Overview
from reports.statistics.values import Interval
from reports.verdicts.findings import COMPARISON_VERSION, Findings
from reports.verdicts.gate import judge
from reports.verdicts.tests.test_gate import EFFECT, budget, comparison_of

SLOWER = replace(EFFECT, verdict=Verdict.SLOWER, ratio=1.9)
FASTER = replace(EFFECT, verdict=Verdict.FASTER, ratio=0.1)
UNDECIDED = replace(EFFECT, verdict=Verdict.INCONCLUSIVE)
SLOW_TAIL = replace(SLOWER, metric="latency_s_p95", ratio=4.8)


def seen(comparison: Comparison, *, budgets: bool = True, warnings: int = 0) -> Overview:
    judgement = judge(comparison, (budget(ratio_max=1.1),) if budgets else ())
    findings = Findings(COMPARISON_VERSION, "a run", comparison, judgement, (), ())
    reasons = () if comparison.state is State.COMPLETE else ("it was cut off",)
    return overview_of(findings, reasons, warnings)


def of(*effects: Effect) -> Comparison:
    found = comparison_of()
    return replace(found, scenarios=(replace(found.scenarios[0], effects=effects),))


@pytest.mark.parametrize(
    ("effects", "headline"),
    [
        ((SLOWER,), "list is 1.90x slower"),
        ((FASTER,), "list is 10.0x faster"),
        ((EFFECT, SLOW_TAIL), "p95 of list is 4.80x slower"),
        ((SLOWER, SLOW_TAIL), "list is 1.90x slower"),
        ((FASTER, SLOW_TAIL), "p95 of list is 4.80x slower; list is 10.0x faster"),
        ((FASTER, replace(FASTER, ratio=0.5)), "All are faster, 2.00x to 10.0x"),
        ((EFFECT,), "No change in 1 scenario"),
        ((UNDECIDED,), "Every budget is kept; 1 of 1 comparisons are undecided"),
        ((), "Nothing could be compared"),
        ((FASTER, replace(FASTER, ratio=0.5), SLOWER), "list is 1.90x slower; 2 of 3 are faster"),
    ],
)
def test_the_headline_says_what_is_worse_first(effects: tuple[Effect, ...], headline: str) -> None:
    """A slower p95 is not hidden behind an unchanged centre."""
    assert seen(of(*effects)).headline.startswith(headline)


def test_a_failed_budget_stands_in_the_headline() -> None:
    """Also where no latency is slower: FAIL and "none is slower" would contradict each other."""
    high = Interval(1.5, 2.5, 0.9)
    cpu = replace(SLOWER, metric="cpu_outside_s", interval90=high, interval_familywise=high)
    found = of(UNDECIDED, cpu)
    judgement = judge(found, (budget(metric="cpu_outside_s", ratio_max=1.1),))
    overview = overview_of(Findings(COMPARISON_VERSION, "a run", found, judgement, (), ()), (), 0)

    assert Cell("FAIL", "bad") == overview.chip
    assert "CPU time of the service of list: 1.9x, limit 1.1x" == overview.headline


def test_the_budget_that_failed_is_named_before_what_kept_its_own() -> None:
    """A p95 beyond its limit stands before a typical latency that is slower within its limit."""
    high = Interval(4.0, 5.5, 0.9)
    tail = replace(SLOW_TAIL, interval90=high, interval_familywise=high)
    slower = replace(SLOWER, ratio=1.04)
    found = of(slower, tail)
    judgement = judge(found, (budget(metric="latency_s_p95", ratio_max=1.1),))
    overview = overview_of(Findings(COMPARISON_VERSION, "a run", found, judgement, (), ()), (), 0)

    assert "p95 of list is 4.80x slower" == overview.headline


def test_undecided_intervals_have_one_sign() -> None:
    """+ is slower in each row, whichever way the centre lies."""
    interval = Interval(0.957, 1.231, 0.99)
    for ratio in (0.99, 1.08):
        unsure = replace(UNDECIDED, ratio=ratio, interval_familywise=interval)
        assert "[-4.3, +23.1]" == seen(of(unsure)).changes[0].interval


def test_a_change_decided_by_stepping_down_has_no_interval_that_denies_it() -> None:
    """Its own interval allows for more comparisons than were left."""
    wide = replace(SLOWER, interval_familywise=Interval(0.99, 2.5, 0.99))

    assert "" == seen(of(wide)).changes[0].interval


def test_no_headline_ends_within_a_phrase() -> None:
    """What has no room is left out; what comes after it may have some."""
    worse = replace(SLOWER, scenario="a_rather_long_name_of_a_scenario")
    tail = replace(SLOW_TAIL, scenario="another_long_name_of_a_scenario")
    headline = seen(of(worse, tail, FASTER)).headline

    assert "a_rather_long_name_of_a_scenario is 1.90x slower; list is 10.0x faster" == headline


def test_a_headline_has_a_length() -> None:
    """Whatever names a run has."""
    long = seen(of(replace(SLOWER, scenario="n" * 200))).headline

    assert HEADLINE_MAX == len(long)


@pytest.mark.parametrize(
    ("effect", "budgets", "chip"),
    [
        (SLOWER, True, Cell("PASS", "good")),
        (SLOWER, False, Cell("SLOWER", "bad")),
        (EFFECT, False, Cell("NO CHANGE", "same")),
        (UNDECIDED, False, Cell("UNDECIDED", "unsure")),
    ],
)
def test_the_chip_is_the_gates_where_there_are_budgets(
    effect: Effect, budgets: bool, chip: Cell
) -> None:
    """This effect's interval keeps a budget of 1.1, whatever its verdict."""
    assert chip == seen(of(effect), budgets=budgets).chip


@pytest.mark.parametrize(
    ("state", "chip"),
    [(State.INVALID, Cell("INVALID", "bad")), (State.PARTIAL, Cell("PARTIAL", "unsure"))],
)
def test_a_run_that_is_not_complete_says_so(state: State, chip: Cell) -> None:
    """And what to do."""
    found = seen(comparison_of(state=state))

    assert chip == found.chip
    assert "Mend this and measure again: it was cut off." == found.cards[-1].text


def test_a_row_has_its_columns() -> None:
    """Undecided cells say one quiet word; equal counters one sign."""
    spread = Spread(10.0, 10.0, 10.0)
    counters = (
        CounterEffect("list", "optimized", "wire_bytes", spread, spread, spread, Verdict.EQUAL),
    )
    sure = replace(FASTER, interval_familywise=Interval(0.05, 0.2, 0.99))
    found = of(sure, replace(UNDECIDED, metric="latency_s_p95"))
    found = replace(found, scenarios=(replace(found.scenarios[0], counters=counters),))
    overview = seen(found)
    (row,) = overview.changes

    assert ("p95", "bytes on the wire") == overview.titles
    assert (Cell("undecided", "unsure"), Cell("=", "same")) == row.others
    assert Cell("10.0x faster", "good") == row.change
    assert "[5.00, 20.0]" == row.interval
    assert "scenario-1-list" == row.anchor


def test_regressions_come_first_and_many_rows_are_counted() -> None:
    """A slow p95 stands above gains."""
    found = comparison_of()
    scenarios = tuple(
        replace(
            found.scenarios[0],
            subject=found.scenarios[0].scenario.model_copy(update={"name": f"s{index}"}),
            effects=(FASTER, SLOW_TAIL) if index == 7 else (FASTER,),
        )
        for index in range(ROWS_MAX + 6)
    )
    overview = seen(replace(found, scenarios=scenarios))

    assert "s7" == overview.changes[0].scenario
    assert (GROUPS_MAX, ROWS_MAX + 6 - GROUPS_MAX) == (len(overview.changes), overview.left_out)
    assert ROWS_MAX + 6 == len(overview.grid.rows)
    assert "s7" == overview.grid.rows[0][0].text


def test_few_rows_need_no_grid() -> None:
    """Each comparison has a row of its own."""
    assert () == seen(of(FASTER)).grid.rows
