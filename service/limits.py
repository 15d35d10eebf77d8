"""The largest request bodies, enforced while they arrive, so that none fills the memory."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON_BYTES_MAX = 5 * 1024 * 1024
UPLOAD_BYTES_MAX = 20 * 1024 * 1024


class BodyLimit:
    """Refuses bodies beyond 5 MiB, or 20 MiB for uploads, with 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, counting the received bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit_bytes = _limit_bytes(headers)
        declared = headers.get("content-length", "")
        received_bytes = 0

        async def counting() -> Message:
            nonlocal received_bytes
            if declared.isdigit() and int(declared) > limit_bytes:
                raise _too_large(limit_bytes)
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > limit_bytes:
                raise _too_large(limit_bytes)
            return message

        await self._app(scope, counting, send)


def _limit_bytes(headers: Headers) -> int:
    is_upload = headers.get("content-type", "").lower().startswith("multipart/form-data")
    return UPLOAD_BYTES_MAX if is_upload else JSON_BYTES_MAX


def _too_large(limit_bytes: int) -> HTTPException:
    """An HTTPException, because FastAPI turns other exceptions into a 400."""
    return HTTPException(413, f"The request is larger than {limit_bytes} bytes.")
