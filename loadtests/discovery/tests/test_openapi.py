"""Requests from an OpenAPI document."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from fastapi import Path as Parameter
from hypothesis import given
from hypothesis import strategies as st

from loadtests.discovery.descriptions import read_description
from loadtests.discovery.drafts import Draft, Range, Table
from loadtests.discovery.openapi import described_drafts, described_routes

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


def drafts(**description: Any) -> dict[str, Draft]:
    """The drafts by their requests."""
    made, _ = described_drafts({"paths": {}, **description}, "api.yaml")
    return {draft.request: draft for draft in made}


def required(name: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": True, "schema": schema}


def test_an_id_without_an_example_is_a_row() -> None:
    """A whole number within its limits; of other values a person writes the rows."""
    number = {"name": "item-id", "in": "path", "schema": {"type": "integer", "minimum": 5}}
    few = required("page", type=["null", "integer"], minimum=0, maximum=3)
    words = [{"name": "user", "in": "path"}, required("q", type="string"), required("n", example=2)]
    found = drafts(
        paths={
            "/items/{item-id}": {"get": OK, "parameters": [number]},
            "/list": {"get": {**OK, "parameters": [few]}},
            "/users/{user}": {"get": {**OK, "parameters": words}},
            "/undeclared/{id}": {"get": OK},
        }
    )

    assert Range(5, 104) == found["GET /items/{row.n}"].rows
    assert Range(0, 3) == found["GET /list?page={row.n}"].rows
    written = found["GET /users/{row.user}?n=2&q={row.q}"]
    assert Table(("user", "q")) == written.rows
    assert "It needs values: write its file of rows. The first line" in written.reason
    assert written.reason.endswith(" is user,q.")
    assert Table(("id",)) == found["GET /undeclared/{row.id}"].rows


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({**OK, "security": [{"bearer": []}]}, "It needs a login"),
        ({**OK, "security": [{"bearer": []}, {}]}, ""),
        (
            {**OK, "parameters": [{"name": "X", "in": "header", "required": True}]},
            "'X' in its header",
        ),
        ({**OK, "parameters": [{"$ref": "other.yaml#/P"}]}, "in a file that is not read"),
        ({**OK, "parameters": [{"$ref": "#/components/parameters/Loop"}]}, "is not read"),
        ({"responses": {"404": {}}}, "No status of success"),
        ({"responses": {"200": {"content": {"text/event-stream": {}}}}}, "stream of events"),
        ({**OK, "produces": ["text/event-stream"]}, "stream of events"),
    ],
)
def test_what_cannot_be_sent_has_a_reason(operation: dict[str, Any], reason: str) -> None:
    """A login is needed unless one of its alternatives is none."""
    loop = {"parameters": {"Loop": {"$ref": "#/components/parameters/Loop"}}}
    draft = drafts(paths={"/x": {"get": operation}}, components=loop)["GET /x"]

    assert reason in draft.reason
    assert bool(reason) == bool(draft.reason)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stream_of_events_is_proposed_as_one(method: str) -> None:
    """As a comment: whether it ends by itself, the document does not say."""
    answers: dict[str, Any] = {"responses": {"201": {"content": {"text/event-stream": {}}}}}
    (draft,) = drafts(paths={"/s": {method: {**answers, "security": []}}}).values()

    assert "sse" == draft.steps[0].events
    assert draft.reason.endswith("""add the last event's data, such as until = "[DONE]".""")
    assert draft.reason.startswith("It answers" if method == "get" else "POST may change data")


def test_a_secret_comes_from_the_environment() -> None:
    """Also if the document has an example of it, which could be real."""
    key = {**required("api_key"), "example": "geheim"}
    found = drafts(paths={"/x": {"get": {**OK, "parameters": [key]}}})

    assert "looks secret" in found["GET /x?api_key=${API_KEY}"].reason


def test_what_changes_data_is_a_comment() -> None:
    """With its example of a body, if that is public; so is a GET that may end something."""
    body = {"content": {"application/json": {"example": {"name": "tea"}}}}
    secret = {"content": {"application/json": {"example": {"password": "geheim"}}}}
    found = drafts(
        paths={
            "/items": {"post": {**OK, "requestBody": body}, "put": {**OK, "requestBody": secret}},
            "/logout": {"get": OK},
        }
    )

    assert {"name": "tea"} == found["POST /items"].steps[0].body
    assert "POST may change data: see that it works many times." == found["POST /items"].reason
    assert found["PUT /items"].steps[0].body is None
    assert "write its body" in found["PUT /items"].reason
    assert "may end or change something" in found["GET /logout"].reason


