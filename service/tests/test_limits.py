import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from service.limits import JSON_BYTES_MAX, UPLOAD_BYTES_MAX, BodyLimit
from service.tests.support import assert_problem


def chunks(size_bytes: int) -> Iterator[bytes]:
    """A body of that size, sent piece by piece without telling its length."""
    for _ in range(size_bytes // 65_536 + 1):
        yield b" " * 65_536


def test_large_bodies_are_refused(newcomer: httpx.Client) -> None:
    """More than 5 MiB is a 413, whether its length is declared or not."""
    headers = {"Content-Type": "application/json"}
    too_large = 5 * 1024 * 1024 + 1

    for content in (b" " * too_large, chunks(too_large)):
        assert_problem(newcomer.post("/v1/workflows", content=content, headers=headers), 413)


def test_large_uploads_are_refused(newcomer: httpx.Client) -> None:
    """More than 20 MiB is a 413."""
    content = b" " * (20 * 1024 * 1024 + 1)

    assert_problem(newcomer.post("/v1/files", files={"file": ("x", content, "text/plain")}), 413)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", JSON_BYTES_MAX),
        ("", JSON_BYTES_MAX),
        ("multipart/form-data; boundary=x", UPLOAD_BYTES_MAX),
        ("Multipart/Form-Data", UPLOAD_BYTES_MAX),
    ],
)
def test_a_form_may_be_larger(content_type: str, expected: int) -> None:
    """Only the bodies of uploads have the larger limit."""
    body_bytes = [0, expected, 1]
    received: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b" " * body_bytes.pop(0)}

    async def send(_: Message) -> None:
        raise AssertionError("nothing is sent")

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        while True:
            received.append(len((await receive())["body"]))

    scope = {"type": "http", "headers": [(b"content-type", content_type.encode())]}
    with pytest.raises(HTTPException) as caught:
        asyncio.run(BodyLimit(app)(scope, receive, send))

    assert 413 == caught.value.status_code
    assert [0, expected] == received


def test_a_declared_size_is_refused_unread() -> None:
    """A body whose declared length is too large is not read at all."""

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        await receive()

    headers = [(b"content-length", str(JSON_BYTES_MAX + 1).encode())]
    with pytest.raises(HTTPException, match="larger than 5242880 bytes"):
        asyncio.run(BodyLimit(app)({"type": "http", "headers": headers}, receive, app))  # type: ignore[arg-type]
