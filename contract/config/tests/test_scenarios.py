"""Scenarios and pages: what may be sent, and what is kept of it."""

from typing import Any

import pytest
from pydantic import ValidationError

from contract.config.complaints import complaint
from contract.config.scenarios import PageConfig, ScenarioConfig, ScenarioFacts
from contract.config.sections import Section

ONE = {"name": "things", "request": "GET /things"}
FORM = {"name": "upload", "request": "POST /"}
PAGE = {"name": "start", "path": "/"}


def fault_in(section: type[Section], content: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        section.model_validate(content)
    return complaint(refused.value, section, content)


def test_a_request_is_a_sequence_of_one() -> None:
    """With everything that it sends and expects."""
    scenario = ScenarioConfig.model_validate(ONE | {"status": 201, "json": {"/id": 7}})
    (request,) = scenario.requests

    assert ("GET /things", 201, {"/id": 7}) == (request.request, request.status, request.json_)


def test_the_facts_of_a_scenario_are_passed_on_whole() -> None:
    """Neither what is sent nor how long it is measured is among them."""
    scenario = ScenarioConfig.model_validate(ONE | {"canary": True, "objective_s": 0.5})

    expected = {"name": "things", "description": "", "canary": True, "objective_s": 0.5}
    assert expected == scenario.facts
    assert expected == ScenarioFacts(**scenario.facts).facts


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"request": None}, "give exactly one of 'request' and 'sequence'."),
        ({"sequence": [{"request": "GET /"}]}, "give exactly one of 'request' and 'sequence'."),
        (
            {"request": None, "sequence": [{"request": "GET /"}], "json": {}},
            "'json' belongs to a request. Put it into the requests of 'sequence'.",
        ),
        ({"body": "x", "form": [{"name": "a", "text": "b"}]}, "give at most one of 'body' and"),
        ({"body": 3}, "body: a text, a table or an array is expected."),
        ({"body": [float("nan")]}, "body: holds what JSON does not know, such as a date or nan"),
        ({"ignore": "("}, "ignore: not a regular expression: "),
        ({"json": {"id": 7}}, "json.id: a JSON Pointer is expected, such as /items/0/id"),
        ({"request": "GET things"}, "request: the path must begin with /: GET /things; found"),
        ({"form": [{"name": "a"}]}, "form 'a': give exactly one of 'text' and 'file'."),
        ({"form": [{"name": 'a"', "text": ""}]}, "form 'a\"', name: a name of 1 to 255 characters"),
        ({"headers": {"A:": "x"}}, "headers.A:: the name of a header is expected."),
        (
            {"headers": {"Content-length": "3"}},
            "headers.Content-length: Content-length follows from",
        ),
        ({"headers": {"A-b": "1", "a-B": "2"}}, "headers: 'a-b' stands there twice; names must"),
        ({"headers": {"A": "\n"}}, "headers.A: a text of at most 8192 printable ASCII"),
        ({"until": "[DONE]"}, "'until' ends a stream of events. Give 'events' with it."),
        ({"events": "xml"}, "events: "),
        ({"events": "sse", "until": ""}, "until: the whole data of the last event is expected"),
        ({"events": "sse", "until": " x"}, "until: the whole data of the last event is expected"),
        ({"events": "sse", "until": "a\nb"}, "until: the whole data of the last event is expected"),
        ({"events": "lines", "until": "x" * 1025}, "until: the whole data of the last event"),
        (
            {"request": None, "sequence": [{"request": "GET /", "events": "sse"}] * 2},
            "only one request of a sequence may have 'events'.",
        ),
        (
            {"request": None, "sequence": [{"request": "GET /", "until": "x"}]},
            "sequence number 1: 'until' ends a stream of events.",
        ),
    ],
)
def test_a_scenario_that_cannot_be_sent_is_refused(changes: dict[str, Any], expected: str) -> None:
    """The key stands first, then what is expected."""
    assert fault_in(ScenarioConfig, ONE | changes).startswith(expected)


