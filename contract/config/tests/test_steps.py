"""Steps of the set-up, and what may stand around a sample."""

from typing import Any

import pytest
from pydantic import ValidationError

from contract.config.scenarios import ScenarioConfig
from contract.config.steps import SetupConfig


def test_a_step_is_a_request_or_a_command() -> None:
    """A command's output may give values, too."""
    request = SetupConfig.model_validate({"request": "POST /login", "body": {"a": 1}})
    command = SetupConfig.model_validate({"command": ["make", "token"], "take": {"a": "/token"}})

    assert ("POST /login", None) == (request.request, request.command)
    assert (("make", "token"), {"a": "/token"}) == (command.command, command.take)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({}, "give exactly one of 'request' and 'command'"),
        ({"request": "GET /", "command": ["a"]}, "give exactly one of 'request' and 'command'"),
        ({"command": ["a"], "status": 204}, "'status' belongs to a request, and this is a command"),
        ({"command": ["a"], "json": {"/a": 1}}, "'json' belongs to a request"),
        (
            {"command": ["a"], "take": {"a": "header:X"}},
            "take.a: a command's output has no headers",
        ),
        (
            {"command": ["a"], "take": {"a": "cookie:x"}},
            "take.a: a command's output has no headers",
        ),
        ({"command": "make token"}, "a list of words is expected"),
        ({"request": "GET /", "pause_ms": 1}, "pause_ms"),
    ],
)
def test_a_step_that_means_nothing_is_refused(step: dict[str, Any], expected: str) -> None:
    """The complaint names the key."""
    with pytest.raises(ValidationError) as caught:
        SetupConfig.model_validate(step)

    assert expected in str(caught.value)


AROUND = [{"request": "DELETE /things/{id}"}]


def test_a_single_request_gives_values_to_what_follows() -> None:
    """Without anything that follows, nobody could use them."""
    stated = {"name": "a", "request": "POST /things", "take": {"id": "/id"}}
    scenario = ScenarioConfig.model_validate({**stated, "after": AROUND})

    assert {"id": "/id"} == scenario.requests[0].take
    with pytest.raises(ValidationError, match="'take' gives values to 'after', which is missing"):
        ScenarioConfig.model_validate(stated)


@pytest.mark.parametrize("request_line", ["GET {next}", "GET /{next}", "GET /a{b}?c={d}"])
def test_a_gap_may_be_the_whole_target(request_line: str) -> None:
    """Alone it stands for a path or an address; within a path it is a part of it."""
    scenario = {"name": "a", "request": request_line}

    assert request_line == ScenarioConfig.model_validate(scenario).request


@pytest.mark.parametrize("request_line", ["GET {next}/more", "GET {a}{b}", "GET {next}?a=1"])
def test_only_a_gap_alone_is_a_target(request_line: str) -> None:
    """Anything else begins with a slash."""
    with pytest.raises(ValidationError, match="the path must begin with /"):
        ScenarioConfig.model_validate({"name": "a", "request": request_line})
