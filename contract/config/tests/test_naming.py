"""A scenario without a name gets one from its request, and always the same."""

import re
from typing import Any

import pytest

from contract.config.naming import NAME_MAX, name_of, named

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
LONG = f"GET /{'a-long-part/' * 20}"


@pytest.mark.parametrize(
    ("request_stated", "expected"),
    [
        ("GET /products?limit=50", "get_products_limit_50"),
        ("GET /", "get"),
        ("POST /v1/Files/{id}", "post_v1_Files_id"),
        ("GET /a?user=${USER}", "get_a_user_USER"),
        ("GET /caf%C3%A9", "get_caf_C3_A9"),
        ("GET /a?token=sesame&b=1", "get_a_token_removed_b_1"),
    ],
)
def test_a_name_shows_method_and_path(request_stated: str, expected: str) -> None:
    """It is one that budgets and options may hold, and holds no secret."""
    assert expected == name_of(request_stated)
    assert NAME.fullmatch(expected)


def test_a_long_request_has_a_name_of_its_own() -> None:
    """It is cut, and a digest keeps it apart from others that begin alike."""
    names = {name_of(LONG), name_of(f"{LONG}more"), name_of(f"{LONG}more?token=a")}

    assert 3 == len(names)
    assert name_of(f"{LONG}?token=a") == name_of(f"{LONG}?token=b")
    for name in names:
        assert NAME_MAX >= len(name)
        assert NAME.fullmatch(name)


def test_a_sequence_is_named_by_its_first_request() -> None:
    """A stated name stays, and the content that was given, too."""
    content: dict[str, Any] = {
        "scenarios": [
            {"sequence": [{"request": "POST /login"}, {"request": "GET /cart"}]},
            {"name": "mine", "request": "GET /cart"},
        ]
    }

    assert ["post_login", "mine"] == [one["name"] for one in named(content)["scenarios"]]
    assert "name" not in content["scenarios"][0]
    assert named(content) == named(named(content))


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        {"scenarios": 3},
        {"scenarios": [3, {"request": 3}, {"sequence": []}, {"sequence": [3]}, {"name": ["x"]}]},
    ],
)
def test_what_the_schema_will_refuse_stays_as_it_is(content: Any) -> None:
    """Its complaint is about what stands there."""
    assert content == named(content)


@pytest.mark.parametrize(
    "scenarios",
    [
        [{"request": "GET /a-b"}, {"request": "GET /a_b"}],
        [{"request": "GET /x"}, {"request": "GET /x", "headers": {"A": "b"}}],
        [{"name": "get_x", "request": "GET /y"}, {"request": "GET /x"}],
    ],
)
def test_names_that_come_out_alike_are_refused(scenarios: list[dict[str, Any]]) -> None:
    """A number would depend on where a scenario stands, and the history on the number."""
    with pytest.raises(ValueError, match=r"number 1 and 2: both are named .* give each a 'name'"):
        named({"scenarios": scenarios})
