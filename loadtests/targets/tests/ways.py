"""Every way to start or reach a target, for the contract suite `check_target`.

`python -m loadtests.targets.tests.ways NAME FOLDER` opens one, prints the process ids behind it and
holds it, so that a test can kill its parent.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.planning.addresses import Server
from loadtests.planning.plan import Plan, load_plan
from loadtests.revisions.target import open_both
from loadtests.targets.servers import Servers
from loadtests.targets.supervisor import supervised
from loadtests.targets.target import Target, open_target
from loadtests.tests.repositories import new_repository

ROOT = Path(__file__).parents[3]
STRANGE = ROOT / "loadtests" / "tests" / "strange_server.py"
CONFIG = """
[target]
{target}

[variants.before]
{before}
[variants.after]
{after}

[[scenarios]]
name = "one"
request = "GET /echo"
"""


@dataclass(frozen=True)
class Way:
    """One way to start or reach a target.

    Attributes:
        open: the target during a `with` block, in an empty folder.
        open_broken: the same with a server that cannot serve.
        failure: what the error of the broken one says, as a pattern.
        path: answers with status 200.
        servers: how many addresses there are for the two variants.
        is_started: whether Versus starts it, so that its end is noticed.
    """

    open: Callable[[Path], AbstractAsyncContextManager[Target]]
    open_broken: Callable[[Path], AbstractAsyncContextManager[Target]]
    failure: str
    path: str = "/echo"
    servers: int = 1
    is_started: bool = True


def make_plan(folder: Path, target: str, before: str = "", after: str = "") -> Plan:
    """The plan of a configuration that is written into the folder."""
    config = folder / "versus.toml"
    config.write_text(CONFIG.format(target=target, before=before, after=after), encoding="utf-8")
    return load_plan(config, seed=1)


def command(mode: str) -> str:
    """The configuration's command for the test server."""
    return f"command = {json.dumps([sys.executable, str(STRANGE), mode])}"


def _open_command(folder: Path, mode: str = "fork") -> AbstractAsyncContextManager[Target]:
    return open_target(make_plan(folder, command(mode)), folder, _ignore)


def _open_several(folder: Path, mode: str = "serve") -> AbstractAsyncContextManager[Target]:
    own = [f'environment = {{ MODE = "{name}" }}' for name in ("before", "after")]
    return open_target(make_plan(folder, command(mode), *own), folder, _ignore)


@asynccontextmanager
async def _open_url(folder: Path) -> AsyncIterator[Target]:
    server = Server("", (sys.executable, str(STRANGE), "serve"), str(folder), {}, (), "/echo", 20)
    servers = Servers([server], folder, 1)
    (running,) = await servers.start()
    try:
        plan = make_plan(folder, f'url = "{running.base_url}"')
        async with open_target(plan, folder, _ignore) as target:
            yield target
    finally:
        await servers.stop()


def _open_url_of_nobody(folder: Path) -> AbstractAsyncContextManager[Target]:
    return open_target(make_plan(folder, 'url = "http://127.0.0.1:1"'), folder, _ignore)


@asynccontextmanager
async def _open_revisions(folder: Path, mode: str = "serve") -> AsyncIterator[Target]:
    """Base and head, restarted once."""
    repository = new_repository(folder / "project")
    repository.commit("one", {"server.py": STRANGE.read_text(encoding="utf-8")})
    repository.commit("two", {"new.py": ""})
    plan = repository.plan(f"command = {json.dumps([sys.executable, 'server.py', mode])}")
    async with open_both(plan, repository.change(), folder, _ignore) as target:
        assert target.restarted is not None
        started = await target.restarted.start()
        yield replace(
            target,
            base_urls=tuple(one.base_url for one in started),
            pids={one.server.name: one.process.pid for one in started},
        )


def _open_stack(folder: Path) -> AbstractAsyncContextManager[Target]:
    os.chdir(ROOT)
    plan = make_plan(folder, 'start = "service"')
    small = plan.profile.model_copy(update={"size": "small"})
    return open_target(replace(plan, profile=small), folder, _ignore)


@asynccontextmanager
async def _open_wrong_stack(folder: Path) -> AsyncIterator[Target]:
    async with supervised(["--size", "none"], folder, _ignore) as (_, died):
        yield Target((), {}, died)


def _ignore(_line: str) -> None:
    pass


_NO_DATABASE = r"exited with 1; output: no database, tried "
WAYS = {
    "command": Way(_open_command, lambda folder: _open_command(folder, "fail"), _NO_DATABASE),
    "several": Way(
        _open_several, lambda folder: _open_several(folder, "fail"), _NO_DATABASE, servers=2
    ),
    "url": Way(_open_url, _open_url_of_nobody, "nothing answers at", is_started=False),
    "revisions": Way(
        _open_revisions, lambda folder: _open_revisions(folder, "fail"), _NO_DATABASE, servers=2
    ),
    "stack": Way(_open_stack, _open_wrong_stack, "invalid choice: 'none'", path="/readyz"),
}


async def _hold(way: Way, folder: Path) -> None:
    async with way.open(folder) as target:
        sys.stdout.write(f"{json.dumps(list(target.pids.values()))}\n")
        sys.stdout.flush()
        await target.died


if __name__ == "__main__":
    asyncio.run(_hold(WAYS[sys.argv[1]], Path(sys.argv[2])))
