"""The application: routes, middleware, and what is opened at its start."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

import pydantic
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import APIRoute
from openfeature.provider import FeatureProvider
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from service import direct_uploads, files, problems, uploads, workflows
from service.admission import Admission
from service.bucket import open_bucket
from service.cleanup import open_cleanup
from service.database import DatabaseError, open_database
from service.deadlines import DeadlineMiddleware, set_deadline
from service.dependencies import CallerDep, FlagsDep, Services, ServicesDep
from service.flags import SECRET_HEADER, FlagReader, is_trusted
from service.keys import open_keys
from service.limits import INTEGER_DIGITS_MAX
from service.pages import routes as pages
from service.pages.answers import ASSETS_PATH, Assets
from service.problems import Problem, documented
from service.rates import Rates
from service.schemas import Health, Me
from service.settings import Settings, read_settings
from service.telemetry import Metrics, TelemetryMiddleware, current_cost, json_response

_router = APIRouter(tags=["service"])

_ROUTERS = (
    _router,
    workflows.router,
    files.router,
    uploads.router,
    direct_uploads.router,
    pages.router,
)

# Whoever watches the service waits less long for an answer than a user.
_READINESS_DEADLINE_S = 2.0


def create_app(
    settings: Settings | None = None, provider: FeatureProvider | None = None
) -> FastAPI:
    """The reference service.

    Args:
        settings: read from the environment unless given.
        provider: an OpenFeature provider that serves the flags instead of the settings.

    Raises:
        SettingsError: a variable of the environment is missing or not valid.
    """
    settings = settings or read_settings()
    sys.set_int_max_str_digits(INTEGER_DIGITS_MAX)
    app = FastAPI(
        title="Versus reference service",
        version="1",
        lifespan=_lifespan(settings, FlagReader(settings.flags, provider)),
        # These pages load scripts from other hosts; /openapi.json stays.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Of any request, before its endpoint.
        responses=documented(400, 408, 414, 431, 503),
    )
    for router in _ROUTERS:
        app.include_router(router)
    app.mount(ASSETS_PATH, Assets())
    _wrap(app, settings)
    return app


def _lifespan(
    settings: Settings, flag_reader: FlagReader
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(flag_reader.open)
        try:
            async with (
                open_database(settings) as database,
                open_bucket(settings) as bucket,
                open_keys(settings) as keys,
                open_cleanup(settings.request_deadline_s) as cleanup,
            ):
                rates = Rates(settings.rate_per_s)
                app.state.services = Services(
                    settings, database, bucket, flag_reader, keys, cleanup, rates
                )
                yield
        finally:
            flag_reader.close()

    return lifespan


def _wrap(app: FastAPI, settings: Settings) -> None:
    """Put the middleware around the application; the one added last is the outermost."""
    metrics = Metrics()
    app.state.metrics = metrics
    secret = settings.versus_override_secret
    secret_bytes = secret.get_secret_value().encode() if secret else None

    def trusts(headers: Headers) -> bool:
        sent = headers.get(SECRET_HEADER)
        # Starlette decoded the header's bytes as Latin-1, so encoding cannot fail.
        return is_trusted(sent.encode("latin-1") if sent is not None else None, secret_bytes)

    problems.install(app)
    app.add_exception_handler(405, _answer_method)
    app.add_exception_handler(pydantic.ValidationError, _answer_unreadable)
    app.add_middleware(DeadlineMiddleware, within_s=settings.request_deadline_s)
    app.add_middleware(Admission, requests_max=settings.requests_max)
    app.add_middleware(problems.UnexpectedErrors)
    app.add_middleware(TelemetryMiddleware, metrics=metrics, trusts=trusts)


@_router.get("/v1/me", response_model=Me, responses=documented(400, 401, 429, 503))
async def me(caller: CallerDep, _: FlagsDep) -> Response:
    """The caller, from the token alone; flags change nothing here, so it serves as the canary."""
    return json_response(Me(id=UUID(caller.id), role=caller.role, email=caller.email))


@_router.get("/healthz", response_model=Health)
async def healthz() -> Response:
    """The process is up."""
    return json_response(Health())


@_router.get("/readyz", response_model=Health, responses=documented(502, 503))
async def readyz(services: ServicesDep) -> Response:
    """The process is up, and within two seconds the database and the bucket answer."""
    with set_deadline(min(_READINESS_DEADLINE_S, services.settings.request_deadline_s)):
        checks = services.database.check(), services.bucket.check()
        for failure in await asyncio.gather(*checks, return_exceptions=True):
            if failure is not None:
                raise failure
    return json_response(Health())


@_router.get("/metrics", response_class=PlainTextResponse, responses=documented(403))
async def metrics(request: Request) -> Response:
    """Prometheus metrics, for callers who send the override secret."""
    if not current_cost().trusted:
        raise Problem(403, f"Metrics are for callers who send {SECRET_HEADER}.")
    collected: Metrics = request.app.state.metrics
    return Response(collected.exposition(), media_type=CONTENT_TYPE_LATEST)


async def _answer_method(request: Request, error: Exception) -> Response:
    """A path may have a route for each method, of which the router names the first only."""
    assert isinstance(error, HTTPException)
    path = getattr(request.scope.get("route"), "path", "")
    methods = {
        method
        for router in _ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.path == path
        for method in route.methods or ()
    }
    # Files, of the assets too, can be read only; for those Starlette names no methods.
    headers = {"Allow": ", ".join(sorted(methods or {"GET", "HEAD"}))}
    return problems.problem_response(Problem(405, error.detail, headers=headers))


async def _answer_unreadable(request: Request, error: Exception) -> Response:
    """Models are made of a caller's body by FastAPI, else of the database's rows."""
    failure = DatabaseError(502, "", f"{type(error).__name__}: {error}")
    problems.log_problem(request.url.path, failure)
    return problems.problem_response(failure)
