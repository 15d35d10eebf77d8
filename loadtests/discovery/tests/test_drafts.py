"""Drafts of scenarios: their names, and how many are measured."""

from loadtests.discovery.drafts import (
    ACTIVE_MAX,
    Draft,
    Step,
    Table,
    arranged,
    column_names,
    variable_name,
)


def draft(request: str, reason: str = "", name: str = "") -> Draft:
    return Draft((Step(request),), "x", name=name, reason=reason)


def test_names_differ_and_only_those_are_stated_that_must_be() -> None:
    """Letters of another case are the same file on some systems."""
    ready = arranged([draft("GET /a/b"), draft("GET /a_b"), draft("GET /c", name="GET_A_B")])

    assert ["", "get_a_b_2", "GET_A_B_3"] == [one.name for one in ready]


def test_a_scenario_with_rows_is_named_without_the_word_row() -> None:
    """Its file of rows has the same name."""
    rows = Table(("id",), (("1",), ("2",)))
    (ready,) = arranged([Draft((Step("GET /items/{row.id}"),), "x", rows=rows)])

    assert "get_items_id" == ready.name
    assert "versus-rows/get_items_id.csv" == ready.rows_file


def test_a_scenario_more_than_twelve_is_a_comment() -> None:
    """Those that have a reason already come last, and do not count."""
    ready = arranged(
        [draft("GET /closed", "It needs a login."), *(draft(f"GET /{n}") for n in range(14))]
    )
    active = [one.request for one in ready if not one.reason]

    assert [f"GET /{n}" for n in range(ACTIVE_MAX)] == active
    assert ["GET /12", "GET /13", "GET /closed"] == sorted(one.request for one in ready[12:])
    assert "More than 12 scenarios take long." == ready[12].reason


def test_names_of_columns_and_variables_are_made_of_letters_and_digits() -> None:
    """Names that come out alike get numbers."""
    assert ("user_id", "user_id_2", "v2nd", "v_") == column_names(
        ["user-id", "user.id", "2nd", "ä"]
    )
    assert "X_API_KEY" == variable_name("x-api-key")
    assert "V1ST" == variable_name("1st")
