"""CSV of other tools."""

from collections import Counter

import pytest

from reports.foreign.shapes import UnusableError
from reports.foreign.tables import BROKEN_ROWS, read_table, texts
from reports.foreign.texts import Content


def read(data: bytes, **options: object) -> tuple[dict[str, list[str]], Counter[str]]:
    """Columns a and b, and what was left out."""
    left_out: Counter[str] = Counter()
    frame = read_table(Content(data), ("a", "b"), left_out, **options)  # type: ignore[arg-type]
    return {str(name): list(column) for name, column in frame.items()}, left_out


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b,c\n1,2,3\n", {"a": ["1"], "b": ["2"]}),
        (b"c,b,a\n1,2,3\n", {"b": ["2"], "a": ["3"]}),
        (b" a , b,c\r\n1,N/A,3\r\n", {"a": ["1"], "b": ["N/A"]}),
        (b'a,b,c\n"1""2","x\ny,z",3', {"a": ['1"2'], "b": ["x\ny,z"]}),
        (b"a,b,c\n", {"a": [], "b": []}),
        (b"a,b,c,c\n1,,3,4\n\n  \n", {"a": ["1"], "b": [""]}),
    ],
)
def test_cells_are_texts(data: bytes, expected: dict[str, list[str]]) -> None:
    """In any order of columns, with any end of line; blank lines are none."""
    assert (expected, Counter()) == read(data)


def test_broken_rows_are_counted() -> None:
    """Where whole rows follow."""
    found, left_out = read(b"a,b,c\n1,2,3\n\n  \n4,5\n6,7,8,9\n1,2,3\n")

    assert {"a": ["1", "1"], "b": ["2", "2"]} == found
    assert {BROKEN_ROWS: 2} == left_out


@pytest.mark.parametrize("blank", [b"", b"\n", b"\n\n  \n"])
def test_a_broken_last_row_is_refused(blank: bytes) -> None:
    """The tool was killed, and its last number may be cut."""
    with pytest.raises(UnusableError, match=r"its last row, \d, has 2 cells, its header 3"):
        read(b"a,b,c\n1,2,3\n4,5" + blank)


def test_rows_of_other_values_are_not_kept() -> None:
    """Most rows of a file are about other metrics."""
    assert {"a": ["1", "4"], "b": ["x", "y"]} == read(
        b"a,b,c\n1,x,\n2,z,\n4,y,\n", keep=("b", ["x", "y"])
    )[0]


def test_a_missing_column_is_empty() -> None:
    """A tool may not write all of its columns."""
    frame = read_table(Content(b"a,b\n1,2\n"), ("a",), Counter())

    assert ["1"] == list(texts(frame, "a"))
    assert [""] == list(texts(frame, "b"))
