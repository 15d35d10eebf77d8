"""Which requests may go on, and how much of their bodies is read."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.limits import (
    JSON_BYTES_MAX,
    JSON_MARKS_MAX,
    RETRY_AFTER_S,
    UPLOAD_BYTES_MAX,
)
from service.problems import Problem, problem_response

STOPPING = "stopping"
"""Key of the server's state for requests; true while the server waits for the last ones to end."""

# Whether the process is alive does not depend on how much it has to do.
_ALWAYS = "/healthz"
# What begins a value of JSON, and a field of a form.
_MARKS = (b",", b":", b"[", b"{", b"&")


class Admission:
    """Refuses requests beyond the number at once, and bodies beyond their limits.

    Both are checked here and not in an endpoint, because FastAPI reads and parses a body first.
    """

    def __init__(self, app: ASGIApp, requests_max: int) -> None:
        self._app = app
        self._requests_max = requests_max
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await problem_response(refusal)(scope, receive, send)
            return
        self._running += 1
        try:
            await self._app(scope, _bounded(Headers(scope=scope), receive), send)
        finally:
            self._running -= 1

    def _refusal(self, scope: Scope) -> Problem | None:
        if scope["path"] == _ALWAYS:
            return None
        if scope.get("state", {}).get(STOPPING):
            return _unavailable("The service is stopping.")
        if self._running >= self._requests_max:
            return _unavailable(f"{self._requests_max} requests are in progress, the most allowed.")
        return None


def _unavailable(detail: str) -> Problem:
    # Closed, so that the client's next attempt can reach another process.
    headers = {"Retry-After": str(RETRY_AFTER_S), "Connection": "close"}
    return Problem(503, detail, headers=headers)


def _bounded(headers: Headers, receive: Receive) -> Receive:
    """Receive a body, and stop where it is larger than its limits."""
    declared = headers.get("content-length", "")
    is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
    bytes_max = UPLOAD_BYTES_MAX if is_form else JSON_BYTES_MAX
    received_bytes = marks = 0

    async def bounded() -> Message:
        nonlocal received_bytes, marks
        if declared.isdigit() and int(declared) > bytes_max:
            raise _too_large(f"{bytes_max} bytes")
        message = await receive()
        body = message.get("body", b"")
        received_bytes += len(body)
        if received_bytes > bytes_max:
            raise _too_large(f"{bytes_max} bytes")
        if not is_form:
            marks += sum(map(body.count, _MARKS))
            if marks > JSON_MARKS_MAX:
                raise _too_large(f"{JSON_MARKS_MAX} values")
        return message

    return bounded


def _too_large(limit: str) -> HTTPException:
    """An HTTPException, because FastAPI turns other exceptions into a 400."""
    return HTTPException(413, f"The request is larger than {limit}.")