@pytest.mark.parametrize(
    ("source", "is_valid"),
    [("/token", True), ("header:Location", True), ("header:", False), ("token", False)],
)
def test_a_sequence_takes_from_a_body_or_a_header(source: str, is_valid: bool) -> None:
    """By JSON Pointer, or by the header's name."""
    first = {"request": "GET /", "take": {"token": source}}
    content = {"name": "cart", "sequence": [first, {"request": "GET /{token}"}]}

    if is_valid:
        assert 2 == len(ScenarioConfig.model_validate(content).requests)
    else:
        expected = "sequence number 1, take.token: a JSON Pointer is expected, such as /items/0/id"
        assert fault_in(ScenarioConfig, content).startswith(expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"path": "start"}, "path: the path must begin with /: /start; found 'start'."),
        ({"path": "//host/"}, "path: the path begins with //, after which a host"),
        ({"marks": ["a", "a"]}, "marks: 'a' stands there twice; names must differ"),
        ({"marks": ["failed"]}, "marks: 'failed' has a meaning already"),
        ({"marks": ["load-event"]}, "marks: 'load-event' has a meaning already"),
        ({"marks": ["Data"]}, "marks number 1: a mark of at most 41 small letters, digits and -"),
        ({"ignore": "["}, "ignore: not a regular expression: "),
    ],
)
def test_a_page_that_cannot_be_loaded_is_refused(changes: dict[str, Any], expected: str) -> None:
    """The key stands first, then what is expected."""
    assert fault_in(PageConfig, PAGE | changes).startswith(expected)


@pytest.mark.parametrize(
    ("request_line", "expected"),
    [
        ("GET \r\nx", "the path must begin with /: GET /x; found 'GET \\r\\nx'."),
        ("/\na", "the method is missing: GET /a; found '/\\na'."),
        ("GET x", "the path must begin with /: GET /x; found 'GET x'."),
        ("get /x", "a method is written in capitals: GET /x; found 'get /x'."),
        ("/x?token=s3cret", "the method is missing: GET /x; found '/x'."),
        ("/a b", "the method is missing, and a space in the path is written %20; found '/a b'."),
        ("GET", "the path is missing: GET /; found 'GET'."),
        ("GET ", "the path is missing: GET /; found 'GET '."),
        ("", "a method and a path are expected, such as GET /v1/things?limit=5; found ''."),
        ("FETCH /x", "unknown method 'FETCH'; did you mean 'PATCH'?"),
        ("TRACE /x", "unknown method 'TRACE'; valid: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        (
            "GET http://h:80/v1/x?a=1",
            "the address belongs to target.url, and only the path stands here: GET /v1/x; found",
        ),
        (
            "GET https://h",
            "the address belongs to target.url, and only the path stands here: GET /",
        ),
        ("http://h/x", "a method and a path are expected"),
        ("GET  /x", "one space stands between method and path: GET /x; found 'GET  /x'."),
        ("GET /a b", "a space in the path is written %20; found 'GET /a b'."),
        ("GET /x ", "a space in the path is written %20; found 'GET /x '."),
        ("GET /caf\u00e9", "'\u00e9' in the path is written %C3%A9; found 'GET /caf\u00e9'."),
        ("GET /x\n", "the path holds a control character; found"),
        ("GET //host/x", "the path begins with //, after which a host would follow; found"),
        ("GET /x#top", "what follows # is never sent; leave it out, or write %23; found"),
        ("GET /x?token=s3cret y", "a space in the path is written %20; found 'GET /x'."),
    ],
)
def test_a_request_that_cannot_be_sent_says_how_to_write_it(
    request_line: str, expected: str
) -> None:
    """One line names the fault, and shows no value of a query, which may be secret."""
    fault = fault_in(ScenarioConfig, {"name": "things", "request": request_line})

    assert fault.startswith(f"request: {expected}")
    assert "s3cret" not in fault
    assert 1 == len(fault.splitlines())