def test_other_statuses_of_success_are_expected() -> None:
    """In YAML a status may be a number; without an exact one it is 200."""
    found = drafts(
        paths={
            "/a": {"get": {"responses": {204: {}}}},
            "/b": {"get": {"responses": {"default": {}}}},
            "/c": {"get": {"responses": {"2XX": {}}}},
        }
    )

    assert [204, 200, 200] == [one.steps[0].status for one in found.values()]


SWAGGER = """
swagger: "2.0"
host: api.example.test
basePath: /v2
paths:
  /pets/{id}:
    get:
      parameters: [{name: id, in: path, required: true, type: integer, format: int64}]
      responses: {200: {description: fine}}
  /pets/find:
    get:
      parameters:
      - name: status
        in: query
        required: true
        type: array
        items: {type: string, enum: [free, sold]}
      responses: {200: {description: fine}}
  /pets:
    post:
      parameters: [{name: body, in: body, required: true, schema: {$ref: "#/definitions/Pet"}}]
      responses: {405: {description: wrong}}
definitions:
  Pet: {type: object, properties: {mother: {$ref: "#/definitions/Pet"}}}
"""


def test_swagger_2_is_read(tmp_path: Path) -> None:
    """Its parameters have no schema, and its base path stands before each path."""
    path = tmp_path / "swagger.yaml"
    path.write_text(SWAGGER)
    made, notes = described_drafts(*read_description(str(path)))

    assert {"GET /v2/pets/find?status=free", "GET /v2/pets/{row.n}", "POST /v2/pets"} == {
        one.request for one in made
    }
    assert [] == notes


def test_references_of_schemas_are_followed_and_may_be_cycles() -> None:
    """An enumeration of its own, as FastAPI writes it; a cycle has no value."""
    schemas = {
        "Color": {"type": "string", "enum": ["red"]},
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
        "Tree": {"anyOf": [{"$ref": "#/components/schemas/Tree"}]},
    }

    def uses(name: str) -> dict[str, Any]:
        reference = {"$ref": f"#/components/schemas/{name}"}
        return {"get": {**OK, "parameters": [required("v", allOf=[reference])]}}

    found = drafts(
        paths={f"/{name}": uses(name) for name in schemas}, components={"schemas": schemas}
    )

    assert {"GET /Color?v=red", "GET /A?v={row.v}", "GET /B?v={row.v}", "GET /Tree?v={row.v}"} == (
        {*found}
    )


def test_the_document_of_fastapi_is_read() -> None:
    """As the framework itself writes it."""
    app = FastAPI()

    class Color(StrEnum):
        RED = "red"

    @app.get("/items")
    def _items(limit: int = 10) -> None: ...

    @app.get("/items/{item_id}")
    def _item(item_id: Annotated[int, Parameter(ge=5)]) -> None: ...

    @app.get("/colors/{color}")
    def _color(color: Color) -> None: ...

    @app.post("/items", status_code=201)
    def _add(name: str) -> None: ...

    found = drafts(**app.openapi())

    assert {
        *("GET /items", "GET /items/{row.n}", "GET /colors/red", "POST /items?name={row.name}")
    } == {*found}
    assert 201 == found["POST /items?name={row.name}"].steps[0].status


def test_the_servers_path_is_reported_if_it_is_not_written() -> None:
    """An absolute address is another server's; its variables have defaults."""
    server = {"url": "/{version}", "variables": {"version": {"default": "v7"}}}
    _, notes = described_drafts(
        {"paths": {}, "servers": [{"url": "https://api.example.test/v1"}]}, "api.yaml"
    )

    assert {"GET /v7/x"} == {*drafts(paths={"/x": {"get": OK}}, servers=[server])}
    assert "its server is https://api.example.test/v1; if yours answers below" in notes[0]


def test_odd_paths_are_counted() -> None:
    """What could be a variable or a gap is not copied."""
    made, notes = described_drafts(
        {"paths": {"/a/${HOME}": {"get": OK}, "/b:go": {"get": OK}, "/ä": {"get": OK}}}, "api.yaml"
    )

    assert [] == made
    assert ["api.yaml: 3 operations have a path that cannot be sent."] == notes


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        *("/x", "/{a}", "get", "post", "parameters", "in", "name", "schema"),
                        *("$ref", "responses", "200", "content", "servers", "url"),
                        *("requestBody", "security"),
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=25,
    )
)
def test_any_value_may_be_of_any_type(value: Any) -> None:
    """No document ends the command with an exception."""
    operation = {"parameters": value, "responses": value, "requestBody": value, "security": []}
    for paths in ({"/x": value}, {"/x": {"get": value}}, {"/{a}": {"get": operation}}):
        described_drafts({"paths": paths, "servers": value, "components": value}, "api.yaml")
