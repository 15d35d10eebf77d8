"""What fills a gap is data, escaped for where it stands."""

import re

import pytest

from contract.errors import ConfigError
from loadtests.planning.templates import (
    Escape,
    as_it_is,
    check_gaps,
    drawn_in,
    filled_header,
    filled_headers,
    filled_in,
    gaps_of,
    in_json,
    in_path,
    joined,
    rows_in,
    template,
)

ENVIRONMENT = {"TOKEN": 'a b/"', "LINES": "a\nb"}


@pytest.mark.parametrize(
    ("escape", "expected"),
    [(as_it_is, 'x a b/" y'), (in_path, "x a%20b%2F%22 y"), (in_json, 'x a b/\\" y')],
)
def test_the_environments_value_is_escaped_for_its_place(escape: Escape, expected: str) -> None:
    """Neither a path nor a JSON text ends early."""
    assert expected == filled_in("here", "x ${TOKEN} y", ENVIRONMENT, escape)


def test_a_variable_that_is_not_set_is_named() -> None:
    """Its place stands before it."""
    with pytest.raises(ConfigError, match=r"^here: environment variable NONE is not set\.$"):
        filled_in("here", "${NONE}", ENVIRONMENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${LATIN}", "here: environment variable LATIN is no text in UTF-8."),
        ("\ud800", "here: holds half of a surrogate pair, which cannot be sent."),
    ],
)
def test_what_cannot_be_sent_is_refused(text: str, expected: str) -> None:
    """Bytes of a variable that are no UTF-8 come as halves of surrogate pairs."""
    latin = b"caf\xe9".decode(errors="surrogateescape")
    with pytest.raises(ConfigError, match=f"^{re.escape(expected)}$"):
        filled_in("here", text, {"LATIN": latin})


def test_a_headers_value_is_checked_after_it_is_filled() -> None:
    """A line break from the environment would begin another header; the value is not shown."""
    assert {"A": 'Bearer a b/"'} == filled_headers("t", {"A": "Bearer ${TOKEN}"}, ENVIRONMENT)
    with pytest.raises(ConfigError) as refused:
        filled_header("t.A", "${LINES}", ENVIRONMENT)
    assert "t.A: the environment's value is no header's value." == str(refused.value)


def test_gaps_are_filled_with_what_answers_gave() -> None:
    """A value that looks like a gap is not looked through again."""
    parts = template("/{a}/x/{b}?{c}", ["a", "b"], str.upper)

    assert ("/", "a", "/X/", "b", "?{C}") == parts
    assert "/{b}/X/2?{C}" == joined(parts, {"a": "{b}", "b": "2"}, as_it_is)
    assert ("/{A}",) == template("/{a}", [], str.upper)


def test_variables_of_the_environment_are_no_gaps() -> None:
    """They are filled before anything is sent."""
    assert ["id", "id"] == gaps_of("/{id}/${NAME}/{id}")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["place"], "here: no earlier request takes {plase}; did you mean 'place'?"),
        (
            [],
            "here: no earlier request takes {plase}; `take` in [[setup]], `before` or a sequence",
        ),
    ],
)
def test_a_gap_that_nothing_fills_is_named(names: list[str], expected: str) -> None:
    """With the nearest name that could be meant."""
    check_gaps("here", "/{place}", ["place"])
    with pytest.raises(ConfigError) as refused:
        check_gaps("here", "/{plase}", names)
    assert str(refused.value).startswith(expected)


def test_gaps_of_draws_have_names_of_their_own() -> None:
    """A column's name may hold dots and dashes; what is none is found, too, to be refused."""
    text = "{row.a-b.c}{round}{random}{unique}{rounds}${row.x}{row.y z}{row.}"

    assert ["row.a-b.c", "round", "random", "unique"] == drawn_in(text)
    assert ["a-b.c", "y z", ""] == rows_in(text)
    assert ["row.a-b.c", "round", "random", "unique", "rounds"] == gaps_of(text)


def test_a_dot_in_a_name_is_a_dot() -> None:
    """Another column is not taken for it."""
    assert ("{row_id} ", "row.id", "") == template("{row_id} {row.id}", ["row.id"], as_it_is)
