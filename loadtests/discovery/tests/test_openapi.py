"""Requests from an OpenAPI document."""

import json
from typing import Any

import pytest

from loadtests.discovery.openapi import described_routes

OK = {"responses": {"200": {"description": "fine"}}}


def paths(**description: Any) -> list[str]:
    return [route.path for route in described_routes(description)]


def test_requests_without_parameters_come_first() -> None:
    """Then those whose required parameters have examples or defaults."""
    number = {"name": "n", "in": "path", "required": True, "schema": {"example": 7}}
    query = {"name": "q", "in": "query", "required": True, "example": "a b/ä"}
    optional = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    described = {
        "/items/{n}": {"get": {**OK, "parameters": [number, query]}},
        "/items": {"get": {**OK, "parameters": [optional]}, "post": OK},
        "/orders": {"post": OK},
        "/unknown/{x}": {"get": {**OK, "parameters": [{"name": "x", "in": "path"}]}},
    }

    assert ["/items", "/items/7?q=a%20b%2F%C3%A4"] == paths(paths=described)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ({"examples": {"one": {"value": "a"}}}, "a"),
        ({"schema": {"default": True}}, "true"),
        ({"schema": {"enum": ["red", "blue"]}}, "red"),
        ({"schema": {"examples": [1.5]}}, "1.5"),
        ({"schema": {"default": None}}, None),
        ({"example": "x" * 500}, None),
        ({"example": {"a": 1}}, None),
    ],
)
def test_examples_of_a_parameter(parameter: dict[str, Any], value: str | None) -> None:
    """Wherever the description states them; long and nested ones are left out."""
    stated = {"name": "v", "in": "query", "required": True, **parameter}
    expected = [] if value is None else [f"/x?v={value}"]

    assert expected == paths(paths={"/x": {"get": {**OK, "parameters": [stated]}}})


def test_a_parameter_may_stand_elsewhere() -> None:
    """One that is not there has no value."""
    shared = {"parameters": {"N": {"name": "n", "in": "path", "schema": {"default": 3}}}}
    described = {
        "/a/{n}": {"get": OK, "parameters": [{"$ref": "#/components/parameters/N"}]},
        "/b/{n}": {"get": OK, "parameters": [{"$ref": "#/components/parameters/M"}]},
    }

    assert ["/a/3"] == paths(paths=described, components=shared)


def test_what_needs_a_login_or_a_secret_is_left_out() -> None:
    """An example of a key could be a real one."""
    key = {"name": "api_key", "in": "query", "required": True, "example": "abcdef"}
    described = {
        "/open": {"get": {**OK, "security": []}},
        "/closed": {"get": OK},
        "/key": {"get": {**OK, "security": [], "parameters": [key]}},
    }

    assert ["/open"] == paths(paths=described, security=[{"bearer": []}])


def test_streams_and_other_statuses_are_left_out() -> None:
    """A stream does not end, and 200 is what a scenario expects."""
    stream: dict[str, Any] = {"responses": {"200": {"content": {"text/event-stream": {}}}}}
    described = {"/s": {"get": stream}, "/n": {"get": {"responses": {"204": {}}}}}

    assert [] == paths(paths=described)


def test_the_first_server_may_have_a_prefix() -> None:
    """An absolute address is another server's."""
    described = {"/x": {"get": OK}}

    assert ["/v1/x"] == paths(paths=described, servers=[{"url": "/v1/"}])
    assert ["/x"] == paths(paths=described, servers=[{"url": "https://example.test/v1"}])


@pytest.mark.parametrize(
    "text",
    [
        '{"paths": 3}',
        '{"paths": {"/x": 3}}',
        '{"paths": {"/x": {"get": {"responses": 3}}}}',
        '{"paths": {"/{x}": {"get": {"responses": {"200": 1}, "parameters": [{"$ref": 3}]}}}}',
        '{"servers": [3], "paths": null}',
        '{"servers": 3}',
    ],
)
def test_an_odd_description_has_no_requests(text: str) -> None:
    """Any value may be of any type."""
    assert [] == described_routes(json.loads(text))
