"""The stack as a chain whose links can fail: Postgres, PostgREST and a store behind relays."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

import psutil

from service.settings import Settings, read_settings
from service.stack import object_store, postgres
from service.stack.folders import claim
from service.stack.object_store import BUCKET, ObjectStore
from service.stack.ports import free_ports
from service.stack.postgres import Postgres
from service.stack.postgrest import AUTHENTICATOR, Postgrest
from service.stack.template import OBJECTS_FOLDER, POSTGRES_FOLDER, copy_template
from service.stack.tokens import ISSUER, mint_key
from service.tests.faulty_relay import FaultyRelay, http_answer, postgres_answer
from service.tests.support import OVERRIDE_SECRET

ROOT = Path(__file__).parents[2] / ".versus"
_Component = Postgres | Postgrest | ObjectStore


class Dependency(StrEnum):
    """What the service depends on."""

    POSTGRES = "Postgres"
    POSTGREST = "PostgREST"
    STORE = "store"


class Chain:
    """Running components; each can be stopped, continued, killed and started again.

    Attributes:
        relays: each in front of its dependency.
        settings: of a service on this chain.
        jwt_secret: signs tokens.
    """

    def __init__(self, relays: dict[Dependency, FaultyRelay], settings: Settings) -> None:
        self.relays = relays
        self.settings = settings
        self.jwt_secret = _secret_of(settings)
        self._make: dict[Dependency, Callable[[], _Component]] = {}
        self._running: dict[Dependency, _Component] = {}

    def start(self, name: Dependency, make: Callable[[], _Component] | None = None) -> None:
        """Start a component, and wait until it is ready."""
        self._make[name] = make or self._make[name]
        self._running[name] = component = self._make[name]()
        component.process.await_ready(component.is_ready, 20)

    def kill(self, name: Dependency) -> None:
        """End it as a machine that fails does."""
        for process in self._processes(name):
            process.kill()
        self._running[name].process.stop(5)

    def stop(self, name: Dependency) -> None:
        """Let it keep its connections and answer nothing."""
        for process in self._processes(name):
            process.suspend()

    def resume(self, name: Dependency) -> None:
        """Let it go on."""
        for process in self._processes(name):
            process.resume()

    def close(self) -> None:
        """Stop all components."""
        for name in self._running:
            self.resume(name)
        for component in self._running.values():
            component.process.request_stop()
        for component in self._running.values():
            component.process.stop(5)

    def _processes(self, name: Dependency) -> list[psutil.Process]:
        # Each of Postgres' processes is in a session of its own.
        try:
            first = psutil.Process(self._running[name].process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def _secret_of(settings: Settings) -> str:
    assert settings.supabase_jwt_secret is not None
    return settings.supabase_jwt_secret.get_secret_value()


@contextmanager
def running_chain(jwt_keys: str | None = None) -> Iterator[Chain]:
    """A chain with the small seed data.

    Args:
        jwt_keys: a key set with which PostgREST checks tokens, in addition to its secret.
    """
    secret, access_key_id, secret_access_key = (secrets.token_hex(24) for _ in range(3))
    passwords = {role: secrets.token_hex(24) for role in (postgres.SUPERUSER, AUTHENTICATOR)}
    database_port, *ports = free_ports(3 + object_store.PORT_COUNT)
    rest_ports, store_ports = ports[:2], ports[2:]
    with ExitStack() as closing:
        instance = claim(ROOT)
        closing.callback(instance.release, keep_logs=False)
        folder, logs = instance.folder, instance.logs
        copy_template(ROOT, "small", 1, instance, lambda _: None)
        relays = {
            Dependency.POSTGRES: FaultyRelay(database_port, postgres_answer),
            Dependency.POSTGREST: FaultyRelay(rest_ports[0], http_answer),
            Dependency.STORE: FaultyRelay(store_ports[0], http_answer),
        }
        for relay in relays.values():
            closing.enter_context(relay)
        settings = read_settings(
            supabase_url=f"http://127.0.0.1:{relays[Dependency.POSTGREST].port}",
            supabase_key=mint_key(secret, "anon"),
            supabase_jwt_secret=secret,
            supabase_jwt_issuer=ISSUER,
            supabase_bare_postgrest=True,
            s3_endpoint=f"http://127.0.0.1:{relays[Dependency.STORE].port}",
            s3_access_key_id=access_key_id,
            s3_secret_access_key=secret_access_key,
            s3_bucket=BUCKET,
            versus_override_secret=OVERRIDE_SECRET,
            rate_per_s=0,
        )
        chain = Chain(relays, settings)
        closing.callback(chain.close)
        chain.start(
            Dependency.POSTGRES,
            lambda: Postgres(
                folder / POSTGRES_FOLDER, database_port, passwords, logs / "postgres.log"
            ),
        )
        chain.start(
            Dependency.POSTGREST,
            lambda: Postgrest(
                folder,
                rest_ports,
                postgres_port=relays[Dependency.POSTGRES].port,
                password=passwords[AUTHENTICATOR],
                jwt_secret=jwt_keys or secret,
                max_rows=1000,
                log=logs / "postgrest.log",
            ),
        )
        chain.start(
            Dependency.STORE,
            lambda: ObjectStore(
                folder / OBJECTS_FOLDER,
                store_ports,
                access_key_id,
                secret_access_key,
                logs / "object_store.log",
            ),
        )
        yield chain
