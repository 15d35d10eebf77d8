"""The cost of each request, in headers for the caller and in metrics for Prometheus.

A cost is collected in a context variable, so the database client and the signer need no argument
for it. Headers are sent with the start of the answer; metrics are updated after its end.
"""

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SERVER_TIMING_HEADER = "Server-Timing"
COST_HEADER = "Versus-Cost"
REQUEST_ID_HEADER = "X-Request-ID"

Stage = Literal["db", "decode", "sign", "store", "serialize"]
STAGES: tuple[Stage, ...] = ("db", "decode", "sign", "store", "serialize")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REQUEST_LABELS = ("route", "method", "status")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass
class RequestCost:
    """The cost of one request so far.

    Attributes:
        trusted: the caller sent the override secret, so stages and counters are sent back.
        db_requests, db_rows, db_bytes: requests to the database, rows in their answers, and the
            size of the decoded bodies.
        urls_signed, signing_threads_peak: signatures, and the most threads that signed at the same
            moment.
        store_requests, store_requests_running, store_requests_peak: requests to the object store,
            those in progress now, and the most in progress at the same moment.
        urls_cached, urls_missed: hits and misses of the URL cache, if it is used.
        stages_s: wall time by stage in seconds: waiting for the database, decoding its answers,
            signing, waiting for the object store, writing JSON.
        versions_s: seconds spent on finding the latest versions, decoding included.
        versions_strategy, signing_strategy, store_strategy: the strategies that ran; empty if none
            did.
    """

    request_id: str = ""
    trusted: bool = False
    db_requests: int = 0
    db_rows: int = 0
    db_bytes: int = 0
    urls_signed: int = 0
    signing_threads_peak: int = 0
    store_requests: int = 0
    store_requests_running: int = 0
    store_requests_peak: int = 0
    urls_cached: int = 0
    urls_missed: int = 0
    stages_s: dict[Stage, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    versions_s: float = 0.0
    versions_strategy: str = ""
    signing_strategy: str = ""
    store_strategy: str = ""


_cost: ContextVar[RequestCost] = ContextVar("request_cost")


def current_cost() -> RequestCost:
    """The cost of the current request; outside of a request a new one, which is discarded."""
    return _cost.get(None) or RequestCost()


@contextmanager
def collect_cost(cost: RequestCost) -> Iterator[RequestCost]:
    """Collect the cost of the block in `cost`."""
    token = _cost.set(cost)
    try:
        yield cost
    finally:
        _cost.reset(token)


@contextmanager
def stage(name: Stage) -> Iterator[None]:
    """Add the block's wall time to a stage of the current request."""
    started_s = time.perf_counter()
    try:
        yield
    finally:
        current_cost().stages_s[name] += time.perf_counter() - started_s


def json_response(
    body: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """An answer with its JSON already written, so that writing is timed as a stage."""
    with stage("serialize"):
        content = body.model_dump_json().encode()
    return Response(content, status, headers, "application/json")


class Metrics:
    """The Prometheus metrics of one application, in their own registry.

    Labels have few values: route templates, known methods, statuses and names of strategies.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._latency = self._histogram(
            "versus_request_seconds", "Time to the start of the answer.", _REQUEST_LABELS
        )
        self._versions = self._histogram(
            "versus_versions_query_seconds", "Finding the latest versions.", ("strategy",)
        )
        self._signing = self._histogram(
            "versus_signing_seconds", "Signing the URLs of a request.", ("strategy",)
        )
        self._storing = self._histogram(
            "versus_store_seconds", "Storing the objects of a request.", ("strategy",)
        )
        self._threads = Histogram(
            "versus_signing_threads_peak",
            "Most threads signing at the same moment in a request.",
            ("strategy",),
            buckets=(1, 2, 4, 8, 16, 20, 32, 64),
            registry=self._registry,
        )
        self._bytes = Counter(
            "versus_database_response_bytes",
            "Decoded body bytes that the database sent.",
            ("route",),
            registry=self._registry,
        )
        self._cache = Counter(
            "versus_url_cache_lookups",
            "Lookups in the cache of signed URLs; hits / all is the hit rate.",
            ("outcome",),
            registry=self._registry,
        )

    def _histogram(self, name: str, text: str, labels: tuple[str, ...]) -> Histogram:
        return Histogram(name, text, labels, buckets=_SECONDS, registry=self._registry)

    def observe(
        self, cost: RequestCost, route: str, method: str, status: int, latency_s: float
    ) -> None:
        """Count one finished request; `latency_s` is the time to the start of its answer."""
        method = method if method in _METHODS else "other"
        self._latency.labels(route, method, str(status)).observe(latency_s)
        if cost.db_bytes:
            self._bytes.labels(route).inc(cost.db_bytes)
        if cost.versions_strategy:
            self._versions.labels(cost.versions_strategy).observe(cost.versions_s)
        if cost.signing_strategy:
            self._signing.labels(cost.signing_strategy).observe(cost.stages_s["sign"])
            self._threads.labels(cost.signing_strategy).observe(cost.signing_threads_peak)
        if cost.store_strategy:
            self._storing.labels(cost.store_strategy).observe(cost.stages_s["store"])
        if cost.urls_cached:
            self._cache.labels("hit").inc(cost.urls_cached)
        if cost.urls_missed:
            self._cache.labels("miss").inc(cost.urls_missed)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class TelemetryMiddleware:
    """Collects the cost of each request, adds it to the headers, and counts it."""

    def __init__(self, app: ASGIApp, metrics: Metrics, trusts: Callable[[Headers], bool]) -> None:
        self._app = app
        self._metrics = metrics
        self._trusts = trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; only HTTP requests have a cost."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cost = RequestCost(_request_id(headers), trusted=self._trusts(headers))
        answer = _Answer(send, cost)
        with collect_cost(cost):
            await self._app(scope, receive, answer.send)
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.observe(cost, route, scope["method"], answer.status, answer.latency_s)


class _Answer:
    """Adds the headers to an answer while it is sent."""

    def __init__(self, send: Send, cost: RequestCost) -> None:
        self._send = send
        self._cost = cost
        self._started_s = time.perf_counter()
        # The CPU time of the process; it is this request's own only if no other runs meanwhile.
        self._cpu_started_s = time.process_time()
        self.status = 0
        self.latency_s = 0.0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID_HEADER] = self._cost.request_id
            if self._cost.trusted:
                cpu_s = time.process_time() - self._cpu_started_s
                headers[COST_HEADER] = format_cost(self._cost, cpu_s)
            self.latency_s = time.perf_counter() - self._started_s
            if self._cost.trusted:
                # Others could read from it what the service does, and what exists.
                headers[SERVER_TIMING_HEADER] = format_server_timing(self._cost, self.latency_s)
        await self._send(message)


def format_server_timing(cost: RequestCost, total_s: float) -> str:
    """The stages and the total as a W3C Server-Timing header, in milliseconds."""
    stages = [*cost.stages_s.items(), ("total", total_s)]
    return ", ".join(f"{name};dur={seconds * 1000:.3f}" for name, seconds in stages)


def format_cost(cost: RequestCost, cpu_s: float) -> str:
    """The counters as `name=value` pairs; `cpu_s` in seconds."""
    return (
        f"db_requests={cost.db_requests}, db_rows={cost.db_rows}, db_bytes={cost.db_bytes}, "
        f"urls_signed={cost.urls_signed}, signing_threads_peak={cost.signing_threads_peak}, "
        f"urls_cached={cost.urls_cached}, "
        f"store_requests={cost.store_requests}, store_requests_peak={cost.store_requests_peak}, "
        f"cpu_s={cpu_s:.6f}"
    )


def _request_id(headers: Headers) -> str:
    """The caller's request id if it is safe in a log, else a new one."""
    sent = headers.get(REQUEST_ID_HEADER, "")
    return sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
