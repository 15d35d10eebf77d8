"""Uploads past the service, near the store and far from it, by whether files follow each other.

The whole of it: URLs are asked for, files are sent to the store, and the service is told. A client
sends its files as the service looks for them: one after the other, or together.
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

# Those of the scenario that sends them through the service.
_IMAGE = Path(__file__).parents[1] / "examples" / "upload.png"


@dataclass(frozen=True)
class Sender:
    """A client of the service and of its store, who owns no file before the first is sent.

    Attributes:
        workers: how many files are sent at the same moment, where they are sent together.
    """

    service: httpx.AsyncClient
    store: httpx.AsyncClient
    content: bytes
    workers: int

    async def send(self, strategy: Upload) -> httpx.Response:
        """Upload the files; the answer that lists them."""
        file = {"content_type": "image/png", "size_bytes": len(self.content)}
        files: list[dict[str, Any]] = [file | {"name": f"{n}.png"} for n in range(FILES)]
        opened = await self.service.post(UPLOADS, json={"files": files})
        slots = opened.json()["uploads"]
        together = asyncio.Semaphore(1 if strategy is Upload.SEQUENTIAL else self.workers)

        async def put(slot: dict[str, Any]) -> int:
            async with together:
                sent = await self.store.put(
                    slot["upload_url"], content=self.content, headers=slot["headers"]
                )
            return sent.status_code

        statuses = await asyncio.gather(*map(put, slots))
        assert {200} == set(statuses)
        return await self.service.post(
            COMPLETE,
            json={
                "files": [one | {"id": slot["id"]} for one, slot in zip(files, slots, strict=True)]
            },
            headers={FLAGS_HEADER: f"upload={strategy}"},
        )


@pytest.fixture(scope="module", params=[LAN, LINK.name])
def link(request: pytest.FixtureRequest) -> str:
    """What lies between the store and both others."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def sender(
    link: str, request: pytest.FixtureRequest, suite_settings: Settings, runner: asyncio.Runner
) -> Iterator[Sender]:
    """Somebody new."""
    settings = suite_settings if link == LAN else request.getfixturevalue("far_settings")
    token = mint_token(settings.supabase_jwt_secret.get_secret_value(), str(uuid.uuid4()))
    stack = AsyncExitStack()
    service = runner.run(stack.enter_async_context(service_client(settings, token)))
    store = runner.run(stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=30)))
    # As many as the service looks for.
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
    """All files are listed, each with its own id."""
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
    assert {201} == {one["status"] for one in results}
    assert FILES == len({one["file"]["id"] for one in results})
