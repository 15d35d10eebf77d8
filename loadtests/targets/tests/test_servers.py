"""Servers of a configuration's commands: order, readiness, and what is said when they fail."""

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import psutil
import pytest

from loadtests.planning.addresses import Server
from loadtests.targets.servers import RunningServer, Servers, TargetError

STRANGE = str(Path(__file__).parents[2] / "tests" / "strange_server.py")
SERVE = (sys.executable, STRANGE, "serve")
# Without site-packages it starts at once.
BUSY = """
import os, socket
with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as listening:
    while True:
        connection, _ = listening.accept()
        connection.recv(9999)
        connection.sendall(b"HTTP/1.1 503 Busy\\r\\n\\r\\n")
        connection.close()
"""


def server(
    *command: str, variant: str = "", ready: str | None = None, ready_s: float = 20.0, **more: str
) -> Server:
    environment = {"MODE": variant, **more}
    hidden = tuple(more.values())
    return Server(variant, command, str(Path.cwd()), environment, hidden, ready, ready_s)


def started(
    servers: Sequence[Server], folder: Path, seed: int = 1, *, one_by_one: bool = False
) -> tuple[list[str], tuple[str, ...]]:
    """What each server says of its own variant, and the order of starts."""

    async def run() -> tuple[list[str], tuple[str, ...]]:
        group = Servers(servers, folder, seed, one_by_one=one_by_one)
        try:
            running = await group.start()
            async with httpx.AsyncClient() as client:
                answers = [(await client.get(f"{one.base_url}/echo")).json() for one in running]
        finally:
            await group.stop()
        return [answer["mode"] for answer in answers], group.starts[0]

    return asyncio.run(run())


SERVE_SOCKET = """
import os, socket, socketserver, sys
from http.server import BaseHTTPRequestHandler

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_):
        pass

    def address_string(self):
        return "socket"

socketserver.ThreadingUnixStreamServer(sys.argv[1], Handler).serve_forever()
"""


def test_a_server_can_listen_at_a_socket(tmp_path: Path) -> None:
    """In a folder that only its user can enter, and that is gone afterwards."""
    listening = server(sys.executable, "-c", SERVE_SOCKET, "{socket}", ready="/up")

    async def run() -> tuple[str, int]:
        group = Servers([listening], tmp_path, 1)
        try:
            (running,) = await group.start()
            transport = httpx.AsyncHTTPTransport(uds=running.socket)
            async with httpx.AsyncClient(transport=transport) as client:
                assert "/x" == (await client.get("http://localhost/x")).text
            assert f"unix:{running.socket}" == running.base_url
            return running.socket, Path(running.socket).parent.stat().st_mode & 0o777
        finally:
            await group.stop()

    path, mode = asyncio.run(run())

    assert 0o700 == mode
    assert not Path(path).parent.exists()


def test_a_server_that_listens_at_no_socket_is_told_where(tmp_path: Path) -> None:
    """What it does instead, and what it must do."""
    text = refused(server(*SERVE, ready_s=1.5, WHERE="{socket}"), tmp_path)

    assert re.search(r"is not ready at unix:/\S+ after 1\.5 s \(no such file or directory\)", text)
    assert re.search(r"it listens at 127\.0\.0\.1:\d+ instead of its \{socket\}", text)
    assert "It must listen at the unix socket that {socket} stands for" in text


def test_a_socket_needs_a_short_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system allows no long paths; the message says what to set."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    text = refused(server("sleep", "9", "{socket}"), tmp_path)

    assert re.search(r"the path that stands for \{socket\} has \d{3} bytes, of at most 10", text)
    assert "Set TMPDIR to a shorter folder, such as /tmp." in text


def test_a_program_that_was_not_built_is_named(tmp_path: Path) -> None:
    """A build may end well and still not make it."""
    assert "bin/server is missing in " in refused(server("bin/server"), tmp_path)


def refused(one: Server, folder: Path) -> str:
    with pytest.raises(TargetError) as caught:
        started([one], folder)
    assert 1 == len(str(caught.value).splitlines())
    return str(caught.value)


def test_the_seed_decides_the_order_of_starts(tmp_path: Path) -> None:
    """Servers come back in the order given, whichever was started first."""
    servers = [server(*SERVE, variant=name) for name in ("before", "after")]
    starts = [started(servers, tmp_path, seed) for seed in (1, 1, 5)]

    assert [["before", "after"]] * 3 == [modes for modes, _ in starts]
    assert starts[0] == starts[1]
    assert {("before", "after"), ("after", "before")} == {order for _, order in starts}


@pytest.mark.parametrize(("one_by_one", "expected"), [(True, 1), (False, 2)])
def test_one_by_one_a_failure_keeps_the_next_from_starting(
    tmp_path: Path, expected: int, *, one_by_one: bool
) -> None:
    """Side by side, both are started before either is awaited."""
    servers = [server("sh", "-c", "echo no; exit 1", variant=name) for name in ("a", "b")]
    with pytest.raises(TargetError):
        started(servers, tmp_path, one_by_one=one_by_one)

    assert expected == len(list(tmp_path.glob("service_*.log")))


