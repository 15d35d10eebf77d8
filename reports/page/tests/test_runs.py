"""Two runs in words: what differs, changes, and why nothing is concluded."""

from dataclasses import replace

import pytest

from reports.effects.agreement import Difference
from reports.effects.levels import Change
from reports.effects.reasons import Name, reason
from reports.effects.shapes import Spread, Verdict
from reports.effects.unpaired import ChangedCounter, RunsComparison
from reports.page.runs import runs_page
from reports.page.tests.made import RECORD, texts
from reports.statistics.values import Interval

INTERVAL = Interval(1.05, 1.15, 0.99)
CHANGE = Change(
    "list",
    "optimized",
    "latency_s_p50",
    0.010,
    0.011,
    1.1,
    INTERVAL,
    INTERVAL,
    Verdict.SLOWER,
    (),
)
COUNTER = ChangedCounter(
    "list", "optimized", "db_rows", Spread(5, 5, 5), Spread(6, 6, 8), Verdict.MORE
)
TWO = RunsComparison(
    RECORD, RECORD, (), effects=(CHANGE,), levels=(CHANGE,), counters=(COUNTER,), counters_alike=3
)


def test_both_runs_are_named() -> None:
    """Each with its time and profile; and that they are not paired."""
    lines = runs_page(TWO).lines

    assert lines[0].startswith("Not paired: ")
    assert "A: 20261123T200000Z-abcdef, 2026-11-23 20:00:00 UTC, profile smoke" == lines[1]


@pytest.mark.parametrize(
    ("forbids", "line"),
    [
        (False, "differs: seed: 1 / 2"),
        (True, "differs, so nothing is concluded about list: seed: 1 / 2"),
    ],
)
def test_differences(forbids: bool, line: str) -> None:
    """What forbids a conclusion says about what."""
    differing = Difference("seed", 1, 2, forbids=forbids, scenario="list")

    assert line == runs_page(replace(TWO, differences=(differing,))).lines[-1]


def test_tables() -> None:
    """An effect's change is a ratio of ratios, a level's is in seconds, and counters are exact."""
    effects, levels, counters = (texts(table.rows)[0] for table, _ in runs_page(TWO).parts)

    assert ["list", "optimized", "typical latency", "slower"] == effects[:4]
    assert "10.0 % slower [5.0, 15.0]" == effects[4]
    assert ["10.0 ms", "11.0 ms"] == levels[5:]
    assert ["more", "5", "6 (6 to 8)"] == counters[3:]
    assert runs_page(TWO).parts[2][0].caption.startswith("Counters that differ; 3 others are")


def test_an_interval_that_bounds_nothing_is_not_shown() -> None:
    """Ten times its ratio is nothing to read; an unknown ratio is no number."""
    wide = replace(CHANGE, interval_familywise=Interval(0.01, 110.0, 0.99))
    unknown = replace(CHANGE, ratio=float("nan"))
    table, _ = runs_page(replace(TWO, levels=(wide, unknown))).parts[1]

    assert ["10.0 % slower", "unknown"] == [row[4] for row in texts(table.rows)]


def test_each_reason_is_given_once() -> None:
    """With what it is about, or that it is about all."""
    doubtful = replace(CHANGE, verdict=Verdict.INCONCLUSIVE, reasons=(reason(Name.NO_CONTROL),))
    why = "no canary shows what the machine did between the runs"
    (_, all_of_them), (_, some), _ = runs_page(
        replace(TWO, effects=(doubtful, doubtful), levels=(doubtful, CHANGE))
    ).parts

    assert (f"inconclusive: all: {why}",) == all_of_them
    assert (f"inconclusive: list optimized typical: {why}",) == some


def test_the_first_screen_has_the_worst_change_first() -> None:
    """With its ratio and interval as words and numbers; the headline names it."""
    faster = replace(CHANGE, variant="other", ratio=0.5, verdict=Verdict.FASTER)
    first = runs_page(replace(TWO, effects=(faster, CHANGE))).first

    assert first is not None
    assert "SLOWER" == first.chip.text
    assert (
        "typical of list, optimized: 10.0 % slower in B; typical of list, other: 2.00x faster in B"
        == first.headline
    )
    assert ["10.0 % slower", "2.00x faster"] == [row.change.text for row in first.rows]
    assert ("[5.0, 15.0]", 1.1, 1.05) == (
        first.rows[0].interval,
        first.rows[0].ratio,
        first.rows[0].low,
    )


@pytest.mark.parametrize(
    ("verdicts", "chip", "headline"),
    [
        ([Verdict.EQUIVALENT], "NO CHANGE", "No change in 1 comparison"),
        (
            [Verdict.EQUIVALENT, Verdict.INCONCLUSIVE],
            "UNDECIDED",
            "1 of 2 comparisons are undecided",
        ),
        ([], "UNDECIDED", "Nothing could be compared"),
    ],
    ids=["equivalent", "open", "none"],
)
def test_nothing_decided_has_no_number(verdicts: list[Verdict], chip: str, headline: str) -> None:
    """Neither in the headline nor in a row."""
    effects = tuple(replace(CHANGE, verdict=one) for one in verdicts)
    first = runs_page(replace(TWO, effects=effects)).first

    assert first is not None
    assert (chip, headline) == (first.chip.text, first.headline)
    assert not any("%" in row.change.text for row in first.rows)
