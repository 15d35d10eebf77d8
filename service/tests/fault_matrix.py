"""Every fault of every dependency, and the table of what callers see.

`python -m service.tests.fault_matrix` writes the table into docs/promises.md; a test fails when it
differs.
"""

import re
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from service.app import create_app
from service.stack import mint_token
from service.tests.chain import Chain, Dependency, running_chain
from service.tests.faulty_relay import Fault
from service.tests.support import connect, serve

PAGE = Path(__file__).parents[2] / "docs" / "promises.md"
FILE = ("a.txt", b"some words", "text/plain")
STOP, KILL = "stopped", "killed"
FAULTS = (STOP, KILL, *(fault for fault in Fault if fault is not Fault.NONE))
CELLS = [(dependency, fault) for fault in FAULTS for dependency in Dependency]
LATE_S = 2.0
"""What a busy machine may add to a deadline."""
# PostgREST waits 1, 2, then 4 s between attempts to reach a database that was gone.
RECOVERED_WITHIN_S = {KILL: 10.0}
RECOVERED_WITHIN_DEFAULT_S = 2.0

LIST, UPLOAD = "list", "upload"
REQUESTS: dict[str, Callable[[httpx.Client], httpx.Response]] = {
    LIST: lambda client: client.get("/v1/files?include_urls=true"),
    UPLOAD: lambda client: client.post("/v1/files", files={"file": FILE}),
    "me": lambda client: client.get("/v1/me"),
    "alive": lambda client: client.get("/healthz"),
}
WELL = {LIST: 200, UPLOAD: 201, "me": 200, "alive": 200}


@dataclass(frozen=True)
class Cell:
    """What callers saw of one fault.

    Attributes:
        answers, seconds: by kind of request.
        recovered_s: from the end of the fault until all kinds of requests succeeded.
    """

    dependency: Dependency
    fault: str
    answers: dict[str, httpx.Response]
    seconds: dict[str, float]
    recovered_s: float


def measure(chain: Chain, client: httpx.Client, dependency: Dependency, fault: str) -> Cell:
    """Cause a fault, send one request of each kind at once, end the fault, await recovery."""
    relay = chain.relays[dependency]
    if fault == STOP:
        chain.stop(dependency)
    elif fault == KILL:
        chain.kill(dependency)
    else:
        relay.fault = Fault(fault)
    try:
        with ThreadPoolExecutor(len(REQUESTS)) as pool:
            timed = {kind: pool.submit(_timed, client, kind) for kind in REQUESTS}
            results = {kind: one.result() for kind, one in timed.items()}
    finally:
        if fault == STOP:
            chain.resume(dependency)
        elif fault == KILL:
            chain.start(dependency)
        else:
            relay.fault = Fault.NONE
    return Cell(
        dependency,
        fault,
        {kind: answer for kind, (answer, _) in results.items()},
        {kind: seconds for kind, (_, seconds) in results.items()},
        _recover(client, RECOVERED_WITHIN_S.get(fault, RECOVERED_WITHIN_DEFAULT_S) + 10),
    )


def _timed(client: httpx.Client, kind: str) -> tuple[httpx.Response, float]:
    started_s = time.monotonic()
    answer = REQUESTS[kind](client)
    return answer, time.monotonic() - started_s


def _recover(client: httpx.Client, within_s: float) -> float:
    started_s = time.monotonic()
    for kind, send in REQUESTS.items():
        while send(client).status_code != WELL[kind]:
            if time.monotonic() - started_s > within_s:
                return float("inf")
            time.sleep(0.02)
    return time.monotonic() - started_s


def problems_of(cell: Cell, deadline_s: float) -> list[str]:
    """What is wrong with a cell; empty if all is right."""
    name = f"{cell.dependency} {cell.fault}"
    problems = []
    is_gateway = (
        cell.fault in {Fault.OVERLOADED, Fault.BROKEN}
        and cell.dependency is not Dependency.POSTGRES
    )
    for kind, answer in cell.answers.items():
        status = answer.status_code
        if status not in {WELL[kind], 502, 503}:
            problems.append(f"{name}: {kind} is {status}")
        after = answer.headers.get("Retry-After", "")
        if status == 503 and not (after == "7" if is_gateway else after.isdigit()):
            problems.append(f"{name}: {kind} has Retry-After {after!r}")
        if status >= 400 and answer.headers["Content-Type"] != "application/problem+json":
            problems.append(f"{name}: {kind} is no problem document")
        if cell.seconds[kind] > deadline_s + LATE_S:
            problems.append(f"{name}: {kind} took {cell.seconds[kind]:.1f} s")
    unconcerned = {"me", "alive"} | ({LIST} if cell.dependency is Dependency.STORE else set())
    problems += [
        f"{name}: {kind} does not go on"
        for kind in unconcerned
        if cell.answers[kind].status_code != 200
    ]
    if cell.recovered_s > RECOVERED_WITHIN_S.get(cell.fault, RECOVERED_WITHIN_DEFAULT_S):
        problems.append(f"{name}: recovered after {cell.recovered_s:.1f} s")
    return problems


def written_table(cells: Sequence[Cell]) -> str:
    """The table of docs/promises.md."""
    by_place = {(cell.dependency, cell.fault): cell for cell in cells}
    lines = [
        "| fault | " + " | ".join(Dependency) + " |",
        "|---" * (len(Dependency) + 1) + "|",
    ]
    for fault in FAULTS:
        row = [_written(by_place[dependency, fault]) for dependency in Dependency]
        lines.append(f"| {fault} | " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def _written(cell: Cell) -> str:
    return ", ".join(f"{kind} {cell.answers[kind].status_code}" for kind in (LIST, UPLOAD))


def main() -> None:
    """Measure all cells and write the table."""
    with running_chain() as chain:
        settings = chain.settings.model_copy(update={"request_deadline_s": 1.0})
        token = mint_token(chain.jwt_secret, str(uuid.uuid4()))
        with serve(create_app(settings)) as url, connect(url, token) as client:
            cells = [measure(chain, client, dependency, fault) for dependency, fault in CELLS]
    for cell in cells:
        for problem in problems_of(cell, 1.0):
            print(problem)  # noqa: T201
    page = PAGE.read_text(encoding="utf-8")
    table = re.compile(r"^\| fault \|.*?\n(?!\|)", re.MULTILINE | re.DOTALL)
    PAGE.write_text(table.sub(lambda _: written_table(cells), page, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
