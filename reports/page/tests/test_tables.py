"""Effects, stages and counters as tables."""

import math
from dataclasses import replace
from typing import Any

import pytest

from contract.config.judging import Interaction
from reports.effects.interactions import InteractionEffect, Together
from reports.effects.shapes import CounterEffect, MissingMetric, Spread, StageBreakdown, Verdict
from reports.page import tables
from reports.page.tests.made import texts
from reports.statistics.values import Interval
from reports.verdicts.tests.test_gate import COUNTER, DOUBT, EFFECT, comparison_of

CELLS = [
    *("equivalent", "2.0 % slower [1.0, 3.0] (90 %)", "100 ms", "102 ms"),
    *("", "3 %", "100 rounds", ""),
]


def test_bad_news_comes_first() -> None:
    """Regressions, worst first; then what is undecided; then gains; then what is the same."""
    verdicts = (
        (Verdict.EQUIVALENT, 1.0),
        (Verdict.FASTER, 0.5),
        (Verdict.INCONCLUSIVE, 1.1),
        (Verdict.SLOWER, 1.2),
        (Verdict.SLOWER, 1.9),
    )
    effects = [replace(EFFECT, verdict=verdict, ratio=ratio) for verdict, ratio in verdicts]

    assert [1.9, 1.2, 1.1, 0.5, 1.0] == [one.ratio for one in tables.by_news(effects)]


def test_an_effect_in_cells() -> None:
    """From the verdict to the notes; a number is sorted by its value."""
    cells = tables.effect_cells(EFFECT)

    assert CELLS == [cell.text for cell in cells]
    assert (1.02, 0.1) == (cells[1].number, cells[2].number)


def test_the_interval_that_is_shown_is_the_one_that_decided() -> None:
    """Of an equivalent effect that inside the margin, which is marked; else that of the table."""
    assert "2.0 % slower [1.0, 3.0] (90 %)" == tables.decided_change(EFFECT)
    slower = replace(EFFECT, verdict=Verdict.SLOWER)
    assert "2.0 % slower [0.0, 4.0]" == tables.decided_change(slower)
    more = replace(slower, metric="events_per_s_p50", verdict=Verdict.FASTER)
    assert "2.0 % faster [0.0, 4.0]" == tables.decided_change(more)


@pytest.mark.parametrize("variants", [("baseline", "optimized"), ("baseline", "other", "last")])
def test_cells_fit_their_columns(variants: tuple[str, ...]) -> None:
    """With three variants a column names which one it is."""
    comparison = replace(comparison_of(), variants=variants)
    scenario = comparison.scenarios[0]
    made = (
        tables.verdict_table(comparison),
        tables.times_table(scenario, "1", comparison),
        tables.counters_table(scenario, "1", comparison),
    )

    for table in made:
        assert {len(table.columns)} == {len(row) for row in table.rows}
    assert ("variant" in [column.title for column in made[0].columns]) is (len(variants) > 2)


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({}, "may hide a change below 5.0 %"),
        ({"needed_s": 60.0}, "may hide a change below 5.0 %; about 60 s more"),
        ({"warnings": (DOUBT,)}, "contaminated"),
    ],
)
def test_notes_of_an_undecided_effect(changes: dict[str, Any], note: str) -> None:
    """What it could have detected and how much longer it takes, or why there is no verdict."""
    undecided = replace(EFFECT, verdict=Verdict.INCONCLUSIVE, **changes)

    assert tables.effect_cells(undecided)[-1].text.startswith(note)


