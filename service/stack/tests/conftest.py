from collections.abc import Iterator
from pathlib import Path

import pytest

from service.stack import postgres
from service.stack.folders import claim
from service.stack.migrate import migrate
from service.stack.ports import free_ports
from service.stack.postgres import Postgres, Psql

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own stack folder, so that tests share the seeded template."""
    return PROJECT / ".versus"


@pytest.fixture(scope="session")
def database(root: Path) -> Iterator[Psql]:
    """A migrated database without data, and without anything around it."""
    # Where root may have no user namespace, Postgres runs as nobody, who cannot enter the folders
    # that pytest makes; the stack's own let it pass.
    instance = claim(root)
    data = instance.folder / "data"
    postgres.create(data)
    (port,) = free_ports(1)
    server = Postgres(data, port, {"postgres": "of the tests"}, instance.logs / "postgres.log")
    try:
        server.process.await_ready(server.is_ready, 20)
        migrate(server.psql)
        yield server.psql
    finally:
        server.process.stop(5)
        instance.release(keep_logs=False)
