"""A complaint is one line: where, by name if there is one, what stands there, what is valid."""

from typing import Any

import pytest
from pydantic import ValidationError

from contract.config.complaints import complaint, keys_of, nearest, place
from contract.config.scenarios import PartConfig, ScenarioConfig
from contract.config.schema import Config

MINIMAL: dict[str, Any] = {
    "target": {"url": "http://127.0.0.1:1"},
    "variants": {"before": {}, "after": {}},
    "scenarios": [{"name": "things", "request": "GET /things"}],
}
FORM = {
    "name": "upload",
    "request": "POST /",
    "form": [{"name": "a", "text": "1"}, {"name": "a", "text": "2", "tims": 3}],
}


def about(**changes: Any) -> str:
    content = MINIMAL | changes
    with pytest.raises(ValidationError) as refused:
        Config.model_validate(content)
    return complaint(refused.value, Config, content)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"profiles": {"quick": {"warmpu_rounds": 3}}},
            "unknown key 'warmpu_rounds' in profiles.quick; did you mean 'warmup_rounds'?",
        ),
        ({"taget": {}}, "unknown key 'taget'; did you mean 'target'?"),
        ({"target": {"urls": "x"}}, "unknown key 'urls' in target; did you mean 'url'?"),
        ({"variants": {"url": {"falgs": {}}}}, "unknown key 'falgs' in variants.url; did you mean"),
        (
            {"scenarios": [FORM]},
            "unknown key 'tims' in scenarios 'upload', form number 2; did you mean 'times'?",
        ),
        (
            {"scenarios": [{"name": "cart", "sequence": [{"request": "GET /", "jsn": {}}]}]},
            "unknown key 'jsn' in scenarios 'cart', sequence number 1; did you mean 'json'?",
        ),
        (
            {"budgets": [{"scenario": "things", "variant": "after", "ratio_max": 1}]},
            "budgets 'things, after': key 'metric' is missing.",
        ),
        ({"scenarios": 3}, "scenarios: a list is expected; found 3."),
        ({"load": 3}, "load: a table is expected; found 3."),
        (
            {"scenarios": [{"name": "things", "request": "FETCH /"}]},
            "scenarios 'things', request: unknown method 'FETCH'; did you mean 'PATCH'?",
        ),
        ({"variants": {"a\rb": {}}}, "variants.'a\\rb': a name of at most 64 letters, digits"),
        ({"variants": {"1st": {}}}, "variants.1st: a name of at most 64 letters, digits, - and _"),
        (
            {"profiles": {"quick": {"measure_s": 0}}},
            "profiles.quick.measure_s: input should",
        ),
        (
            {"target": {"headers": {"Authorization": "Bearer s\u00e4cret"}}},
            "target.headers.Authorization: a text of at most 8192 printable ASCII characters is",
        ),
        (
            {"scenarios": [{"name": "things", "sequence": []}]},
            "scenarios 'things', sequence: at least 1 is needed; found [].",
        ),
    ],
)
def test_the_fault_is_where_the_complaint_says(changes: dict[str, Any], expected: str) -> None:
    """Tables by their keys, entries of lists by their names, or by number where names repeat."""
    message = about(**changes)

    assert expected == message[: len(expected)]
    # What may be a secret is not repeated.
    assert "cret" not in message
    assert "\n" not in message


def test_an_unknown_key_is_reported_before_a_missing_one() -> None:
    """A key that is spelled wrongly is both."""
    message = about(scenarios=[{"nmae": "things", "request": "GET /"}])

    assert "unknown key 'nmae' in scenarios number 1; did you mean 'name'?" == message


def test_without_a_near_name_all_valid_ones_are_listed() -> None:
    """In alphabetical order; where there are none, that is said."""
    assert "valid: after, before." == nearest("x", ["before", "after"])
    assert "there is none." == nearest("x", [])


def test_keys_are_those_of_the_file() -> None:
    """The file's `json` has another name in Python."""
    assert "json" in keys_of(ScenarioConfig)
    assert ["name", "filename", "type", "text", "file", "times"] == keys_of(PartConfig)


def test_a_place_outside_of_the_content_has_numbers() -> None:
    """No name is known there."""
    assert "scenarios number 3, form" == place({}, ["scenarios", 2, "form"])
