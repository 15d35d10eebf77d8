"""What callers see while a dependency fails, in every way, and after it."""

import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from service.app import create_app
from service.stack import mint_token
from service.tests.chain import Chain, Dependency, running_chain
from service.tests.fault_matrix import (
    CELLS,
    FILE,
    PAGE,
    measure,
    problems_of,
    written_table,
)
from service.tests.support import connect, fetch_files, serve

CALLERS = 60
# What a busy machine may add to a deadline.
LATE_S = 1.0
RECOVERED_WITHIN_S = 2.0


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """Components that the tests of this module stop and spoil."""
    with running_chain() as running:
        yield running


def caller(chain: Chain, url: str) -> httpx.Client:
    """A new user's client for many requests at once."""
    token = mint_token(chain.jwt_secret, str(uuid.uuid4()))
    return httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
        trust_env=False,
        limits=httpx.Limits(max_connections=200),
    )


DEADLINES = pytest.mark.parametrize(
    "deadline_s",
    [pytest.param(1.0, id="short"), pytest.param(5.0, id="default", marks=pytest.mark.long)],
)


@DEADLINES
@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("name", Dependency)
def test_sixty_callers_of_a_stopped_dependency(
    chain: Chain, name: Dependency, deadline_s: float
) -> None:
    """Each gets 503 within the deadline, what needs it not goes on, and all recovers at once."""
    settings = chain.settings.model_copy(update={"request_deadline_s": deadline_s})
    with (
        serve(create_app(settings)) as url,
        caller(chain, url) as client,
        ThreadPoolExecutor(CALLERS + 4) as pool,
    ):

        def upload(_: int) -> tuple[httpx.Response, float]:
            started_s = time.monotonic()
            answer = client.post("/v1/files", files={"file": FILE})
            return answer, time.monotonic() - started_s

        def get(path: str) -> tuple[int, float]:
            started_s = time.monotonic()
            return client.get(path).status_code, time.monotonic() - started_s

        assert 201 == upload(0)[0].status_code
        chain.stop(name)
        try:
            uploads = [pool.submit(upload, number) for number in range(CALLERS)]
            time.sleep(deadline_s / 4)
            untouched = {"/v1/me": 200, "/healthz": 200, "/readyz": 503}
            if name is Dependency.STORE:
                untouched |= {"/v1/files?include_urls=true": 200, "/v1/workflows": 200}
            others = {path: pool.submit(get, path) for path in untouched}
            seen = {path: other.result() for path, other in others.items()}
            answers = [one.result() for one in uploads]
        finally:
            chain.resume(name)
        resumed_s = time.monotonic()
        while upload(0)[0].status_code != 201:
            assert time.monotonic() - resumed_s < RECOVERED_WITHIN_S
        recovered_s = time.monotonic() - resumed_s

    assert {503: CALLERS} == Counter(answer.status_code for answer, _ in answers)
    assert {"1"} == {answer.headers["Retry-After"] for answer, _ in answers}
    assert max(seconds for _, seconds in answers) < deadline_s + LATE_S
    assert untouched == {path: status for path, (status, _) in seen.items()}
    waits_s = {path: seconds for path, (_, seconds) in seen.items() if path != "/readyz"}
    assert max(waits_s.values()) < LATE_S, waits_s
    assert seen["/readyz"][1] < min(2.0, deadline_s) + LATE_S
    assert recovered_s < RECOVERED_WITHIN_S


@pytest.mark.slow
def test_every_fault_of_every_dependency(chain: Chain) -> None:
    """Each cell of the table is as docs/promises.md shows it, and no row is without its object."""
    token = mint_token(chain.jwt_secret, str(uuid.uuid4()))
    settings = chain.settings.model_copy(update={"request_deadline_s": 1.0})
    with serve(create_app(settings)) as url, connect(url, token) as client:
        cells = [measure(chain, client, dependency, fault) for dependency, fault in CELLS]
        rows_without_object = [
            file["id"]
            for file in fetch_files(client)
            if httpx.get(file["download_url"], trust_env=False).status_code != 200
        ]

    assert [] == [problem for cell in cells for problem in problems_of(cell, 1.0)]
    assert [] == rows_without_object
    assert written_table(cells) in PAGE.read_text(encoding="utf-8"), (
        "renew it with `.venv/bin/python -m service.tests.fault_matrix`"
    )


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.long
def test_every_fault_at_the_default_deadline(chain: Chain) -> None:
    """The table is the same with the deadline that users have."""
    token = mint_token(chain.jwt_secret, str(uuid.uuid4()))
    deadline_s = chain.settings.request_deadline_s
    with serve(create_app(chain.settings)) as url, connect(url, token) as client:
        cells = [measure(chain, client, dependency, fault) for dependency, fault in CELLS]

    assert [] == [problem for cell in cells for problem in problems_of(cell, deadline_s)]
    assert written_table(cells) in PAGE.read_text(encoding="utf-8")
