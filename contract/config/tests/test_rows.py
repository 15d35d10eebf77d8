"""Rows are stated by a file's name or by a table."""

from typing import Any

import pytest
from pydantic import ValidationError

from contract.config.complaints import complaint
from contract.config.rows import RowsConfig
from contract.config.scenarios import ScenarioConfig

ONE = {"name": "things", "request": "GET /things/{row.n}"}


def rows_of(stated: Any) -> RowsConfig | None:
    return ScenarioConfig.model_validate(ONE | {"rows": stated}).rows


def test_a_files_name_stands_for_a_table() -> None:
    """Rows are drawn in random order unless another one is stated."""
    assert rows_of({"file": "ids.csv", "order": "random"}) == rows_of("ids.csv")
    assert rows_of(None) is None


def test_numbers_may_be_rows() -> None:
    """Both ends belong to them, and one number is enough."""
    rows = rows_of({"from": -1, "to": -1, "order": "zipf"})

    assert rows is not None
    assert (-1, -1, "zipf") == (rows.from_, rows.to, rows.order)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (3, 'rows: a file or a table is expected, such as "ids.csv"; found 3.'),
        ("", "rows.file: it must not be empty; found ''."),
        ({}, "rows: give either 'file', or 'from' and 'to'."),
        ({"from": 1}, "rows: give either 'file', or 'from' and 'to'."),
        ({"file": "a", "to": 1}, "rows: give either 'file', or 'from' and 'to', not both."),
        ({"from": 2, "to": 1}, "rows: 'from' (2) is greater than 'to' (1)."),
        ({"from": 1, "to": 2**60}, "rows.to: "),
        ({"from": True, "to": 2}, "rows.from: "),
        ({"file": "a", "order": "rand"}, "rows.order: "),
        ({"fil": "a"}, "unknown key 'fil' in rows; did you mean 'file'?"),
    ],
)
def test_what_is_wrong_is_one_line(stated: Any, expected: str) -> None:
    """It names the key."""
    with pytest.raises(ValidationError) as refused:
        ScenarioConfig.model_validate(ONE | {"rows": stated})

    line = complaint(refused.value, ScenarioConfig, ONE | {"rows": stated})
    assert line.startswith(expected), line
    assert "\n" not in line
