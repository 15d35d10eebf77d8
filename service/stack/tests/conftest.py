from collections.abc import Iterator
from pathlib import Path

import pytest

from service.stack import postgres
from service.stack.folders import claim
from service.stack.migrate import migrate
from service.stack.ports import free_ports
from service.stack.postgres import Postgres, Psql
from service.stack.relay import LINKS, Link
from service.stack.tests.hop import Hop

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own stack folder, so that tests share the seeded template."""
    return PROJECT / ".versus"


@pytest.fixture(scope="session")
def database(root: Path) -> Iterator[Psql]:
    """A migrated database without data, and without anything around it."""
    # Without user namespaces Postgres runs as nobody, who may enter the stack's folders, but not
    # those that pytest makes.
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


@pytest.fixture(scope="session")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hop]:
    """A relay with 20 ms and 50 Mbit/s."""
    hop = Hop(LINKS["wan"], tmp_path_factory.mktemp("wan") / "log")
    with hop.connected():
        pass  # it has started
    yield hop
    hop.stop()


@pytest.fixture(scope="session")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hop]:
    """A relay without delay, and with more bandwidth than it can use."""
    hop = Hop(Link("0,9999", 0.0, 9999e6), tmp_path_factory.mktemp("beside") / "log")
    yield hop
    hop.stop()
