"""What readers may understand differently is no JSON."""

import json

import pytest

from loadtests.strict_json import STRICTLY, RepeatedKeyError


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"a": {"b": 1, "\\u0062": 2}}]'])
def test_a_repeated_key_is_refused(text: str) -> None:
    """At any depth, however it is escaped, and also where both values are equal."""
    with pytest.raises(RepeatedKeyError):
        json.loads(text, **STRICTLY)


@pytest.mark.parametrize("text", ["[NaN]", '{"a": -Infinity}'])
def test_what_is_no_number_is_refused(text: str) -> None:
    """Python alone would take it."""
    with pytest.raises(ValueError, match=r"NaN|Infinity"):
        json.loads(text, **STRICTLY)


def test_all_else_is_read() -> None:
    """One key in two objects is no repetition."""
    assert {"a": {"a": 1}, "b": [{"a": None}]} == json.loads(
        '{"a": {"a": 1}, "b": [{"a": null}]}', **STRICTLY
    )
