"""A history in words."""

from reports.history.frame import history_of
from reports.history.tests.entries import entry, noisy
from reports.history.trend import trends_of
from reports.history.words import HistoryPage, history_page


def page_of(ratios: list[float]) -> HistoryPage:
    """The page of runs with these ratios."""
    history = history_of(entry(number, ratio) for number, ratio in enumerate(ratios))
    return history_page(history, trends_of(history), ["2 older runs are left out."])


def test_a_change_has_run_commit_and_both_levels() -> None:
    """What to look at is in one line."""
    page = page_of(noisy([0.5] * 15 + [1.25] * 15))

    assert "1 change found in 30 runs" == page.headline
    where = "From run015 on (2026-11-23 00:15:00 UTC, commit 0000000000, machine A)"
    assert (f"{where}: 24.8 % slower, before it 1.99x faster.",) == page.sections[0].changes


def test_rows_are_newest_first() -> None:
    """As they are looked for; the interval stands in brackets."""
    page = page_of([0.5, 0.8])

    assert [
        ["run001", "0000000000", "A", "faster", "20.0 % faster [17.6, 22.4]", "20.0 ms", "16.0 ms"],
        ["run000", "0000000000", "A", "faster", "2.00x faster [1.94, 2.06]", "20.0 ms", "10.0 ms"],
    ] == [[cell.text for cell in row] for row in page.sections[0].table.rows]
    assert ["run001", "run000"] == [row[0].text for row in page.runs.rows]
    assert [["A", "machine m1", "2"]] == [[cell.text for cell in row] for row in page.machines.rows]


def test_what_is_left_out_stands_in_the_lede() -> None:
    """Runs that cannot be trusted, and entries that were not read."""
    history = history_of([entry(0, 0.5), entry(1, 0.5, state="partial")])
    page = history_page(history, trends_of(history), ["2 older runs are left out."])

    assert (
        "1 run partial or invalid: listed below, in no line.",
        "2 older runs are left out.",
    ) == page.lede[-2:]
    assert "unsure" == page.runs.rows[0][6].tone


def test_an_empty_history_says_so() -> None:
    """Nothing else can be said of it."""
    page = page_of([])

    assert "No run has left an entry yet" == page.headline
    assert ("2 older runs are left out.",) == page.lede
