"""Direct uploads, sequential and parallel, to a near store and to a far one.

A whole upload: URLs are requested, files are sent to the store, and the upload is completed. The
client sends its files as the service checks them: one after the other, or in parallel.
"""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.conftest import LINK, service_client
from service.flags import FLAGS_HEADER, Upload
from service.settings import Settings
from service.stack import mint_token
from service.stack.relay import LAN

FILES = 20
UPLOADS = "/v1/files/uploads"
COMPLETE = "/v1/files/uploads/complete"

# The image of the scenario that uploads through the service.
_IMAGE = Path(__file__).parents[1] / "examples" / "upload.png"


@dataclass(frozen=True)
class Sender:
    """A client of the service and of its store; its owner has no files at first.

    Attributes:
        workers: the most files that are sent at the same moment, if in parallel.
    """

    service: httpx.AsyncClient
    store: httpx.AsyncClient
    content: bytes
    workers: int

    async def send(self, strategy: Upload) -> httpx.Response:
        """Upload the files; returns the answer that lists them."""
        file = {"content_type": "image/png", "size_bytes": len(self.content)}
        files: list[dict[str, Any]] = [file | {"name": f"{n}.png"} for n in range(FILES)]
        opened = await self.service.post(UPLOADS, json={"files": files})
        slots = opened.json()["uploads"]
        free = asyncio.Semaphore(1 if strategy is Upload.SEQUENTIAL else self.workers)

        async def put(slot: dict[str, Any]) -> int:
            async with free:
                sent = await self.store.put(
                    slot["upload_url"], content=self.content, headers=slot["headers"]
                )
            return sent.status_code

        statuses = await asyncio.gather(*map(put, slots))
        assert {200} == set(statuses)
        return await self.service.post(
            COMPLETE,
            json={
                "files": [new | {"id": slot["id"]} for new, slot in zip(files, slots, strict=True)]
            },
            headers={FLAGS_HEADER: f"upload={strategy}"},
        )


@pytest.fixture(scope="module", params=[LAN, LINK.name])
def link(request: pytest.FixtureRequest) -> str:
    """The link between the store and both client and service."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def sender(
    link: str, request: pytest.FixtureRequest, suite_settings: Settings, runner: asyncio.Runner
) -> Iterator[Sender]:
    """A new user."""
    settings = suite_settings if link == LAN else request.getfixturevalue("far_settings")
    secret = settings.supabase_jwt_secret
    assert secret is not None
    token = mint_token(secret.get_secret_value(), str(uuid.uuid4()))
    stack = AsyncExitStack()
    service = runner.run(stack.enter_async_context(service_client(settings, token)))
    store = runner.run(stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=30)))
    # As many as the service checks.
    yield Sender(service, store, _IMAGE.read_bytes(), settings.upload_workers)
    runner.run(stack.aclose())


@pytest.mark.parametrize("upload", Upload)
def test_direct_upload(
    benchmark: BenchmarkFixture,
    runner: asyncio.Runner,
    sender: Sender,
    link: str,
    upload: Upload,
) -> None:
    """All files are listed, with different ids."""
    benchmark.group = f"{FILES} files of {len(sender.content)} bytes sent past the service, {link}"
    benchmark.extra_info |= {
        "scenario": "direct_upload",
        "variant": upload.value,
        "strategy": upload.value,
        "link": link,
        "files": FILES,
    }
    answer = benchmark(lambda: runner.run(sender.send(upload)))

    assert 201 == answer.status_code, answer.text
    results = answer.json()["results"]
    assert {201} == {result["status"] for result in results}
    assert FILES == len({result["file"]["id"] for result in results})
