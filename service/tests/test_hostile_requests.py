"""Thousands of hostile requests, while another user goes on as if there were none."""

import asyncio
import json
import math
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from service.pages.answers import ASSETS_PATH
from service.stack import OWNER_ID, Endpoints, mint_token
from service.tests.hostile_requests import (
    KINDS,
    World,
    hostile_payloads,
    hostile_request,
)
from service.tests.hostile_sender import PER_S, Order, parse_answers
from service.tests.support import NO_TLS, connect, create_workflow, fetch_json, listed_workflows
from service.tests.test_server import program

SEED = 20_261_201
ACCOUNTS = 20
CANARY_PER_S = 10
CANARY_PATH = "/v1/workflows?limit=20"
CANARY_S_P99_MAX = 0.25
MEMORY_GROWTH_BYTES_MAX = 200 * 1024 * 1024
"""A body of 5 MiB becomes some 100 MiB of values while it is checked, and two may be at once."""
ROOT = Path(__file__).parents[2]


@dataclass
class Canary:
    """A signed-in user who lists the same workflows again and again, each time newly connected.

    Attributes:
        seconds: from when each request was due to its answer.
        wrong: answers and failures that should not be.
    """

    url: str
    token: str
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def call_until(self, ended: threading.Event) -> None:
        """Send each request when it is due, however long others take."""
        headers = {"Authorization": f"Bearer {self.token}", "Connection": "close"}
        async with httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=30, trust_env=False, verify=NO_TLS
        ) as client:
            right = (await client.get(CANARY_PATH)).content
            assert len(json.loads(right)["items"]) == 20
            due_s = time.monotonic()
            async with asyncio.TaskGroup() as tasks:
                while not ended.is_set():
                    tasks.create_task(self._call(client, due_s, right))
                    due_s += 1 / CANARY_PER_S
                    await asyncio.sleep(due_s - time.monotonic())

    async def _call(self, client: httpx.AsyncClient, due_s: float, right: bytes) -> None:
        try:
            answer = await client.get(CANARY_PATH)
        except httpx.HTTPError as error:
            self.wrong.append(repr(error))
            return
        self.seconds.append(time.monotonic() - due_s)
        if (answer.status_code, answer.content) != (200, right):
            self.wrong.append(f"{answer.status_code}: {answer.text[:200]}")


def p99(values: list[float]) -> float:
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def make_world(url: str, stack: Endpoints, owner: httpx.Client) -> World:
    """Accounts of an attacker with a workflow each, of which most are hostile."""
    tokens = [mint_token(stack.jwt_secret, str(uuid.uuid4())) for _ in range(ACCOUNTS)]
    workflow_ids = []
    for token, payload in zip(tokens, hostile_payloads(ACCOUNTS), strict=True):
        with connect(url, token) as client:
            id_ = create_workflow(client)
            versions = f"/v1/workflows/{id_}/versions"
            assert 201 == client.post(versions, json={"payload": payload}).status_code
            workflow_ids.append(id_)
    return World(
        tokens,
        workflow_ids,
        listed_workflows(owner)[0]["id"],
        fetch_json(owner, "/v1/files")["items"][0]["id"],
        stack.jwt_secret,
        ASSETS_PATH,
    )


@contextmanager
def sampled_memory(process: psutil.Process) -> Iterator[list[int]]:
    """The process's memory in bytes, ten times a second; the first value is that of the start."""
    values = [process.memory_info().rss]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(0.1):
            values.append(process.memory_info().rss)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield values
    finally:
        ended.set()
        thread.join()


def attack(order: Order, canary: Canary) -> dict[str, Any]:
    """Let a program send all hostile requests while the canary calls; gives its summary."""
    command = [sys.executable, "-m", "service.tests.hostile_sender"]
    ended = threading.Event()
    summary: dict[str, Any] = {}

    def send() -> None:
        try:
            text = json.dumps(asdict(order))
            sender = subprocess.run(
                command, input=text, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
            )
            summary.update(json.loads(sender.stdout or "{}"))
        finally:
            ended.set()

    thread = threading.Thread(target=send)
    thread.start()
    asyncio.run(canary.call_until(ended))
    thread.join()
    return summary


