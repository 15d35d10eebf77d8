import asyncio
from collections.abc import Iterator

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from service.admission import Admission
from service.limits import JSON_BYTES_MAX, JSON_MARKS_MAX, UPLOAD_BYTES_MAX
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

    scope = {"type": "http", "path": "/", "headers": [(b"content-type", content_type.encode())]}
    with pytest.raises(HTTPException) as caught:
        asyncio.run(Admission(app, 9)(scope, receive, send))

    assert 413 == caught.value.status_code
    assert [0, expected] == received


def test_a_declared_size_is_refused_unread() -> None:
    """A body whose declared length is too large is not read at all."""

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def app(_: Scope, receive: Receive, __: Send) -> None:
        await receive()

    headers = [(b"content-length", str(JSON_BYTES_MAX + 1).encode())]
    scope = {"type": "http", "path": "/", "headers": headers}
    with pytest.raises(HTTPException, match="larger than 5242880 bytes"):
        asyncio.run(Admission(app, 9)(scope, receive, app))  # type: ignore[arg-type]


def test_a_body_of_many_values_is_refused(newcomer: httpx.Client) -> None:
    """What would take long to parse is a 413, although its bytes are few."""
    head, end = b'{"name":"w","payload":{"nodes":[],"edges":[],"x":[', b"]}}"
    headers = {"Content-Type": "application/json"}
    values = JSON_MARKS_MAX - 8
    sent = [head + b",".join([b"1"] * count) + end for count in (values // 2, values + 1)]
    few, many = (
        newcomer.post("/v1/workflows", content=content, headers=headers) for content in sent
    )

    assert 201 == few.status_code
    assert "larger than 200000 values" in assert_problem(many, 413)["detail"]


def test_a_form_without_files_is_counted_too(newcomer: httpx.Client) -> None:
    """A form of nothing but separators is a 413."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    response = newcomer.post("/v1/files", content=b"&" * (JSON_MARKS_MAX + 1), headers=headers)

    assert_problem(response, 413)


def test_requests_at_once_are_bounded() -> None:
    """One too many is a 503 with Retry-After; the health check is answered, and later ones are."""
    statuses: list[int] = []
    ended = asyncio.Event()

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await ended.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
            if message["status"] == 503:
                assert (b"retry-after", b"1") in message["headers"]

    async def run() -> None:
        admission = Admission(app, requests_max=2)

        def begin(path: str) -> asyncio.Task[None]:
            scope = {"type": "http", "path": path, "headers": []}
            return asyncio.create_task(admission(scope, receive, send))

        running = [begin("/v1/me") for _ in range(2)]
        await asyncio.sleep(0)
        await begin("/v1/me")
        assert [503] == statuses
        running.append(begin("/healthz"))
        await asyncio.sleep(0)
        ended.set()
        await asyncio.gather(*running)
        await begin("/v1/me")

    asyncio.run(run())

    assert [503, 200, 200, 200, 200] == statuses
