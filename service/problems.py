"""Errors as RFC 9457 problem documents: every error that a client sees has this form."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.limits import ERROR_LENGTH_MAX, ERRORS_MAX
from service.logs import log
from service.telemetry import current_cost

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 -- the word of RFC 9457
    """A request that fails.

    Attributes:
        status: the HTTP status.
        detail: one sentence for the client, without internal information.
        headers: sent with the answer.
        cause: the internal reason, for the log only.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        cause: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.cause = cause


class ProblemBody(BaseModel):
    """The body of every error answer (RFC 9457); `errors` lists the invalid parts of a request."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[dict[str, str]] | None = Field(
        default=None, examples=[[{"where": "query.limit", "message": "Input should be ..."}]]
    )


def problem_response(problem: Problem, errors: list[dict[str, str]] | None = None) -> Response:
    """The answer that describes a problem to the client."""
    body = ProblemBody(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        request_id=current_cost().request_id,
        errors=errors,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True), problem.status, problem.headers, MEDIA_TYPE
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries of the error statuses that an endpoint may return."""
    content = {MEDIA_TYPE: {"schema": ProblemBody.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Make every error of an endpoint or the framework a problem document."""
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_validation)


def log_problem(path: str, problem: Problem) -> None:
    """Log a failure of the service; a client's mistake is not logged."""
    if problem.status >= 500:
        log.warning("request failed", path=path, status=problem.status, cause=problem.cause)


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    log_problem(request.url.path, error)
    return problem_response(error)


async def _answer_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem_response(Problem(error.status_code, error.detail, headers=error.headers))


async def _answer_validation(_: Request, error: Exception) -> Response:
    """Without the sent values, which may be secrets or megabytes long."""
    assert isinstance(error, RequestValidationError)
    errors = [
        {
            "where": _clip(".".join(str(part) for part in detail["loc"])),
            "message": _clip(detail["msg"]),
        }
        for detail in error.errors()[:ERRORS_MAX]
    ]
    return problem_response(Problem(422, "The request is not valid; see errors."), errors)


def _clip(text: str) -> str:
    # A key or a value that the client sent may be part of it.
    return text if len(text) <= ERROR_LENGTH_MAX else f"{text[:ERROR_LENGTH_MAX]}…"


class UnexpectedErrors:
    """Logs unexpected errors and answers them with 500, without internal information."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; an error after the answer has begun closes the connection."""
        started = False

        async def send_and_watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_watch)
        except Exception:
            if started or scope["type"] != "http":
                raise
            log.exception("unexpected error", path=scope["path"])
            problem = Problem(500, "The service failed unexpectedly.")
            await problem_response(problem)(scope, receive, send)
