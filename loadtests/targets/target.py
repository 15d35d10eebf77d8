"""The service under test: one that Versus starts, or one that is already there.

The reference service's stack reports when it is ready; any other server gets requests until it
answers.
"""

import asyncio
import errno
import os
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.run.record import RevisionsRecord
from loadtests.machine.facts import git_line
from loadtests.planning.addresses import Server
from loadtests.planning.authorities import TlsFiles
from loadtests.planning.gaps import fill_server, have_gaps, own_gaps
from loadtests.planning.plan import Plan
from loadtests.planning.suite import Suite
from loadtests.probes.http.connections import Origin
from loadtests.probes.http.tls import client_context, explain_tls
from loadtests.targets.processes import given_pids
from loadtests.targets.readiness import open_stream, unreported
from loadtests.targets.servers import Servers, TargetError
from loadtests.targets.stack import facts_of, stack_options
from loadtests.targets.supervisor import supervised

if TYPE_CHECKING:
    from loadtests.checking.first_answers import FirstAnswers

CONNECT_WITHIN_S = 5.0
REFUSED_WITHIN_S = 1.0
"""So long a service may take to refuse a client's certificate, or that there is none."""


@dataclass(frozen=True)
class Target:
    """A service that answers.

    Attributes:
        base_urls: where each variant answers, without a trailing slash.
        headers: authenticate each request; they hold secrets.
        pids: its processes, by name; empty if it was not started here.
        served_by: the first process of each variant's service; empty where unknown.
        parts: the first process of what the services need and all variants share, by name.
        facts: for the record.
        environment: for child processes that need the same backends; holds secrets.
        died: done when the target has ended by itself; its value says how.
        restarted: its servers, if they are restarted repeatedly.
        callers: headers of other users, by name; they hold secrets.
        suite: replaces the plan's, if its variants are known only with the target.
        revisions: what shows that each of two revisions runs its own code.
        environments: variables of each variant's own server; empty where none has one.
        first_answers: what the answers of two revisions showed before measuring, by scenario.
    """

    base_urls: tuple[str, ...]
    headers: Mapping[str, str]
    died: "asyncio.Future[str]"
    pids: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    restarted: Servers | None = None
    callers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    suite: Suite | None = None
    revisions: RevisionsRecord | None = None
    first_answers: "tuple[FirstAnswers, ...]" = ()
    served_by: tuple[int, ...] = ()
    parts: Mapping[str, int] = field(default_factory=dict)
    environments: tuple[Mapping[str, str], ...] = ()


@asynccontextmanager
async def open_target(
    plan: Plan,
    folder: Path,
    say: Callable[[str], None],
    wait: Callable[[str], None] = unreported,
) -> AsyncIterator[Target]:
    """The plan's target during a `with` block, ready to answer.

    Args:
        plan: what to start, or the url of a running service.
        folder: the run's; takes the logs of servers.
        say: takes a line of progress.
        wait: takes a line each second while a server is waited for.

    Raises:
        TargetError: it did not become ready.
    """
    if plan.urls:
        yield await _reached(plan)
    elif plan.servers:
        async with _started_servers(plan, folder, say, wait) as target:
            yield target
    else:
        async with _started_service(plan, say) as target:
            yield target


async def _reached(plan: Plan) -> Target:
    urls = dict(zip(plan.variants, plan.urls, strict=True))
    await reach(plan)
    pids = given_pids(plan)
    never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    facts = {"urls": urls, "separate_servers": True}
    if len(set(plan.urls)) == 1:
        facts = {"url": plan.urls[0]}
    return Target(plan.urls, {}, never, facts=facts, served_by=pids)


async def reach(plan: Plan) -> None:
    """Connect to every address once, with TLS where that is spoken, and send nothing.

    Raises:
        TargetError: one cannot be reached; one line that says why and what to do.
    """
    for url in dict.fromkeys(plan.urls):
        await _reach(url, plan.target.host or "", plan.tls)


async def _reach(url: str, own_host: str, files: TlsFiles) -> None:
    origin = Origin.of(url, own_host)
    context = client_context(files) if origin.tls else None
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            reader, writer = await open_stream(origin, context)
    except ssl.SSLError as error:
        raise TargetError(f"{url}: {explain_tls(error)}.") from None
    except (OSError, TimeoutError) as error:
        why = f"no answer within {CONNECT_WITHIN_S:g} s"
        if not isinstance(error, TimeoutError):
            # asyncio repeats the address in its own words.
            is_plain = isinstance(error.errno, int) and error.errno in errno.errorcode
            why = os.strerror(error.errno or 0) if is_plain else str(error.strerror or error)
        tls = " in TLS" if context else ""
        raise TargetError(
            f"nothing answers{tls} at {url} ({why.lower()}). Start the service, or correct its url."
        ) from None
    try:
        if context:
            await _check_accepted(url, reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _check_accepted(url: str, reader: asyncio.StreamReader) -> None:
    """Since TLS 1.3 a client has connected before the service has seen its certificate."""
    with suppress(TimeoutError):
        try:
            async with asyncio.timeout(REFUSED_WITHIN_S):
                await reader.read(1)
        except ssl.SSLError as error:
            raise TargetError(f"{url}: {explain_tls(error)}.") from None
        except OSError:
            pass  # Only the first request shows whether that means anything.


@asynccontextmanager
async def _started_servers(
    plan: Plan, folder: Path, say: Callable[[str], None], wait: Callable[[str], None]
) -> AsyncIterator[Target]:
    ready = [_filled(server) for server in plan.servers]
    servers = Servers(ready, folder, plan.seed, one_by_one=True, report=wait)
    try:
        say(f"starting {', '.join(server.title for server in plan.servers)}")
        started = await servers.start()
        for line in filter(None, (one.unexpected_address for one in started)):
            say(line)
        facts: dict[str, Any] = {"start": "command"}
        if len(started) > 1:
            facts |= {"separate_servers": True, "start_order": list(servers.starts[0])}
            facts |= {"hash_seed": servers.hash_seeds[0]}
        by_variant = {running.server.variant: running for running in started}
        serving = [by_variant.get(name) or by_variant[""] for name in plan.variants]
        yield Target(
            base_urls=tuple(one.base_url for one in serving),
            served_by=tuple(one.process.pid for one in serving),
            environments=tuple(one.environment for one in serving),
            headers={},
            died=servers.died,
            pids={running.server.name: running.process.pid for running in started},
            facts=facts,
        )
    finally:
        await servers.stop()


def _filled(server: Server) -> Server:
    """The server as that of the head, where no revisions are compared."""
    if not have_gaps((*server.command, *server.environment.values())):
        return server
    commit, top = (
        git_line(Path(server.cwd), "rev-parse", what) for what in ("HEAD", "--show-toplevel")
    )
    return fill_server(server, own_gaps("head", commit or "none", top or server.cwd))


@asynccontextmanager
async def _started_service(plan: Plan, say: Callable[[str], None]) -> AsyncIterator[Target]:
    async with supervised(stack_options(plan), plan.folder, say) as (ready, died):
        yield _target(plan, ready, died)


def _target(plan: Plan, ready: Mapping[str, Any], died: "asyncio.Future[str]") -> Target:
    return Target(
        base_urls=(ready["base_url"],) * len(plan.variants),
        served_by=(ready["pids"]["service"],) * len(plan.variants),
        parts={name: pid for name, pid in ready["pids"].items() if name != "service"},
        headers=ready["headers"],
        died=died,
        pids=ready["pids"],
        facts=facts_of(ready),
        environment=ready["environment"],
        callers=ready["callers"],
    )
