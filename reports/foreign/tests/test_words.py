"""Two files of other tools, side by side."""

from pathlib import Path

import numpy as np

from reports.foreign.formats import Foreign, Series
from reports.foreign.words import foreign_page
from reports.surfaces.render import render

TIMES_S = np.array([0.010 + 0.0001 * number for number in range(30)])


def series(name: str, factor: float = 1.0) -> Series:
    """One with raw times."""
    median_s = float(np.median(TIMES_S)) * factor
    return Series(name, {"latency_s_p50": median_s}, TIMES_S * factor)


def file_of(*found: Series, tool: str = "k6", note: str = "a note") -> Foreign:
    """One that some tool wrote."""
    return Foreign(tool, Path("x.json"), "yesterday", found, (note,))


def test_series_of_one_name_are_compared() -> None:
    """With the interval of the median, where there are raw times."""
    page = foreign_page(file_of(series("a")), file_of(series("a", 2.0)))
    ((table, notes),) = page.parts
    interval = "11.4 ms [11.0 ms, 11.9 ms]"

    assert [["a", "typical latency", "2.00x slower", interval]] == [
        [cell.text for cell in row[:4]] for row in table.rows
    ]
    assert ("a note.",) == notes
    assert page.lines[0].startswith("Not paired, and not judged: ")
    assert ("A: x.json, by k6, yesterday", "B: x.json, by k6, yesterday") == page.lines[1:]


def test_what_only_one_file_has_is_listed() -> None:
    """On whichever side it is."""
    page = foreign_page(file_of(series("a")), file_of(Series("b", {"latency_s_mean": 0.5})))
    ((table, _),) = page.parts

    assert [
        ("a", "only in one of them", ""),
        ("b", "only in one of them", "500 ms"),
    ] == [(row[0].text, row[2].text, row[4].text) for row in table.rows]


def test_two_tools_are_named() -> None:
    """They measure different things under the same name."""
    page = foreign_page(file_of(tool="k6"), file_of(tool="Locust"))

    assert "differs: tool: k6 / Locust; they time different things" == page.lines[-1]


def test_half_a_character_in_a_name_is_replaced() -> None:
    """JSON may hold half of a surrogate pair, which no page can."""
    page = foreign_page(file_of(series("a\ud800")), file_of(series("a\ud800")))

    assert "a\ufffd".encode() in render("runs.html.j2", page, {})
