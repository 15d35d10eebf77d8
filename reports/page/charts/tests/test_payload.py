"""Bytes and rows before and after become a picture."""

from dataclasses import replace

from reports.effects.shapes import Spread
from reports.page.charts.payload import ROWS_MAX, payload_chart
from reports.page.charts.tests.svg import check_chart
from reports.verdicts.tests.test_gate import COUNTER, comparison_of


def test_rows_have_an_axis_of_their_own() -> None:
    """A run that counted only rows draws those; bytes stand above, on another scale."""
    counted = replace(COUNTER, metric="db_bytes", before=Spread(9e6, 9e6, 9e6))
    both = comparison_of()
    both = replace(both, scenarios=(replace(both.scenarios[0], counters=(counted, COUNTER)),))

    assert "rows (log scale)" in payload_chart(comparison_of(), "chart")
    assert "bytes (log scale)" not in payload_chart(comparison_of(), "chart")
    assert all(f"{axis} (log scale)" in payload_chart(both, "chart") for axis in ("bytes", "rows"))


def test_what_is_neither_bytes_nor_rows_is_not_drawn() -> None:
    """A run that counted nothing else draws nothing."""
    other = comparison_of(counter=replace(COUNTER, metric="urls_signed"))

    assert payload_chart(other, "chart") == ""


def test_of_many_rows_those_that_changed_most_are_drawn() -> None:
    """In the order of the run."""
    names = [f"scenario {number:02d}" for number in range(ROWS_MAX + 2)]
    found = comparison_of()
    scenarios = tuple(
        replace(
            found.scenarios[0],
            subject=found.scenarios[0].scenario.model_copy(update={"name": name}),
            counters=(
                replace(COUNTER, scenario=name, before=Spread(100, 100, 100), after=Spread(1, 1, 1))
                if number
                else replace(COUNTER, scenario=name, before=Spread(9, 9, 9), after=Spread(9, 9, 9)),
            ),
        )
        for number, name in enumerate(names)
    )
    drawn = check_chart(lambda: payload_chart(replace(found, scenarios=scenarios), "chart"))

    assert names[0] not in drawn
    assert all(name in drawn for name in names[1:ROWS_MAX])
