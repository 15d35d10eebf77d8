"""Sends a configuration's scenarios once in each variant, without a generator; and a server."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from contract.run.observation import Observation, Place
from loadtests.planning.plan import Job, Plan, load_plan
from loadtests.probes.http.exchange import Exchange

TARGET = '[target]\nurl = "{url}"\ntimeout_s = 3\n[variants.only]\n[variants.other]\n'


def job_of(plan: Plan, callers: Mapping[str, str] | None = None) -> Job:
    """What a generator would get, some scenarios with a caller."""
    asked = tuple(
        one.model_copy(update={"caller": (callers or {}).get(one.name)}) for one in plan.scenarios
    )
    return Job(
        "",
        plan.urls,
        plan.headers,
        1,
        plan.variants,
        asked,
        plan.profile,
        plan.load,
        plan.target,
        callers={"newcomer": {"Authorization": "newcomer"}},
        tls=plan.tls,
    )


def sent(
    job: Job, variants: int, *, from_due: bool = False, between: Callable[[], object] = int
) -> Iterator[Observation]:
    """Every scenario in the first variants, due at 0 and sent ten seconds later."""
    exchange = Exchange(job, from_due=from_due)
    try:
        for scenario in range(len(job.scenarios)):
            for variant in range(variants):
                yield exchange.send(
                    Place(scenario, variant, 0, 0, 0, warmup=False, intended_s=0.0, start_s=10.0)
                )
                between()
    finally:
        exchange.close()


def observed(
    tmp_path: Path, url: str, scenarios: str, between: Callable[[], object] = int, more: str = ""
) -> list[Observation]:
    """What each scenario gives in one variant, over the connections of one client.

    `more`: lines of the target.
    """
    config = tmp_path / "versus.toml"
    target = TARGET.format(url=url).replace("[variants", f"{more}[variants", 1)
    config.write_text(target + scenarios, encoding="utf-8")
    return [*sent(job_of(load_plan(config, seed=1)), variants=1, between=between)]


def scenarios(*requests: str) -> str:
    """A scenario for each request."""
    return "".join(
        f'[[scenarios]]\nname = "x{number}"\nrequest = "{request}"\n'
        for number, request in enumerate(requests)
    )


@contextmanager
def server(
    serve: Callable[[socket.socket, int], None],
    address: tuple[str, int] | str = ("127.0.0.1", 0),
) -> Iterator[str]:
    """Calls a function with each connection and its number, in threads of their own.

    `address`: of a host, or the path of a socket.
    """

    def accept() -> None:
        number = 0
        with suppress(OSError):
            while True:
                connection = listening.accept()[0]
                threading.Thread(target=run, args=(connection, number), daemon=True).start()
                number += 1

    def run(connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            serve(connection, number)

    family, host = socket.AF_UNIX, ""
    if isinstance(address, tuple):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
    with socket.socket(family) as listening:
        listening.bind(address)
        listening.listen(100)
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://{host}:{listening.getsockname()[1]}" if host else f"unix:{address}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
