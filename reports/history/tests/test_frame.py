"""Entries become tables."""

import math

from reports.history.frame import history_of
from reports.history.tests.entries import entry


def test_a_row_for_each_run_and_each_effect_in_order_of_time() -> None:
    """A run that was read twice counts once; its number counts from 1."""
    history = history_of([entry(2, 0.5), entry(1, 0.6), entry(2, 0.5)])

    assert [(1, "run001"), (2, "run002")] == list(
        history.runs[["number", "run"]].itertuples(index=False, name=None)
    )
    assert [0.6, 0.5] == history.effects["ratio"].tolist()
    assert [1, 2] == history.effects["number"].tolist()


def test_an_unbounded_interval_is_nan() -> None:
    """Where a run bounds nothing, an entry holds null."""
    one = entry(1, 0.5)
    effect = one.effects[0].model_copy(update={"low": None, "high": None})
    effects = history_of([one.model_copy(update={"effects": (effect,)})]).effects

    assert math.isnan(effects["low"].iloc[0])
    assert math.isnan(effects["high"].iloc[0])


def test_letters_go_on_after_z() -> None:
    """More machines than letters still have names of their own."""
    letters = history_of([entry(number, 0.5, f"m{number}") for number in range(30)]).runs["letter"]

    assert ["A", "Z", "M27", "M30"] == letters.iloc[[0, 25, 26, 29]].tolist()
    assert 30 == letters.nunique()


def test_no_entries_are_two_empty_tables() -> None:
    """With all their columns."""
    history = history_of([])

    assert history.runs.empty
    assert {"number", "letter", "state", "ratio"} <= set(history.effects.columns)
