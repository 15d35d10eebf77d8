"""The database: supabase-py over one shared connection pool that counts requests and bytes.

Every query carries the caller's token, so the database's row-level security decides which rows are
visible.
"""

import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
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

from service.connections import PooledClient
from service.deadlines import current_deadline
from service.failures import DependencyError, status_of
from service.settings import Settings
from service.telemetry import current_cost, stage

Row = dict[str, Any]

_PREFIX = b"/rest/v1/"
_CONNECTIONS_MAX = 20
# Apart from the others, so that readiness is known while those all wait.
_READINESS_CONNECTIONS_MAX = 2

UNIQUE_VIOLATION = "23505"
INSUFFICIENT_PRIVILEGE = "42501"
# SQLSTATE has five characters, PostgREST's codes begin with its name. Others are a gateway's, and
# their status decides.
_CODE = re.compile(r"[0-9A-Z]{5}|PGRST\w{3}")
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
}
_DETAILS = {
    401: "The database refuses the token.",
    403: "This is not allowed.",
    409: "Something like it exists already.",
    422: "The database cannot hold this.",
    502: "The database's answer cannot be used.",
    503: "The database cannot be reached at the moment.",
}
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# The answer to the query of the current task; supabase-py does not report it.
_answer: ContextVar[httpx.Response | None] = ContextVar("answer", default=None)


class DatabaseError(DependencyError):
    """A query failed.

    Attributes:
        code: SQLSTATE or PostgREST's code; empty if none arrived.
        refused: the query certainly changed nothing, now or later.
    """

    def __init__(
        self,
        status: int,
        code: str,
        cause: str,
        retry_after: str | None = None,
        *,
        sent: bool = True,
    ) -> None:
        super().__init__(status, _DETAILS[status], cause, retry_after)
        if status == 401:
            self.headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        self.code = code
        self.refused = not sent or bool(code and status < 500)


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
        _answer.set(None)
        deadline = current_deadline()
        try:
            async with deadline.limit():
                answer = await query.execute()
        except APIError as error:
            raise _explain(error, _answer.get()) from None
        except TimeoutError:
            cause = f"no answer within the request's {deadline.within_s:g} s"
            raise DatabaseError(503, "", cause) from None
        except httpx.HTTPError as error:
            sent = not isinstance(error, _NOT_SENT)
            raise DatabaseError(503, "", f"{type(error).__name__}: {error}", sent=sent) from None
        except (ValueError, RecursionError) as error:
            # Before the answer, the request is not valid JSON (NaN, a lone surrogate); after it,
            # the answer cannot be read.
            status = 422 if _answer.get() is None else 502
            raise DatabaseError(status, "", f"{type(error).__name__}: {error}") from None
        columns = _columns(query.request.params.get("select", ""))
        if not isinstance(answer.data, list) or not all(
            isinstance(row, dict) and row.keys() >= columns for row in answer.data
        ):
            # An answer that is not JSON arrives here as text.
            raise DatabaseError(502, "", "the answer is not a list of rows with their columns")
        waited_s = cost.stages_s["db"] - waited_s
        cost.stages_s["decode"] += time.perf_counter() - started_s - waited_s
        cost.db_rows += len(answer.data)
        return cast("list[Row]", answer.data)

    async def row(self, query: AsyncFilterRequestBuilder | AsyncSelectRequestBuilder) -> Row:
        """Execute a query whose answer is one row.

        Raises:
            DatabaseError: it was refused, or the answer is not one row.
        """
        rows = await self.rows(query)
        if len(rows) != 1:
            raise DatabaseError(502, "", f"the answer has {len(rows)} rows; expected 1")
        return rows[0]


@lru_cache(maxsize=100)
def _columns(select: str) -> frozenset[str]:
    """The names that a row has, by the list of columns that was requested."""
    parts = (part.partition(":")[0].strip() for part in re.split(r"[,()]", select))
    return frozenset(part for part in parts if part not in {"", "*"} and not part.startswith("."))


def _explain(error: APIError, answer: httpx.Response | None) -> DatabaseError:
    """What the database or PostgREST says of a failure; else its gateway answered."""
    answered = 0 if answer is None else answer.status_code
    retry_after = None if answer is None else answer.headers.get("Retry-After")
    cause = f"{answered} {error.code}: {error.message}"
    code = str(error.code or "")
    if error.code == "":
        # PostgREST's 400 for a database that hung up in the middle of a query.
        return DatabaseError(503, "", cause, retry_after)
    if not _CODE.fullmatch(code):
        return DatabaseError(status_of(answered), "", cause, retry_after)
    known = [prefix for prefix in _STATUS_BY_CODE if code.startswith(prefix)]
    status = _STATUS_BY_CODE[max(known, key=len)] if known else 502
    return DatabaseError(status, code, cause, retry_after)


class Database:
    """The connection pool; `as_caller` gives one caller's view of it."""

    def __init__(self, supabase: AsyncClient, readiness: AsyncClient) -> None:
        self._supabase = supabase
        self._readiness = readiness

    def as_caller(self, token: str) -> CallerDatabase:
        """The database as the owner of a token sees it; needs no connection of its own."""
        return CallerDatabase(self._supabase.schema("public").auth(token))

    async def check(self) -> None:
        """Make sure that the database answers a small query, by a connection kept for this.

        Raises:
            DatabaseError: it does not.
        """
        anonymous = CallerDatabase(self._readiness.schema("public"))
        try:
            await anonymous.rows(anonymous.table("workflows").select("id").limit(1))
        except DatabaseError as error:
            # A refusal for lack of privileges is an answer of the database, too.
            if error.code != INSUFFICIENT_PRIVILEGE:
                raise


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the pools, and close them at the end of the block."""
    async with AsyncExitStack() as opened:

        async def connect(connections_max: int) -> AsyncClient:
            client = await opened.enter_async_context(_metered(settings, connections_max))
            return await create_async_client(
                str(settings.supabase_url).rstrip("/"),
                settings.supabase_key.get_secret_value(),
                AsyncClientOptions(
                    httpx_client=client,
                    postgrest_client_retry=False,
                    auto_refresh_token=False,
                    persist_session=False,
                ),
            )

        yield Database(await connect(_CONNECTIONS_MAX), await connect(_READINESS_CONNECTIONS_MAX))


def _metered(settings: Settings, connections_max: int) -> "_MeteredClient":
    if settings.supabase_bare_postgrest:
        return _MeteredClient(connections_max, _BarePostgrest)
    return _MeteredClient(connections_max)


class _MeteredClient(PooledClient):
    """Adds requests, decoded bytes and waiting time to the current request's cost."""

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        cost = current_cost()
        cost.db_requests += 1
        with stage("db"):
            async with self.slots.taken():
                response = await super().send(request, **options)
        cost.db_bytes += len(response.content)
        _answer.set(response)
        return response


class _BarePostgrest(httpx.AsyncHTTPTransport):
    """Drops the prefix that Supabase's gateway would drop before PostgREST."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.raw_path.startswith(_PREFIX):
            path = request.url.raw_path[len(_PREFIX) - 1 :]
            request.url = request.url.copy_with(raw_path=path)
        return await super().handle_async_request(request)
