import asyncio
import json
from typing import Any

import httpx
import pytest
from postgrest.exceptions import APIError

from service.app import create_app
from service.database import _BarePostgrest, _explain, open_database
from service.settings import Settings
from service.stack import OWNER_ID, Endpoints, mint_token
from service.telemetry import RequestCost, collect_cost
from service.tests.support import assert_problem, connect, fetch, serve
from service.versions import WORKFLOW_COLUMNS

NOBODY_LISTENS = "http://127.0.0.1:1"
# All columns of a workflow, of which one has a wrong type.
ODD_ROW = json.dumps([dict.fromkeys(WORKFLOW_COLUMNS.split(","), 1)]).encode()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("08006", 503),
        ("22P02", 422),
        ("22P05", 422),
        ("23505", 409),
        ("23514", 422),
        ("42501", 403),
        ("42P01", 502),
        ("40001", 503),
        ("53300", 503),
        ("54001", 422),
        ("57014", 503),
        ("XX000", 502),
        ("PGRST000", 503),
        ("PGRST002", 503),
        ("PGRST301", 401),
        ("PGRST204", 502),
    ],
)
def test_each_code_has_its_status(code: str, expected: int) -> None:
    """The database's own code decides which status the client sees, not the gateway's status."""
    for status in (400, 500):
        error = _explain(APIError({"code": code, "message": "inside"}), httpx.Response(status))
        assert expected == error.status


@pytest.mark.parametrize(
    ("status", "headers", "expected", "retry_after"),
    [
        (429, {"Retry-After": "7"}, 503, "7"),
        (429, {}, 503, "1"),
        (500, {}, 503, "1"),
        (
            502,
            {"Retry-After": "Tue, 01 Dec 2026 12:00:00 GMT"},
            503,
            "Tue, 01 Dec 2026 12:00:00 GMT",
        ),
        (503, {"Retry-After": "soon"}, 503, "1"),
        (504, {"Retry-After": "-1"}, 503, "1"),
        (540, {"Retry-After": "99999999"}, 503, "1"),
        (302, {"Location": "/", "Retry-After": "7"}, 502, None),
        (400, {}, 502, None),
        (401, {}, 502, None),
        (404, {}, 502, None),
        (418, {}, 502, None),
    ],
)
@pytest.mark.parametrize("content", [b'{"message": "inside"}', b"<html>inside</html>", b""])
def test_a_gateway_s_answer_keeps_its_meaning(
    client: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    headers: dict[str, str],
    expected: int,
    retry_after: str | None,
    content: bytes,
) -> None:
    """What passes is a 503 with the gateway's Retry-After, all else a 502; never a 500."""

    async def answer(*_: Any) -> httpx.Response:
        return httpx.Response(status, headers=headers, content=content)

    monkeypatch.setattr(_BarePostgrest, "handle_async_request", answer)
    response = client.get("/v1/workflows")

    assert_problem(response, expected)
    assert retry_after == response.headers.get("Retry-After")
    assert "inside" not in response.text


def test_a_database_that_hangs_up_is_a_503() -> None:
    """PostgREST answers it with 400 and an empty code, which is no mistake of the client."""
    error = _explain(APIError({"code": "", "message": ""}), httpx.Response(400))

    assert (503, False) == (error.status, error.refused)


def test_messages_of_the_database_are_not_sent() -> None:
    """A message of the database is logged, never sent to the client."""
    error = _explain(APIError({"code": "23514", "message": "table secrets"}), None)

    assert "table secrets" not in error.detail
    assert "table secrets" in error.cause


