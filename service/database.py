"""The database: supabase-py over one shared connection pool that counts requests and bytes.

Every query carries the caller's token, so the database's row-level security decides which rows are
visible.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import httpx
from postgrest import (
    AsyncFilterRequestBuilder,
    AsyncPostgrestClient,
    AsyncRequestBuilder,
    AsyncSelectRequestBuilder,
)
from postgrest.exceptions import APIError
from supabase import AsyncClient, AsyncClientOptions, create_async_client

from service.problems import Problem
from service.settings import Settings
from service.telemetry import current_cost, stage

Row = dict[str, Any]

_PREFIX = b"/rest/v1/"
_CONNECTIONS_MAX = 20
_KEEPALIVE_S = 300
_TIMEOUT = httpx.Timeout(30, connect=2, pool=5)

UNIQUE_VIOLATION = "23505"
INSUFFICIENT_PRIVILEGE = "42501"
# By the longest matching beginning of the code: SQLSTATE classes and PostgREST's own codes.
_STATUS_BY_CODE = {
    "08": 503,  # no connection
    "22": 422,  # data that the column cannot hold
    "23": 422,  # a constraint
    UNIQUE_VIOLATION: 409,
    INSUFFICIENT_PRIVILEGE: 403,
    "40": 503,  # conflict with a concurrent transaction
    "53": 503,  # out of resources
    "54": 422,  # too deep or too long for the server
    "57": 503,  # shutting down, or cancelled after a timeout
    "PGRST0": 503,  # PostgREST cannot reach or read the database
    "PGRST3": 401,  # PostgREST refuses the token
    "5": 503,  # a gateway's own 5xx; SQLSTATE classes above are longer
}
_DETAILS = {
    401: "The database refuses the token.",
    403: "This is not allowed.",
    409: "Something like it exists already.",
    422: "The database cannot hold this.",
    502: "The database's answer cannot be read.",
    503: "The database cannot be reached at the moment.",
}
# Whether the query of the current task has been answered; supabase-py does not report it.
_answered = ContextVar("answered", default=False)


class DatabaseError(Problem):
    """A query failed.

    Attributes:
        code: SQLSTATE or PostgREST's code; empty if no answer came.
    """

    def __init__(self, status: int, code: str, cause: str) -> None:
        headers = {}
        if status == 503:
            headers["Retry-After"] = "1"
        if status == 401:
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        detail = _DETAILS.get(status, "The service failed unexpectedly.")
        super().__init__(status, detail, headers=headers, cause=cause)
        self.code = code


@dataclass(frozen=True)
class CallerDatabase:
    """The tables as one caller sees them."""

    _client: AsyncPostgrestClient

    def table(self, name: str) -> AsyncRequestBuilder:
        """Begin a query on a table."""
        return self._client.from_(name)

    async def rows(self, query: AsyncFilterRequestBuilder | AsyncSelectRequestBuilder) -> list[Row]:
        """Execute a query.

        Raises:
            DatabaseError: it was refused, or no answer came.
        """
        cost = current_cost()
        started_s, waited_s = time.perf_counter(), cost.stages_s["db"]
        _answered.set(False)
        try:
            answer = await query.execute()
        except APIError as error:
            raise _explain(error) from None
        except httpx.HTTPError as error:
            raise DatabaseError(503, "", f"{type(error).__name__}: {error}") from None
        except (ValueError, RecursionError) as error:
            # Before the answer, the request is not valid JSON (NaN, a lone surrogate); after it,
            # the answer cannot be read.
            status = 502 if _answered.get() else 422
            raise DatabaseError(status, "", f"{type(error).__name__}: {error}") from None
        if not isinstance(answer.data, list):
            # An answer that is not JSON arrives here as text.
            raise DatabaseError(502, "", "the answer is not a list of rows")
        waited_s = cost.stages_s["db"] - waited_s
        cost.stages_s["decode"] += time.perf_counter() - started_s - waited_s
        cost.db_rows += len(answer.data)
        return cast("list[Row]", answer.data)


def _explain(error: APIError) -> DatabaseError:
    code = str(error.code or "")
    known = [prefix for prefix in _STATUS_BY_CODE if code.startswith(prefix)]
    status = _STATUS_BY_CODE[max(known, key=len)] if known else 500
    return DatabaseError(status, code, f"{code}: {error.message}")


class Database:
    """The connection pool; `as_caller` gives one caller's view of it."""

    def __init__(self, supabase: AsyncClient) -> None:
        self._supabase = supabase

    def as_caller(self, token: str) -> CallerDatabase:
        """The database as the owner of a token sees it; needs no connection of its own."""
        return CallerDatabase(self._supabase.schema("public").auth(token))

    async def check(self) -> None:
        """Make sure that the database answers a small query.

        Raises:
            DatabaseError: it does not.
        """
        anonymous = CallerDatabase(self._supabase.schema("public"))
        try:
            await anonymous.rows(anonymous.table("workflows").select("id").limit(1))
        except DatabaseError as error:
            # A refusal for lack of privileges is an answer of the database, too.
            if error.code != INSUFFICIENT_PRIVILEGE:
                raise


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the pool, and close it at the end of the block."""
    limits = httpx.Limits(
        max_connections=_CONNECTIONS_MAX,
        max_keepalive_connections=_CONNECTIONS_MAX,
        keepalive_expiry=_KEEPALIVE_S,
    )
    transport_class = (
        _BarePostgrest if settings.supabase_bare_postgrest else httpx.AsyncHTTPTransport
    )
    # No retries: they would make failures look like slow answers.
    transport = transport_class(limits=limits, retries=0)
    async with _MeteredClient(transport=transport, timeout=_TIMEOUT, trust_env=False) as client:
        options = AsyncClientOptions(
            httpx_client=client,
            postgrest_client_retry=False,
            auto_refresh_token=False,
            persist_session=False,
        )
        url = str(settings.supabase_url).rstrip("/")
        yield Database(
            await create_async_client(url, settings.supabase_key.get_secret_value(), options)
        )


class _MeteredClient(httpx.AsyncClient):
    """Adds requests, decoded bytes and waiting time to the current request's cost."""

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        cost = current_cost()
        cost.db_requests += 1
        with stage("db"):
            response = await super().send(request, **options)
        cost.db_bytes += len(response.content)
        _answered.set(True)
        return response


class _BarePostgrest(httpx.AsyncHTTPTransport):
    """Drops the prefix that Supabase's gateway would drop before PostgREST."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.raw_path.startswith(_PREFIX):
            path = request.url.raw_path[len(_PREFIX) - 1 :]
            request.url = request.url.copy_with(raw_path=path)
        return await super().handle_async_request(request)
