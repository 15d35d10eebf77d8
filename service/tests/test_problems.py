import asyncio
import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from service.app import create_app
from service.problems import Problem, UnexpectedErrors, log_problem, problem_response
from service.settings import Settings
from service.tests.support import assert_problem, connect, serve


def test_every_error_is_described_as_a_problem(openapi: dict[str, Any]) -> None:
    """Each documented error of the API is a problem document, whose schema stands by itself."""
    answers = [
        (status, answer)
        for path in openapi["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if int(status) >= 400 and operation["tags"] != ["pages"]
    ]

    assert answers
    for _, answer in answers:
        assert list(answer["content"]) == ["application/problem+json"]
        assert "request_id" in answer["content"]["application/problem+json"]["schema"]["properties"]


def test_sent_values_are_not_repeated(newcomer: httpx.Client) -> None:
    """A validation problem names the place, not the value, which may be a secret."""
    response = newcomer.post("/v1/workflows", json={"name": ["hush-hush"], "payload": 1})

    problem = assert_problem(response, 422)
    assert {"body.name", "body.payload"} == {error["where"] for error in problem["errors"]}
    assert "hush-hush" not in response.text


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(b"{", "application/json"), (b"\xff", "application/json"), (b"{}", "text/plain")],
)
def test_a_body_that_is_not_json_is_a_problem(
    newcomer: httpx.Client, content: bytes, media_type: str
) -> None:
    """Broken JSON, text that is not UTF-8 and other media types are the client's mistakes."""
    response = newcomer.post("/v1/workflows", content=content, headers={"Content-Type": media_type})

    assert response.status_code in {400, 422}
    assert_problem(response, response.status_code)


@pytest.fixture(scope="module")
def failing(settings: Settings) -> FastAPI:
    """An application with an endpoint that fails unexpectedly."""
    app = create_app(settings)

    async def fail() -> None:
        raise RuntimeError(
            "Bearer abc.def sees http://x/?X-Amz-Signature=0123abcd&b eyJh.eyJz.c2ln"
        )

    app.add_api_route("/fail", fail)
    return app


def test_an_unexpected_error_is_not_shown(
    failing: FastAPI, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The client gets a plain 500 with its cost; the log gets the error without its secrets."""
    with serve(failing) as url, connect(url, token, "") as caller:
        response = caller.get("/fail", headers={"X-Request-ID": "find-me"})

    problem = assert_problem(response, 500)
    assert problem["detail"] == "The service failed unexpectedly."
    assert "Versus-Cost" in response.headers
    log = capsys.readouterr().err
    assert '"request_id": "find-me"' in log
    assert "RuntimeError" in log
    for secret in ("abc.def", "0123abcd", "eyJh.eyJz.c2ln", token):
        assert secret not in log


def test_a_problem_document_has_no_empty_fields() -> None:
    """Without errors the field is missing, and the title is the status' phrase."""
    response = problem_response(Problem(404, "no such file", headers={"X-A": "b"}))

    assert ("application/problem+json", "b") == (response.media_type, response.headers["X-A"])
    expected = {"type", "title", "status", "detail", "request_id"}
    body = json.loads(bytes(response.body))
    assert expected == set(body)
    assert ("Not Found", "no such file") == (body["title"], body["detail"])


@pytest.mark.parametrize(("status", "lines"), [(499, 0), (500, 1)])
def test_only_failures_of_the_service_are_logged(
    capsys: pytest.CaptureFixture[str], status: int, lines: int
) -> None:
    """A client's mistake writes no line; a failure writes its cause."""
    log_problem("/v1/files", Problem(status, "shown", cause="hidden"))

    assert lines == capsys.readouterr().err.count('"cause": "hidden"')


def test_an_answer_that_has_begun_is_broken_off() -> None:
    """An unexpected error after the start of an answer cannot become another answer."""
    sent: list[Message] = []

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("too late")

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    with pytest.raises(RuntimeError, match="too late"):
        asyncio.run(UnexpectedErrors(app)({"type": "http", "path": "/"}, receive, send))

    assert [200] == [message["status"] for message in sent]
