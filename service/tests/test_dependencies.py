import socket
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query

from service.app import create_app
from service.dependencies import BucketDep, CallerDep, DatabaseDep, FlagsDep, ServicesDep
from service.settings import Settings
from service.stack import OWNER_ID
from service.tests.support import assert_problem, connect, serve


@pytest.fixture(scope="module")
def probe(settings: Settings) -> FastAPI:
    """An application with an endpoint that returns what it depends on."""
    app = create_app(settings)

    async def show(
        services: ServicesDep,
        caller: CallerDep,
        flags: FlagsDep,
        db: DatabaseDep,
        bucket: BucketDep,
        table: Annotated[str, Query()] = "files",
    ) -> dict[str, object]:
        rows = await db.rows(db.table(table).select("owner_id").limit(1))
        return {
            "caller": caller.id,
            "owners": [row["owner_id"] for row in rows],
            "workers": flags.signing_workers,
            "bucket": bucket.name == services.settings.s3_bucket,
        }

    app.add_api_route("/show", show)
    return app


def test_an_endpoint_gets_what_it_depends_on(probe: FastAPI, token: str) -> None:
    """Caller, flags, database and bucket of a request arrive, the database as the caller."""
    with serve(probe) as url, connect(url, token, "signing_workers=3") as client:
        shown = client.get("/show").json()

    assert {"caller": OWNER_ID, "owners": [OWNER_ID], "workers": 3, "bucket": True} == shown


def test_several_headers_are_one_list(base_url: str, token: str) -> None:
    """Flags may be spread over several headers; a mistake in any of them is reported."""
    headers = [("Versus-Flags", "signing_workers=3"), ("Versus-Flags", "speed=max")]
    with connect(base_url, token, "") as client:
        del client.headers["Versus-Flags"]
        request = client.build_request("GET", "/v1/me", headers=httpx.Headers(headers))
        problem = assert_problem(client.send(request), 400)

    assert "'speed' is not a flag" in problem["detail"]


def test_a_token_is_checked_before_the_body(base_url: str) -> None:
    """Without a token the answer does not wait for a body, which would be read for nothing."""
    host, port = base_url.removeprefix("http://").split(":")
    for path in ("/v1/workflows", "/v1/files", "/v1/files/bulk", "/v1/files/uploads"):
        with socket.create_connection((host, int(port)), timeout=10) as client:
            head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
            client.sendall(head.encode())
            assert client.recv(65_536).startswith(b"HTTP/1.1 401 ")


def test_a_caller_may_send_so_many(settings: Settings, token: str, other_token: str) -> None:
    """More than two seconds' worth are a 429 with Retry-After, for this caller only."""
    limited = create_app(settings.model_copy(update={"rate_per_s": 1}))
    with serve(limited) as url, connect(url, token) as client, connect(url, other_token) as other:
        answers = [client.get("/v1/me") for _ in range(12)]
        refused = [answer for answer in answers if answer.status_code != 200]
        assert 200 == other.get("/v1/me").status_code
        assert 200 == client.get("/healthz").status_code

    assert 2 <= answers.index(refused[0])
    assert_problem(refused[0], 429)
    assert "1" == refused[0].headers["Retry-After"]


def test_wrong_tokens_are_limited_by_address(settings: Settings, token: str) -> None:
    """Each is another caller's, so they share what one address may send; a right one does not."""
    limited = create_app(settings.model_copy(update={"rate_per_s": 1}))
    with serve(limited) as url:
        statuses = set()
        for number in range(30):
            with connect(url, f"wrong{number}") as client:
                statuses.add(client.get("/v1/me").status_code)
        with connect(url, token) as client:
            right = client.get("/v1/me").status_code
            client.cookies.set("versus_session", "wrong")
            preview = {client.get(f"/workflows/{OWNER_ID}/preview").status_code for _ in range(6)}

    assert {401, 429} == statuses
    assert 200 == right
    assert 429 in preview
