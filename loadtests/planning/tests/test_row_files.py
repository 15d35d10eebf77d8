"""Files of rows: read as RFC 4180 and JSON lines say, indexed, and refused by line."""

import json
import tracemalloc
from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.planning import row_files
from loadtests.planning.row_files import ROW_BYTES_MAX, RowFile, UsedColumns, as_text

ID = UsedColumns(frozenset({"id"}))
IN_HEADER = UsedColumns(frozenset({"id"}), frozenset({"id"}))


def opened(
    folder: Path, content: str | bytes, name: str = "ids.csv", used: UsedColumns = ID
) -> RowFile:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return RowFile("here", path, used)


def fault_in(
    folder: Path, content: str | bytes, name: str = "ids.csv", used: UsedColumns = ID
) -> str:
    with pytest.raises(ConfigError) as refused:
        opened(folder, content, name, used)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("chunk", [1, 7, 2**20])
def test_any_row_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, last: bool, chunk: int
) -> None:
    """With quotes, commas, line ends and empty fields in it, wherever the file is cut."""
    monkeypatch.setattr(row_files, "_CHUNK_BYTES", chunk)
    rows = [("1", "a"), ("2", 'say "hi", ok'), ("3", f"two{end}lines"), ("", "\u00e9"), ("5", "")]
    lines = [",".join(f'"{field.replace(chr(34), chr(34) * 2)}"' for field in row) for row in rows]
    lines.insert(2, "")
    lines[-1] = "5,"
    text = end.join(["\ufeffid,name", "", *lines]) + (end if last else "")
    file = opened(tmp_path, text)

    assert ("id", "name") == file.columns
    assert len(rows) == file.count
    for index in (4, 0, 3, 1, 2):
        assert dict(zip(("id", "name"), rows[index], strict=True)) == file.row(index)
    assert [3, 4, 6] == [file.line_of(index) for index in range(3)]


@pytest.mark.parametrize("name", ["ids.jsonl", "ids.NDJSON"])
def test_lines_of_json_are_rows(tmp_path: Path, name: str) -> None:
    """Texts, numbers and booleans; columns that nobody uses may hold anything."""
    values = ["a\nb", 7, 1.5, True, 10**20]
    lines = [json.dumps({"id": value, "more": {"x": []}}) for value in values]
    file = opened(tmp_path, "\n\n".join(lines), name)

    assert values == [file.row(index)["id"] for index in range(file.count)]
    assert ["a\nb", "7", "1.5", "true", str(10**20)] == [
        as_text(file.row(index)["id"]) for index in range(5)
    ]
    assert 5 == file.line_of(2)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "here: is empty. Add at least one row."),
        ("\ufeff", "here: is empty. Add at least one row."),
        ("\n\n", "here: is empty. Add at least one row."),
        ("id\n", "here: holds a header and no rows. Add at least one row."),
        ("id,id\n1,2\n", "here, line 1: two columns are named 'id'."),
        ("id,\n1,2\n", "here, line 1: the header must name every column."),
        ("1\n2\n", "here, line 1: no column 'id'; the first line names 1."),
        ("ids\n2\n", "here, line 1: no column 'id'; did you mean 'ids'?"),
        ("name;code\n2;3\n", "here, line 1: no column 'id'; the first line names name;code, and "),
        ("id,b\n1,2\n\n3\n", "here, line 4: 1 fields, and the header names 2."),
        ("id\n1\n2,3\n", "here, line 3: 2 fields, and the header names 1."),
        ('id,b\n"1\n2",3\n4,5,6\n', "here, line 4: 3 fields, and the header names 2."),
        ('id\n1\n"2\n3\n', "here, line 3: a quote is opened and never closed."),
        ('id\n1\n"2"x\n3\n', "here, line 3: is not CSV: ',' expected after '\"'."),
        ('id\n1\n5" pipe\n6" pipe\n', "here, line 3: is not one row: "),
        ("id\r1\r2\r", "here, line 1: the header is not one line, or its line does not end with"),
        ('"id"x\n1\n', "here, line 1: is not CSV: ',' expected after '\"'."),
        ("id\n1\x00\n", "here, line 2: holds a NUL."),
        (b"id\n1\ncaf\xe9\n", "here, line 3: is not UTF-8."),
        (b"\xff\xfei\x00d\x00\n\x00", "here, line 1: "),
        ("id\n" + "x" * ROW_BYTES_MAX + "x\n", "here, line 2: a row longer than 131072 bytes"),
        ('id\n"' + "x\n" * ROW_BYTES_MAX, "here, line 2: a row longer than 131072 bytes"),
    ],
)
def test_what_is_no_csv_is_named_by_its_line(
    tmp_path: Path, content: str | bytes, expected: str
) -> None:
    """One line, before anything is measured."""
    assert fault_in(tmp_path, content).startswith(expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "here: is empty. Add at least one row."),
        ('{"id": 1}\n{"id":', "here, line 2: is no JSON."),
        ('{"id": NaN}', "here, line 1: is no JSON."),
        ('{"id": 1, "id": 2}', "here, line 1: an object repeats a key."),
        ("[" * 100_000, "here, line 1: is no JSON."),
        ("\n[1]\n", "here, line 2: is no JSON object."),
        ('{"ids": 1}', "here, line 1: no key 'id'; did you mean 'ids'?"),
        ('{"id": null}', "here, line 1: 'id' is not text, a number or a boolean."),
        ('{"id": [1]}', "here, line 1: 'id' is not text, a number or a boolean."),
        ('{"id": "\\ud800"}', "here, line 1: 'id' is not text, a number or a boolean."),
    ],
)
def test_what_is_no_line_of_json_is_named(tmp_path: Path, content: str, expected: str) -> None:
    """With the column that a request uses."""
    assert expected.rstrip("?") in fault_in(tmp_path, content, "ids.jsonl")


@pytest.mark.parametrize("name", ["ids.csv", "ids.jsonl"])
@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "caf\u00e9", "\u20ac"])
def test_a_value_that_no_header_may_hold_is_named_before_it_is_sent(
    tmp_path: Path, name: str, value: str
) -> None:
    """A line break would begin another header."""
    quoted = f'id\nfine\n"{value}"\n' if name == "ids.csv" else json.dumps({"id": value})
    line = fault_in(tmp_path, quoted, name, IN_HEADER)

    assert f"here, line {3 if name == 'ids.csv' else 1}: column 'id' stands in a header" in line
    assert "Evil" not in line
    assert opened(tmp_path, quoted, name).count


def test_rows_are_not_kept_in_memory(tmp_path: Path) -> None:
    """200,000 rows of 100 bytes take less than 16 bytes each, and what is read at once."""
    rows = 200_000
    path = tmp_path / "ids.csv"
    path.write_text("id\n" + f"{'x' * 99}\n" * rows, encoding="utf-8")
    tracemalloc.start()
    try:
        file = RowFile("here", path, ID)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert rows == file.count
    assert kept < 9 * rows
    assert most < 16 * rows + 12 * 2**20


def test_a_row_that_changes_while_it_is_used_is_named(tmp_path: Path) -> None:
    """What was checked is no longer there."""
    file = opened(tmp_path, "id,b\n1,2\n3,4\n")
    (tmp_path / "ids.csv").write_text("id,b\n1\n2\n3\n4\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"^here: changed while it was used"):
        file.row(1)