def test_a_restart_is_a_new_process_at_a_new_start(tmp_path: Path) -> None:
    """The old ones have ended; each start is recorded, and their end is no death."""

    async def run() -> tuple[list[tuple[RunningServer, ...]], Servers, bool]:
        servers = Servers([server(*SERVE)], tmp_path, 1)
        first = await servers.start()
        second = await servers.start()
        await servers.stop()
        return [first, second], servers, servers.died.done()

    (first, second), servers, died = asyncio.run(run())

    assert first[0].process.pid != second[0].process.pid
    assert (-15, -15) == (first[0].process.returncode, second[0].process.returncode)
    assert ([("",), ("",)], False) == (servers.starts, died)


# Says what it was started with, then listens.
TELLING = """
import os, socket
print(os.environ.get("PYTHONHASHSEED", ""), flush=True)
with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) as listening:
    while True:
        listening.accept()
"""


def test_the_servers_of_a_pair_share_what_was_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each start draws anew; a seed that a server's own environment sets is kept."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    command = (sys.executable, "-S", "-c", TELLING)
    servers = [server(*command, variant="a"), server(*command, variant="b")]

    async def run(servers: Sequence[Server]) -> list[int]:
        group = Servers(servers, tmp_path, 1)
        for _ in range(2):
            await group.start()
        await group.stop()
        return group.hash_seeds

    seeds = asyncio.run(run(servers))
    first, second = ((tmp_path / f"service_{name}.log").read_text().split("\n") for name in "ab")

    assert first == second
    assert [str(seed) for seed in seeds] == first[:2]
    assert 2 == len(set(seeds))

    asyncio.run(run([server(*command, variant="c", PYTHONHASHSEED="42"), servers[1]]))
    assert (tmp_path / "service_c.log").read_text().startswith("42\n")


def test_a_server_alone_draws_its_own(tmp_path: Path) -> None:
    """As where a person starts it."""

    async def run() -> list[int]:
        group = Servers([server(*SERVE)], tmp_path, 1)
        await group.start()
        await group.stop()
        return group.hash_seeds

    assert [] == asyncio.run(run())


def test_an_unexpected_end_is_reported(tmp_path: Path) -> None:
    """With the exit and the last line of the log, without its secrets."""

    async def run() -> str:
        servers = Servers([server(*SERVE, SECRET="canary-7f3a")], tmp_path, 1)
        (running,) = await servers.start()
        try:
            async with httpx.AsyncClient() as client:
                with pytest.raises(httpx.HTTPError):
                    await client.get(f"{running.base_url}/fatal")
            return await asyncio.wait_for(servers.died, 10)
        finally:
            await servers.stop()

    log = tmp_path / "service.log"
    expected = f"the service exited with 7; output: out of memory, by [removed]; see {log}"

    assert expected == asyncio.run(run())


def test_a_server_that_fails_to_start_says_why(tmp_path: Path) -> None:
    """In one line that is safe to show."""
    script = "printf '\\033[31mno database, tried %s\\n' \"$SECRET\"; exit 1"

    assert (
        "the service of after exited with 1; output: no database, tried [removed]; see "
        f"{tmp_path / 'service_after.log'}"
    ) == refused(server("sh", "-c", script, variant="after", SECRET="canary-7f3a"), tmp_path)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (
            server("sleep", "60", ready_s=0.2),
            r"at http://[\d.:]+ after 0\.2 s \(connection refused\)",
        ),
        (
            server(sys.executable, "-SEc", BUSY, ready="/x", ready_s=1.0),
            r"/x after 1 s \(status 503, not 200 to 399\)",
        ),
    ],
)
def test_a_silent_server_is_given_up(tmp_path: Path, one: Server, expected: str) -> None:
    """The message says which address, for how long, and what to do."""
    said = refused(one, tmp_path)

    assert re.search(expected, said)
    advice = "It must listen on 127.0.0.1" if one.ready is None else "Correct target.ready (/x)"
    assert f"see {tmp_path / 'service.log'}. {advice}" in said


def test_the_port_is_in_command_and_environment(tmp_path: Path) -> None:
    """`{port}` stands for it in both, and PORT holds it."""
    echo = "echo $0 $PORT $WHERE; exit 1"
    refused(server("sh", "-c", echo, "{port}", WHERE="at {port}"), tmp_path)
    first, *others = (tmp_path / "service.log").read_text().replace("at", "").split()

    assert first.isdigit()
    assert [first, first] == others


def test_what_a_server_starts_in_a_session_of_its_own_ends_too(tmp_path: Path) -> None:
    """Each start would leave one behind."""
    script = f'setsid sleep 600 & echo $! >{tmp_path}/pid; exec "$@"'

    started([server("sh", "-c", script, "sh", *SERVE)], tmp_path)

    assert not psutil.pid_exists(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_a_running_server_knows_what_it_was_started_with(tmp_path: Path) -> None:
    """Commands of a set-up get the same variables, with the port filled in."""
    one = server(*SERVE, variant="before", ADDRESS="127.0.0.1:{port}")

    async def run() -> tuple[int, dict[str, str]]:
        group = Servers([one], tmp_path, 1)
        try:
            (running,) = await group.start()
            return running.port, running.environment
        finally:
            await group.stop()

    port, environment = asyncio.run(run())

    assert {"PORT": str(port), "MODE": "before", "ADDRESS": f"127.0.0.1:{port}"} == environment