@pytest.mark.parametrize("path", ["/v1/workflows", "/v1/templates", "/v1/files", "/readyz"])
def test_a_database_that_is_down_is_a_503(settings: Settings, token: str, path: str) -> None:
    """The answer is 503 with Retry-After; endpoints that need no database still work."""
    app = create_app(settings.model_copy(update={"supabase_url": NOBODY_LISTENS}))
    with serve(app) as url, connect(url, token) as caller:
        response = caller.get(path)
        alive = caller.get("/healthz"), caller.get("/v1/me")

    assert_problem(response, 503)
    assert response.headers["Retry-After"] == "1"
    assert NOBODY_LISTENS not in response.text
    assert [200, 200] == [one.status_code for one in alive]


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"<html>", b"\xff", b"{}", b"[1]", b"[{}]", ODD_ROW]
)
def test_an_answer_that_cannot_be_read_is_a_502(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    """An answer that is not a list of rows is an error of the database, not of the client."""

    async def garble(*_: Any) -> httpx.Response:
        return httpx.Response(200, content=content)

    monkeypatch.setattr(_BarePostgrest, "handle_async_request", garble)
    problem = assert_problem(client.get("/v1/workflows"), 502)

    assert problem["detail"] == "The database's answer cannot be used."


def test_a_bucket_that_is_missing_is_not_ready(settings: Settings) -> None:
    """Readiness includes the store; a wrong name will not pass by itself."""
    app = create_app(settings.model_copy(update={"s3_bucket": "no-such-bucket"}))
    with serve(app) as url, connect(url) as caller:
        assert_problem(caller.get("/readyz"), 502)


def test_a_ready_service_answers_200(stranger: httpx.Client) -> None:
    """With database and bucket, readiness is 200 and needs no token."""
    assert stranger.get("/readyz").json() == {"status": "ok"}


def test_a_token_that_the_database_refuses_is_a_401(settings: Settings, stack: Endpoints) -> None:
    """The database checks the token again; its refusal is the caller's 401."""
    other_secret = "x" * 48
    app = create_app(
        settings.model_copy(
            update={"supabase_jwt_secret": type(settings.supabase_key)(other_secret)}
        )
    )
    with serve(app) as url, connect(url, mint_token(other_secret, OWNER_ID)) as caller:
        response = caller.get("/v1/workflows")

    assert_problem(response, 401)
    assert "WWW-Authenticate" in response.headers


def test_every_request_is_counted(settings: Settings, token: str) -> None:
    """Requests, rows and decoded bytes are counted, and waiting is separated from decoding."""

    async def run() -> None:
        async with open_database(settings) as database:
            db = database.as_caller(token)
            for _ in range(2):
                await db.rows(db.table("workflows").select("id").limit(3))

    with collect_cost(RequestCost()) as cost:
        asyncio.run(run())

    raw = fetch(
        f"{settings.supabase_url}workflows?select=id&limit=3",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (2, 6) == (cost.db_requests, cost.db_rows)
    assert 2 * len(raw.content) == cost.db_bytes
    assert min(cost.stages_s["db"], cost.stages_s["decode"]) > 0


def test_callers_share_connections_but_no_identity(
    settings: Settings, token: str, other_token: str
) -> None:
    """Two simultaneous callers of one pool each see their own rows."""

    async def owners(database_token: str, count: int) -> set[str]:
        async with open_database(settings) as database:
            views = [database.as_caller(one) for one in (database_token, other_token)] * count
            found = await asyncio.gather(
                *(db.rows(db.table("files").select("owner_id")) for db in views)
            )
        mine = {row["owner_id"] for rows in found[::2] for row in rows}
        theirs = {row["owner_id"] for rows in found[1::2] for row in rows}
        assert not mine & theirs
        return mine | theirs

    assert len(asyncio.run(owners(token, 5))) == 2


@pytest.mark.parametrize("kind", ["publishable", "secret"])
def test_the_keys_of_today_s_projects_open_the_gateway(
    settings: Settings, token: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """An `sb_` key is sent as `apikey`, beside the token of the caller, which has the rights."""
    key = f"sb_{kind}_0123456789abcdefghijkl_01234567"
    sent = []

    async def answer(_: _BarePostgrest, request: httpx.Request) -> httpx.Response:
        sent.append((request.headers["apikey"], request.headers["Authorization"]))
        return httpx.Response(200, content=b"[]")

    monkeypatch.setattr(_BarePostgrest, "handle_async_request", answer)
    changed = settings.model_copy(update={"supabase_key": type(settings.supabase_key)(key)})
    with serve(create_app(changed)) as url, connect(url, token) as caller:
        assert 200 == caller.get("/v1/workflows").status_code
        assert 200 == caller.get("/readyz").status_code

    # The gateway accepts its key as a bearer token only where both are the same.
    assert {(key, f"Bearer {token}"), (key, f"Bearer {key}")} == set(sent)
