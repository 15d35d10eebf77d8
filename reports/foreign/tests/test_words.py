"""Two files of other tools, side by side."""

from pathlib import Path

import numpy as np

from reports.foreign.shapes import Findings, Foreign, Identity, Series
from reports.foreign.words import foreign_page
from reports.surfaces.render import render

TIMES_S = np.array([0.010 + 0.0001 * number for number in range(30)])


def series(name: str, factor: float = 1.0, failed: int = 0) -> Series:
    """One with raw times."""
    median_s = float(np.median(TIMES_S)) * factor
    return Series(
        Identity(name), {"latency_s_p50": median_s}, TIMES_S * factor, count=30, failed=failed
    )


def file_of(*found: Series, tool: str = "k6", note: str = "a note") -> Foreign:
    """One that some tool wrote."""
    return Foreign(tool, Path("x.json"), Findings(found, "yesterday", (note,)))


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
    assert (
        "A: x.json, by k6, yesterday",
        "B: x.json, by k6, yesterday",
        "series: 1 in both files",
    ) == page.lines[1:]


def test_what_only_one_file_has_is_listed() -> None:
    """On whichever side it is."""
    other = Series(Identity("b"), {"latency_s_mean": 0.5})
    page = foreign_page(file_of(series("a"), series("c")), file_of(series("c"), other))
    ((table, _),) = page.parts

    assert [
        ("a", "only in A", ""),
        ("c", "no change", "11.4 ms [11.0 ms, 11.9 ms]"),
        ("b", "only in B", "500 ms"),
    ] == [(row[0].text, row[2].text, row[4].text) for row in table.rows]
    assert "series: 1 in both files, 1 only in A, 1 only in B" == page.lines[-1]


def test_failures_have_a_tone_and_no_change() -> None:
    """They stand beside the number."""
    ((table, _),) = foreign_page(file_of(series("a")), file_of(series("a", 0.1, failed=3))).parts
    change, _, value = table.rows[0][2:]

    assert ("not compared: failures", "bad") == (change.text, change.tone)
    assert value.text.endswith(", 3 of 30 failed")


def test_the_largest_changes_are_kept() -> None:
    """Failures stand first, what only one file has last."""
    names = ["same", "small", "large", "failed", "alone"]
    first = file_of(*map(series, names))
    second = file_of(
        series("same"), series("small", 1.1), series("large", 0.1), series("failed", 1.0, failed=1)
    )
    kept = {
        rows: [row[0].text for row in foreign_page(first, second, rows).parts[0][0].rows]
        for rows in (1, 4, 5)
    }

    assert ["failed"] == kept[1]
    assert ["failed", "large", "small", "same"] == kept[4]
    assert names == kept[5]


def test_two_tools_are_named() -> None:
    """They measure different things under the same name."""
    page = foreign_page(file_of(series("a"), tool="k6"), file_of(series("a"), tool="Locust"))

    assert "differs: tool: k6 / Locust; they time different things" in page.lines


def test_names_of_a_file_are_harmless() -> None:
    """JSON may hold half of a surrogate pair, which no page can, and markup."""
    name = "a\ud800<script>"
    page = foreign_page(file_of(series(name)), file_of(series(name)))

    assert "a\ufffd&lt;script&gt;".encode() in render("runs.html.j2", page, {})


def test_the_first_screen_has_the_largest_change_first() -> None:
    """Failures are counted in the headline; nothing is judged."""
    first = foreign_page(
        file_of(series("a"), series("b"), series("c")),
        file_of(series("a", 1.1), series("b", 0.25), series("c", failed=3)),
    ).first

    assert first is not None
    assert "NOT JUDGED" == first.chip.text
    assert "Failures in 1 series; largest change: b, 4.00x faster" == first.headline
    assert [("b", 0.25), ("a", 1.1)] == [(row.what, round(row.ratio, 3)) for row in first.rows]


def test_where_all_failed_the_first_screen_says_so() -> None:
    """A fast error is not a fast answer, so there is no row."""
    first = foreign_page(file_of(series("a")), file_of(series("a", 0.1, failed=3))).first

    assert first is not None
    assert "Failures in 1 series" == first.headline
    assert () == first.rows
