"""The dependencies of endpoints: annotated types for their signatures."""

import math
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.auth import Caller, authenticate
from service.bucket import Bucket
from service.cleanup import Cleanup
from service.database import CallerDatabase, Database
from service.flags import FLAGS_HEADER, FlagReader, Flags, parse_overrides
from service.keys import Keys
from service.problems import Problem
from service.rates import Rates
from service.settings import Settings
from service.telemetry import current_cost


@dataclass(frozen=True)
class Services:
    """What the application opens at its start and shares between requests."""

    settings: Settings
    database: Database
    bucket: Bucket
    flag_reader: FlagReader
    keys: Keys
    cleanup: Cleanup
    rates: Rates


# Coroutines, because FastAPI runs other functions in a thread, which takes longer than their work.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
_bearer = HTTPBearer(auto_error=False, description="A Supabase access token.")


async def identify(request: Request, services: Services, token: str | None) -> Caller:
    """The caller of a request, who has not sent too many.

    Raises:
        Problem: 401; the token is missing or not valid. 429; there were too many. 503; the
            token's key cannot be fetched.
    """
    try:
        caller = await authenticate(token, services.keys, services.settings.issuer)
    except Problem:
        _count(services.rates, f"address {request.client.host if request.client else ''}")
        raise
    _count(services.rates, caller.id)
    return caller


def _count(rates: Rates, sender: str) -> None:
    wait_s = rates.wait_s(sender)
    if wait_s:
        headers = {"Retry-After": str(math.ceil(wait_s))}
        raise Problem(429, "Too many requests in the last seconds; send fewer.", headers=headers)


async def _caller(
    request: Request,
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    known: Caller | None = getattr(request.state, "caller", None)
    if known is None:
        token = credentials.credentials if credentials else None
        known = await identify(request, services, token)
    return known


CallerDep = Annotated[Caller, Depends(_caller)]


class CallerRoute(APIRoute):
    """Identifies the caller before the body is read; FastAPI's own route reads it first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI, after the check of the caller."""
        handle = super().get_route_handler()

        async def identify_and_handle(request: Request) -> Response:
            services = await _services(request)
            request.state.caller = await _caller(request, services, await _bearer(request))
            return await handle(request)

        return identify_and_handle


async def _flags(request: Request, services: ServicesDep, caller: CallerDep) -> Flags:
    """The request's flags, resolved once; overrides of callers who are not trusted are ignored."""
    overrides = request.headers.getlist(FLAGS_HEADER) if current_cost().trusted else []
    return await services.flag_reader.read(caller.id, parse_overrides(",".join(overrides)))


FlagsDep = Annotated[Flags, Depends(_flags)]


async def _database(services: ServicesDep, caller: CallerDep) -> CallerDatabase:
    return services.database.as_caller(caller.token)


async def _bucket(services: ServicesDep) -> Bucket:
    return services.bucket


DatabaseDep = Annotated[CallerDatabase, Depends(_database)]
BucketDep = Annotated[Bucket, Depends(_bucket)]