@pytest.mark.parametrize(
    ("counter", "cells"),
    [
        (COUNTER, ["more", "10.0 % more", "50", "55", ""]),
        (
            replace(COUNTER, after=Spread(55, 50, 60), within=Spread(1.1, 1.0, 1.2)),
            [
                "more",
                "10.0 % more",
                "50",
                "55",
                "after varies from 50 to 60; in a round 1x to 1.2x",
            ],
        ),
        (
            replace(
                COUNTER,
                before=Spread(0, 0, 0),
                within=Spread(math.inf, math.inf, math.inf),
            ),
            ["more", "", "0", "55", ""],
        ),
    ],
)
def test_counters(counter: CounterEffect, cells: list[str]) -> None:
    """A counter that varies is shown with its range; growth from nothing has no ratio."""
    comparison = comparison_of(counter=counter)
    (row,) = texts(tables.counters_table(comparison.scenarios[0], "1", comparison).rows)

    assert cells == row[1:]


def test_a_counter_that_is_missing_is_unknown() -> None:
    """With how many rounds lack it."""
    missing = MissingMetric("list", "optimized", "wire_bytes", 3, 100, counted=True)
    comparison = comparison_of(missing=(missing,))
    rows = texts(tables.counters_table(comparison.scenarios[0], "1", comparison).rows)

    assert ["bytes on the wire", "unknown", "", "", "", "missing in 3 of 100 rounds"] == rows[-1]


def test_stages() -> None:
    """One column for each variant, the whole request last; nothing where there are no stages."""
    scenario = comparison_of().scenarios[0]
    staged = replace(
        scenario,
        stages=(
            StageBreakdown("baseline", 0.1, (("db", 0.06), ("outside", 0.04))),
            StageBreakdown("optimized", 0.05, (("db", 0.02), ("outside", 0.03))),
        ),
    )

    half = replace(staged, stages=(staged.stages[0], StageBreakdown("optimized", 0.05, ())))
    silent = replace(staged, stages=(StageBreakdown("optimized", 0.05, ()),))

    assert () == tables.stages_table(scenario, "1").rows == tables.stages_table(silent, "1").rows
    assert ["outside", "40.0 ms", ""] == texts(tables.stages_table(half, "1").rows)[1]
    assert [
        ["db", "60.0 ms", "20.0 ms"],
        ["outside", "40.0 ms", "30.0 ms"],
        ["whole request", "100 ms", "50.0 ms"],
    ] == texts(tables.stages_table(staged, "1").rows)


def test_interactions() -> None:
    """Each alone, their product, both, and what is left."""
    found = InteractionEffect(
        scenario="list",
        stated=Interaction("fast", "small", "both"),
        alone=(0.5, 0.8),
        together=0.5,
        ratio=1.25,
        interval=Interval(1.2, 1.3, 0.99),
        verdict=Together.HINDER,
        n=100,
    )

    assert [
        [
            *("list", "fast and small (both)", "0.5x", "0.8x", "0.4x", "0.5x"),
            *("25.0 % slower [20.0, 30.0]", "hinder each other", "100 rounds"),
        ]
    ] == texts(tables.interactions_table((found,)).rows)


def test_of_many_comparisons_only_what_says_something_has_a_row() -> None:
    """Typical latencies and what verdicts rest on; counters that changed."""
    slow = replace(EFFECT, metric="latency_s_p95", verdict=Verdict.SLOWER)
    advice = replace(EFFECT, metric="latency_s_p90", primary=False)
    spread = Spread(10.0, 10.0, 10.0)
    equal = CounterEffect("list", "optimized", "wire_bytes", spread, spread, spread, Verdict.EQUAL)
    found = comparison_of()
    scenario = replace(found.scenarios[0], effects=(EFFECT, slow, advice), counters=(equal,))
    few, many = (replace(found, scenarios=(scenario,) * count) for count in (2, 61))

    assert 3 == len(tables.times_table(scenario, "1", few).rows)
    assert 2 == len(tables.times_table(scenario, "1", many).rows)
    assert "comparison.csv" in tables.times_table(scenario, "1", many).caption
    assert 1 == len(tables.counters_table(scenario, "1", few).rows)
    assert 0 == len(tables.counters_table(scenario, "1", many).rows)
    assert 0 == len(tables.verdict_table(many).rows)
