"""A history in words."""

from reports.history.chains import curves_of
from reports.history.entry import Entry
from reports.history.frame import history_of
from reports.history.shapes import HistoryPage
from reports.history.tests.entries import entry, gate, noisy
from reports.history.trend import trends_of
from reports.history.words import history_page


def page_of(ratios: list[float]) -> HistoryPage:
    """The page of runs with these ratios."""
    return page_with([entry(number, ratio) for number, ratio in enumerate(ratios)])


def page_with(entries: list[Entry]) -> HistoryPage:
    """The page of a history."""
    history = history_of(entries)
    notes = ["2 older runs are left out."]
    return history_page(history, trends_of(history), curves_of(history), notes)


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
    page = page_with([entry(0, 0.5), entry(1, 0.5, state="partial")])

    assert (
        "1 run partial or invalid: listed below, in no line.",
        "2 older runs are left out.",
    ) == page.lede[-2:]
    assert "unsure" == page.runs.rows[0][7].tone


def test_an_empty_history_says_so() -> None:
    """Nothing else can be said of it."""
    page = page_of([])

    assert "No run has left an entry yet" == page.headline
    assert ("2 older runs are left out.",) == page.lede


def test_gates_are_worded_as_one_change_over_all_gates() -> None:
    """Chip, headline, the row of the first screen and what to look at."""
    entries = [gate(number, 1.01, number, number + 1) for number in range(19)]
    page = page_with([*entries, gate(19, 1.02, 19, 20), gate(20, 1.0, 7, 7)])
    (row,) = page.gates

    assert ("SLOWER", "bad") == (page.chip.text, page.chip.tone)
    assert "list is 23.2 % slower over 20 gates" == page.headline
    assert ("20 gates, 0000000 to 0000000", "23.2 % slower") == (row.span, row.change.text)
    assert "[7.5, 40.6]" == row.interval
    assert () == page.trends
    assert (
        "Look at list: the largest change came with 0000000014: 2.0 % slower."
        == page.cards[-1].text
    )
    assert "1 gate of a commit against itself: listed below, no link." in page.lede
    assert 20 == page.totals[0].gates


def test_a_gap_is_named_with_what_closes_it() -> None:
    """Both commits, and the command."""
    page = page_with([gate(0, 1.0, 0xA, 0xB), gate(1, 1.0, 0xC, 0xD), gate(2, 1.0, 0xA, 0xE)])
    gap, branch = page.sections[0].notes

    assert gap.startswith("Gap: no usable gate joins ")
    assert "versus gate --base" in gap
    assert branch.startswith("Another branch starts from ")
    assert "No change shown over 1 gate" == page.headline
    assert ("UNDECIDED", "unsure") == (page.chip.text, page.chip.tone)
    assert page.cards[-1].text.startswith("Close the gaps")


def test_another_machine_in_a_chain_is_said() -> None:
    """At the commit from which on it measured."""
    page = page_with([gate(0, 0.5, 1, 2), gate(1, 0.5, 2, 3, machine="m2")])

    assert "FASTER" == page.chip.text
    assert page.sections[0].notes[-1].startswith("From 0000000002 on: another machine than")


def test_gates_and_runs_of_variants_stand_side_by_side() -> None:
    """Each in its own table; a long name leaves room for the change."""
    long = gate(40, 1.5, 0, 1)
    effect = long.effects[0].model_copy(update={"scenario": "s" * 300})
    runs = [entry(number, ratio) for number, ratio in enumerate(noisy([0.5] * 15 + [1.25] * 15))]
    page = page_with([*runs, long.model_copy(update={"effects": (effect,)})])

    assert (1, 1) == (len(page.gates), len(page.trends))
    assert page.headline.endswith(" is 1.50x slower over 1 gate; 1 change found in 30 runs")
    assert len(page.headline) <= 90
    assert ("1", "unsure") == (page.trends[0].other.text, page.trends[0].other.tone)
