"""The first screen's rows as a table."""

from dataclasses import replace

from reports.page.changes import changes_table, is_news
from reports.page.shapes import Cell, Change, Dumbbell, Overview, Table

DRAWN = Dumbbell("", 0.02, 0.02, 0.02, 0.02, "")
ROW = Change(
    *("list", "GET /", "before", "a", True, "20.0 ms", "20.0 ms", Cell("no change", "same")),
    *("[-0.4, 0.6] (90 %)", (Cell("=", "same"),), DRAWN, 1.0, 0.996, 1.006),
)
SLOWER = replace(ROW, variant="after", change=Cell("2.00x slower", "bad"), interval="[1.9, 2.1]")
NONE = Table("", "", (), ())
FIRST = Overview(Cell(""), "", ("p95",), (ROW, SLOWER), 0, NONE, (), ())


def texts(rows: list[Change], *, levels: bool = True) -> list[list[str]]:
    table = changes_table(FIRST, rows, levels=levels)
    return [[column.title for column in table.columns]] + [
        [cell.text for cell in row] for row in table.rows
    ]


def test_a_scenario_is_named_once() -> None:
    """Also where its first row is left out; several variants have a column."""
    titles, first, second = texts([ROW, SLOWER])

    assert ["scenario", "variant", "before", "after", "change [interval]", "p95"] == titles
    assert ["list", "before"] == first[:2]
    assert ["", "after", "20.0 ms", "20.0 ms", "2.00x slower [1.9, 2.1]", "="] == second
    assert "list" == texts([SLOWER])[1][0]
    assert [] == texts([])[1:]


def test_the_confidence_of_an_interval_may_be_left_out() -> None:
    """A terminal has 80 columns."""
    assert "no change [-0.4, 0.6] (90 %)" == texts([ROW])[1][4]
    assert "no change [-0.4, 0.6]" == texts([ROW], levels=False)[1][4]


def test_only_what_is_decided_as_changed_is_news() -> None:
    """In any column."""
    assert not is_news(ROW)
    assert is_news(SLOWER)
    assert is_news(replace(ROW, others=(Cell("3.0 % faster", "good"),)))
