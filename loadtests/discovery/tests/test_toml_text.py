"""Values and scenarios as TOML."""

import csv
import io
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.discovery.drafts import Draft, Range, Step, Table, arranged
from loadtests.discovery.toml_text import (
    is_copyable,
    scenario_lines,
    table_text,
    toml_text,
    toml_value,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.booleans()
    | TEXT
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(TEXT)
def test_every_text_arrives_as_it_is_in_one_line(text: str) -> None:
    """Control characters, and those that turn the writing around, are escaped."""
    written = toml_text(text)

    assert written.isprintable()
    assert text == tomllib.loads(f"x = {written}")["x"]


@given(JSON)
def test_every_value_of_json_arrives_as_it_is(value: Any) -> None:
    """But for null, which TOML does not know."""
    assert value == tomllib.loads(f"x = {toml_value(value)}")["x"]


@pytest.mark.parametrize(
    "value", [None, [None], {"a": None}, 2**63, float("nan"), "\ud800", {"\ud800": 1}]
)
def test_what_toml_does_not_know_is_refused(value: Any) -> None:
    """The caller sends the text of JSON then."""
    with pytest.raises(ValueError, match="no value of TOML"):
        toml_value(value)


def test_a_deep_value_is_refused() -> None:
    """A document may hold itself."""
    value: list[Any] = []
    value.append(value)

    with pytest.raises(ValueError, match="too deep"):
        toml_value(value)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "ada", "n": 1}, True),
        ({"user": {"password": "geheim"}}, False),
        ({"items": [{"token": "abc"}]}, False),
        ({"name": "${HOME}"}, False),
        ({"name": "{unique}"}, False),
        ({"query": "{viewer{login}}"}, True),
        ({"name": "x" * 3_000}, False),
        ({"name": None}, False),
    ],
)
def test_an_example_of_a_body_is_copied_if_it_is_small_and_public(
    body: Any, expected: bool
) -> None:
    """A variable in it would be filled from the environment."""
    assert expected == is_copyable(body)


DRAFTS = [
    Draft((Step("GET /items/{row.n}"),), "x", rows=Range(5, 9), weight=12.5),
    Draft(
        (
            Step("POST /a", {"X-Y": 'a"b'}, {"k": [1, {"b c": "{d}"}]}, 201),
            Step("GET /b", events="sse"),
        ),
        "x",
        name="page",
    ),
    Draft(
        (Step("GET /f/{row.id}"),),
        "x",
        rows=Table(("id",)),
        reason="Write rows.",
        hint="Mind this.",
    ),
]


ABOVE = ("# Write rows.", "# Mind this.")


def test_scenarios_have_all_keys() -> None:
    """A reason makes a comment of a scenario, which is right once its marks are removed."""
    lines = scenario_lines(arranged(DRAFTS))
    with_comments = [line.removeprefix("# ") for line in lines if line not in ABOVE]
    first, second = tomllib.loads("\n".join(lines))["scenarios"]
    third = tomllib.loads("\n".join(with_comments))["scenarios"][2]

    assert {
        "name": "get_items_n",
        "request": "GET /items/{row.n}",
        "rows": {"from": 5, "to": 9},
        "weight": 12.5,
    } == first
    assert [
        {
            "request": "POST /a",
            "headers": {"X-Y": 'a"b'},
            "body": {"k": [1, {"b c": "{d}"}]},
            "literal": ["d"],
            "status": 201,
        },
        {"request": "GET /b", "events": "sse"},
    ] == second["sequence"]
    assert "versus-rows/get_f_id.csv" == third["rows"]


def test_rows_are_a_file_of_csv() -> None:
    """Commas, quotes and empty values stay what they are."""
    rows = (("a,b", 'c"d'), ("", "ä"))
    text = table_text(Table(("x", "y"), rows))

    assert [["x", "y"], *map(list, rows)] == list(csv.reader(io.StringIO(text)))