def connections_left(process: psutil.Process, port: int) -> int:
    """How many of the server's connections are open ten seconds later at the latest."""
    deadline_s = time.monotonic() + 10
    while True:
        found = process.net_connections("tcp")
        left = sum(one.laddr.port == port and one.status != psutil.CONN_LISTEN for one in found)
        if not left or time.monotonic() > deadline_s:
            return left
        time.sleep(0.1)


def problem(status: int) -> bytes:
    """An answer as the service gives it."""
    head = b"HTTP/1.1 %d x\r\nContent-Type: application/problem+json\r\n" % status
    return head + b'Content-Length: 14\r\n\r\n{"status":%d}' % status


def test_a_number_gives_the_same_request_again() -> None:
    """Each is made anew, without those before it; all kinds are among the first hundreds."""
    secret = "a secret of at least thirty-two bytes"
    token = mint_token(secret, OWNER_ID)
    world = World([token], [OWNER_ID], OWNER_ID, OWNER_ID, secret, ASSETS_PATH)
    made = [hostile_request(SEED, number, world) for number in range(200)]

    assert set(KINDS) == {request.kind for request in made}
    assert made[199].kind == hostile_request(SEED, 199, world).kind
    assert made[:20] == [hostile_request(SEED, number, world) for number in range(20)]


@pytest.mark.parametrize(
    ("received", "statuses", "fault"),
    [
        (problem(400), [400], ""),
        (b"HTTP/1.1 204 No Content\r\n\r\n" + problem(404), [204, 404], ""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + problem(401), [401], ""),
        (problem(503), [503], "503 without Retry-After"),
        (problem(400)[:-1], [], "400 with 13 bytes of 14"),
        (b"HTTP/1.1 500 x\r\nContent-Length: 1\r\n\r\nx", [500], "500 is no problem document"),
        (b"oops", [], "no answer: b'oops'"),
    ],
)
def test_answers_are_judged(received: bytes, statuses: list[int], fault: str) -> None:
    """What is cut, no problem document or without Retry-After is a fault."""
    found = parse_answers(received, bodyless=False)

    assert (statuses, fault) == (found.statuses, found.fault)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_hostile_requests_harm_nobody(
    stack: Endpoints, tmp_path: Path, capfd: pytest.CaptureFixture[str], count: int
) -> None:
    """Each is refused or served in time, never a 5xx, and the canary gets all answers soon."""
    token = mint_token(stack.jwt_secret, OWNER_ID)
    with program(stack, tmp_path, by_descriptor=True) as (url, popen):
        process = psutil.Process(popen.pid)
        port = int(url.rsplit(":", 1)[1])
        with connect(url, token) as owner:
            world = make_world(url, stack, owner)
        canary = Canary(url, token)
        with sampled_memory(process) as memory_bytes:
            summary = attack(Order(port, SEED, count, world), canary)
        left = connections_left(process, port)
        is_alive = popen.poll() is None
    printed, said = capfd.readouterr()
    assert summary, said
    growth_bytes = max(memory_bytes) - memory_bytes[0]
    figures = {
        "canary": len(canary.seconds),
        "canary_s_p50": sorted(canary.seconds)[len(canary.seconds) // 2],
        "canary_s_p99": p99(canary.seconds),
        "canary_s_max": max(canary.seconds),
        "memory_mib": [memory_bytes[0] / 2**20, max(memory_bytes) / 2**20],
        **summary,
    }
    print(json.dumps(figures, indent=1))  # noqa: T201

    assert [] == summary["wrong"]
    assert [] == canary.wrong
    assert count == summary["sent"]
    assert summary["lasted_s"] < count / PER_S + 20
    assert set(KINDS) == set(summary["kinds"])
    assert len(canary.seconds) >= CANARY_PER_S * count / PER_S
    assert p99(canary.seconds) < CANARY_S_P99_MAX
    assert growth_bytes < MEMORY_GROWTH_BYTES_MAX
    assert is_alive
    assert 0 == left
    assert "Traceback" not in printed + said
