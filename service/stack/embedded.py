"""The embedded stack: Postgres, PostgREST and an object store, started and stopped as one."""

import errno
import os
import secrets
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

from service.stack import binaries, object_store, postgres, postgrest, relay
from service.stack.errors import StackError
from service.stack.folders import Instance, claim
from service.stack.object_store import BUCKET, ObjectStore
from service.stack.ports import free_ports
from service.stack.postgres import Postgres
from service.stack.postgrest import AUTHENTICATOR, Postgrest
from service.stack.process import interrupts_deferred
from service.stack.relay import Link, Measured, Relay
from service.stack.seed import SIZES
from service.stack.template import OBJECTS_FOLDER, POSTGRES_FOLDER, copy_template, template_key
from service.stack.tokens import ISSUER, mint_key

_DISK_FULL = os.strerror(errno.ENOSPC)
_Component = TypeVar("_Component", Postgres, Postgrest, ObjectStore, Relay)


@dataclass(frozen=True)
class Endpoints:
    """The addresses of a running stack and the secrets to call it; new at every start.

    Attributes:
        supabase_url: PostgREST's address, or the relay's; tables are directly below it.
        supabase_key: the public key, role anon.
        service_key: the key of service_role, to which row-level security does not apply.
        jwt_secret: signs and checks bearer tokens, HS256.
        pids: process id of each component.
        versions: version of each component.
        link: measured properties of the link to PostgREST and the object store; None without one.
    """

    supabase_url: str
    supabase_key: str
    service_key: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    s3_endpoint: str
    s3_access_key_id: str
    s3_secret_access_key: str = field(repr=False)
    s3_bucket: str
    pids: dict[str, int]
    versions: dict[str, str]
    link: Measured | None = None

    def environment(self) -> dict[str, str]:
        """The environment variables from which the service reads its settings."""
        return {
            "SUPABASE_URL": self.supabase_url,
            "SUPABASE_KEY": self.supabase_key,
            "SUPABASE_JWT_SECRET": self.jwt_secret,
            "SUPABASE_JWT_ISSUER": ISSUER,
            # None, whatever the environment names for another project.
            "SUPABASE_JWKS_URL": "",
            "SUPABASE_BARE_POSTGREST": "1",
            "S3_ENDPOINT": self.s3_endpoint,
            "S3_ACCESS_KEY_ID": self.s3_access_key_id,
            "S3_SECRET_ACCESS_KEY": self.s3_secret_access_key,
            "S3_BUCKET": self.s3_bucket,
            "S3_REGION": "auto",
        }


