"""The dependencies of endpoints: annotated types for their signatures."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.auth import Caller, authenticate
from service.bucket import Bucket
from service.cleanup import Cleanup
from service.database import CallerDatabase, Database
from service.flags import FLAGS_HEADER, FlagReader, Flags, parse_overrides
from service.keys import Keys
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


# Coroutines, because FastAPI runs other functions in a thread, which takes longer than their work.
async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
_bearer = HTTPBearer(auto_error=False, description="A Supabase access token.")


async def _caller(
    services: ServicesDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    token = credentials.credentials if credentials else None
    return await authenticate(token, services.keys, services.settings.issuer)


CallerDep = Annotated[Caller, Depends(_caller)]


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