class Stack:
    """A stack on free loopback ports with its own copy of the seed data, deleted when it stops.

    Attributes:
        size: small, medium or large.
        seed: of the random generator of the data.
        root: the folder of templates, running stacks' data and logs.
        max_rows: the most rows that PostgREST returns for one request.
        say: receives progress messages.
        link: simulated distance to PostgREST and the object store; None for plain loopback.
    """

    def __init__(
        self,
        size: str = "medium",
        seed: int = 1,
        root: Path = Path(".versus"),
        max_rows: int = 1000,
        say: Callable[[str], None] = lambda _: None,
        link: Link | None = None,
    ) -> None:
        if size not in SIZES:
            raise StackError(f"size {size!r} is unknown; choose one of {', '.join(SIZES)}.")
        self.size, self.seed, self.max_rows, self.say = size, seed, max_rows, say
        self.link = link
        self.root = root.resolve()
        self._instance: Instance | None = None
        self._endpoints: Endpoints | None = None
        self._running: list[Postgres | Postgrest | ObjectStore | Relay] = []

    @property
    def template_key(self) -> str:
        """Identifies the content of the seed data: equal keys mean equal data."""
        return template_key(self.size, self.seed)

    @property
    def endpoints(self) -> Endpoints:
        """The addresses and secrets of the running stack."""
        assert self._endpoints is not None, "the stack is not started"
        return self._endpoints

    def postgres_settings(self) -> dict[str, str]:
        """The running server's settings that are not at their default, by name."""
        server = next(part for part in self._running if isinstance(part, Postgres))
        # Without addresses and ports, which are new at every start, and psql's session settings.
        return dict(
            server.psql.query(
                "SELECT name, current_setting(name) FROM pg_settings WHERE source IN "
                "('configuration file', 'command line') AND name !~ 'port|address|directories' "
                "ORDER BY name"
            )
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Endpoints:
        """Start every component and wait until all are ready; a failure leaves nothing running."""
        try:
            self._endpoints = self._start()
        except (OSError, StackError) as error:
            self._shut(keep_logs=True)
            raise StackError(_explain(error, self.root)) from error
        except BaseException:
            self.stop()
            raise
        return self._endpoints

    def stop(self) -> None:
        """Stop every component and remove the data; the logs stay if a component had died."""
        self._shut(keep_logs=self.dead() is not None)

    def dead(self) -> str | None:
        """Why a component died by itself; None while all run."""
        for component in self._running:
            if not component.process.is_alive():
                return component.process.explain_exit()
        return None

    def _shut(self, *, keep_logs: bool) -> None:
        with interrupts_deferred():
            for component in reversed(self._running):
                component.process.request_stop()
            for component in reversed(self._running):
                component.process.stop(_STOP_WITHIN_S[component.name])
            self._running.clear()
            if self._instance is not None:
                self._instance.release(keep_logs=keep_logs)
                self._instance = None

    def _start(self) -> Endpoints:
        versions = binaries.versions()
        with interrupts_deferred():
            self._instance = claim(self.root)
        folder, logs = self._instance.folder, self._instance.logs
        copy_template(self.root, self.size, self.seed, self._instance, self.say)

        jwt_secret, access_key_id, secret_access_key = (secrets.token_hex(24) for _ in range(3))
        passwords = {role: secrets.token_hex(24) for role in (postgres.SUPERUSER, AUTHENTICATOR)}
        postgres_port, *other_ports = free_ports(3 + object_store.PORT_COUNT)
        # The store takes longest, so it starts first and is awaited last.
        store = self._launch(
            lambda: ObjectStore(
                folder / OBJECTS_FOLDER,
                other_ports[2:],
                access_key_id,
                secret_access_key,
                logs / "object_store.log",
                # Its data are deleted with the instance.
                stop_signal=signal.SIGKILL,
            )
        )
        database = self._launch(
            lambda: Postgres(
                folder / POSTGRES_FOLDER, postgres_port, passwords, logs / "postgres.log"
            )
        )
        database.process.await_ready(database.is_ready, postgres.READY_WITHIN_S)
        rest = self._launch(
            lambda: Postgrest(
                folder,
                other_ports[:2],
                postgres_port=postgres_port,
                password=passwords[AUTHENTICATOR],
                jwt_secret=jwt_secret,
                max_rows=self.max_rows,
                log=logs / "postgrest.log",
            )
        )
        rest.process.await_ready(rest.is_ready, postgrest.READY_WITHIN_S)
        store.process.await_ready(store.is_ready, object_store.READY_WITHIN_S)
        supabase_url, s3_endpoint, measured = self._connect(rest, store, logs)
        return Endpoints(
            supabase_url=supabase_url,
            supabase_key=mint_key(jwt_secret, "anon"),
            service_key=mint_key(jwt_secret, "service_role"),
            jwt_secret=jwt_secret,
            s3_endpoint=s3_endpoint,
            s3_access_key_id=access_key_id,
            s3_secret_access_key=secret_access_key,
            s3_bucket=BUCKET,
            pids={component.name: component.process.pid for component in self._running},
            versions=versions,
            link=measured,
        )

    def _connect(
        self, rest: Postgrest, store: ObjectStore, logs: Path
    ) -> tuple[str, str, Measured | None]:
        """The addresses of both for the service, and the measured link, if there is one."""
        link = self.link
        if link is None:
            return rest.url, store.url, None
        through = self._launch(lambda: Relay(link, [rest.port, store.port], logs / "relay.log"))
        measured = through.measure()
        supabase_url, s3_endpoint = through.urls
        return supabase_url, s3_endpoint, measured

    def _launch(self, make: Callable[[], _Component]) -> _Component:
        """Start a component and register it, without interrupts in between."""
        with interrupts_deferred():
            component = make()
            self._running.append(component)
        return component


_STOP_WITHIN_S = {
    Postgres.name: postgres.STOP_WITHIN_S,
    Postgrest.name: postgrest.STOP_WITHIN_S,
    ObjectStore.name: object_store.STOP_WITHIN_S,
    Relay.name: relay.STOP_WITHIN_S,
}


def _explain(error: Exception, root: Path) -> str:
    """One line about a disk that is full, read-only or not permitted; else the error's message."""
    text = str(error)
    if _DISK_FULL in text:
        return f"{root}: {_DISK_FULL}. Free some, or work in a folder on another disk."
    if isinstance(error, OSError):
        path = error.filename or root
        return f"{path}: {error.strerror or text}. Make {root} writable, or work elsewhere."
    return text
