"""`python -m service`, mostly started as people and programs start it: as a separate process."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from service.__main__ import main
from service.stack.app_server import listen
from service.stack.folders import SOCKETS, claim
from service.tests.support import EXTERNAL, NO_TLS, fetch

PROJECT = Path(__file__).parents[2]
SERVE = [sys.executable, "-m", "service", "--size", "small"]
# As an error lists them: what every project needs, then its keys.
NAMES = [*(name for name in EXTERNAL if name != "SUPABASE_JWT_SECRET"), "SUPABASE_JWT_SECRET"]


@contextmanager
def serving(*options: str, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """The service's supervisor as a child; killed at the end if it still runs."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*SERVE, *options], cwd=PROJECT, text=True, stdout=pipe, stderr=pipe, **more
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def machine_mode(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The supervisor and its JSON line."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as ready:
        try:
            with serving(*options, "--ready-fd", str(writer), pass_fds=[writer]) as process:
                os.close(writer)
                writer = -1
                line = ready.readline()
                assert line, process.communicate()[1]
                yield process, json.loads(line)
        finally:
            if writer >= 0:
                os.close(writer)


@pytest.fixture
def refuse(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """Runs the command with invalid input; returns its standard error."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}

    def run(*options: str) -> str:
        try:
            code: object = main(["--size", "small", *options])
        except SystemExit as exit_:
            code = exit_.code
        assert 2 == code
        return capsys.readouterr().err

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return psutil.wait_procs(processes, timeout=5)[1]


@pytest.mark.slow
def test_program_gets_all_it_needs_and_nothing_on_stdout() -> None:
    """The JSON line's address, headers and pids work, and SIGTERM stops all with exit code 0."""
    with machine_mode() as (process, ready):
        components = [psutil.Process(pid) for pid in ready["pids"].values()]
        me = fetch(f"{ready['base_url']}/v1/me", headers=ready["headers"])
        newcomer = {**ready["headers"], **ready["callers"]["newcomer"]}
        files = fetch(f"{ready['base_url']}/v1/files", headers=newcomer)
        process.terminate()
        printed, said = process.communicate(timeout=20)

    assert {"service", "postgres", "postgrest", "object_store"} == set(ready["pids"])
    assert {"link": "lan"} == ready["link"]
    assert ("small", 1) == (ready["data"]["size"], ready["data"]["seed"])
    assert "off" == ready["data"]["postgres_settings"]["fsync"]
    assert "SUPABASE_JWT_SECRET" in ready["environment"]
    assert 200 == me.status_code
    assert [] == files.json()["items"]
    assert ("", 0) == (printed, process.returncode), said
    assert [] == alive(components)


@pytest.mark.slow
def test_a_program_can_start_the_stack_only() -> None:
    """No service runs; the command in the JSON line starts one on the stack."""
    with machine_mode("--stack-only") as (process, ready), listen(0) as holder:
        components = [psutil.Process(pid) for pid in ready["pids"].values()]
        port = holder.getsockname()[1]
        holder.close()
        gaps = {"{python}": sys.executable, "{folder}": str(PROJECT), "{port}": str(port)}
        command = ready["app"]["command"]
        for gap, value in gaps.items():
            command = [word.replace(gap, value) for word in command]
        environment = os.environ | ready["app"]["environment"]
        with subprocess.Popen(command, env=environment) as app:
            try:
                me = first_answer(f"http://127.0.0.1:{port}/v1/me", ready["headers"])
            finally:
                app.terminate()
        process.terminate()
        printed, said = process.communicate(timeout=20)

    assert {"postgres", "postgrest", "object_store"} == set(ready["pids"])
    assert "base_url" not in ready
    assert 200 == me.status_code
    assert "Versus-Cost" in me.headers
    assert ("", 0) == (printed, process.returncode), said
    assert [] == alive(components)


def first_answer(url: str, headers: dict[str, str]) -> httpx.Response:
    """The first answer of a service that has just been started."""
    deadline_s = time.monotonic() + 20
    while True:
        try:
            return fetch(url, headers=headers)
        except httpx.ConnectError:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)


def test_the_stack_alone_needs_a_descriptor(refuse: Callable[..., str]) -> None:
    """`--stack-only` without `--ready-fd` is refused at once."""
    assert "--stack-only: is for programs and needs --ready-fd" in refuse("--stack-only")


@pytest.mark.slow
def test_a_link_is_reported_and_a_kill_leaves_nothing() -> None:
    """The relay is in between with its round trip, and SIGKILL ends every process."""
    root = PROJECT / ".versus"
    with machine_mode("--link", "20,1000") as (process, ready):
        check_distance(ready)
        components = [psutil.Process(pid) for pid in ready["pids"].values()]
        (listed,) = (root / "instances").glob(f"{process.pid}-*/{SOCKETS}")
        sockets = [Path(line) for line in listed.read_text().splitlines()]
        made = [path.is_socket() for path in sockets]
        process.kill()
        process.wait()
        left = alive(components)

    # The next start removes data and sockets of the killed.
    claim(root).release(keep_logs=False)

    assert [True] * 7 == made
    assert [] == left + [path for path in sockets if path.exists()]
    assert [] == list((root / "instances").glob(f"{process.pid}-*"))


def check_distance(ready: dict[str, Any]) -> None:
    """The service of that JSON line has a link of 20 ms and 1000 Mbit/s to its stack."""
    with httpx.Client(
        verify=NO_TLS,
        trust_env=False,
        base_url=ready["base_url"],
        headers=ready["headers"],
    ) as client:
        me = client.get("/v1/me")
        files = client.get("/v1/files", params={"include_urls": True, "limit": 1})
    url = files.json()["items"][0]["download_url"]
    whole = fetch(url)
    forged = fetch(f"{url[:-4]}0000")
    stages_ms = dict(one.split(";dur=") for one in files.headers["server-timing"].split(", "))
    link = ready["link"]

    assert "relay" in ready["pids"]
    assert url.startswith(ready["environment"]["S3_ENDPOINT"])
    assert (200, 200, 200, 403) == tuple(
        answer.status_code for answer in (me, files, whole, forged)
    )
    assert len(whole.content) == files.json()["items"][0]["size_bytes"]
    assert float(stages_ms["db"]) >= 20
    assert ("20,1000", 0.02, 1000) == (link["link"], link["link_rtt_s"], link["link_megabits"])
    assert link["link_rtt_measured_s"] >= 0.02
    assert link["link_megabits_measured"] > 100


@pytest.mark.slow
def test_printed_commands_work_and_a_death_is_reported() -> None:
    """The printed commands succeed; the death of a component is one line and exit code 4."""
    with serving("--port", "0") as process:
        assert process.stdout is not None
        commands = []
        for line in process.stdout:
            if line.startswith("curl"):
                commands.append(shlex.split(line))
            if line.startswith("Ctrl-C"):
                break
        statuses = []
        for command in commands:
            header = command[command.index("-H") + 1] if "-H" in command else "Accept: */*"
            name, value = header.split(": ", 1)
            answer = fetch(command[-1], headers={name: value})
            statuses.append(answer.status_code)
        components = psutil.Process(process.pid).children(recursive=True)
        (victim,) = (one for one in components if one.name() == "postgrest")
        victim.kill()
        said = process.communicate(timeout=20)[1]

    assert [200, 200, 200] == statuses
    assert said.startswith(f"postgrest (pid {victim.pid}) died: killed by SIGKILL.")
    assert (4, 1) == (process.returncode, len(said.splitlines()))
    assert [] == alive(components)


@pytest.mark.slow
def test_interrupt_while_starting_leaves_nothing() -> None:
    """Ctrl-C during the start stops the running components, with exit code 130."""
    with serving("--port", "0") as process:
        supervisor = psutil.Process(process.pid)
        while not (started := supervisor.children(recursive=True)) and process.poll() is None:
            pass
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]

    assert 130 == process.returncode, said
    assert [] == alive(started)


def test_a_port_in_use_is_one_line(refuse: Callable[..., str]) -> None:
    """A port in use is refused at once; the message names the port and the option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refuse("--port", str(port))

    expected = (
        f"port {port} on 127.0.0.1 cannot be used (Address already in use). Stop what listens "
        "there, or choose another with --port (0 takes a free one).\n"
    )
    assert expected == message


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--link", "wam"), "--link: link 'wam' is unknown; choose lan, region, wan"),
        (("--port", "65536"), "--port: 65536 is not a port; expected 0 to 65535"),
        (("--ready-fd", "987"), "--ready-fd: 987 is not an open descriptor"),
        (("--size", "tiny"), "--size: invalid choice: 'tiny'"),
    ],
)
def test_a_bad_option_is_refused(
    refuse: Callable[..., str], options: tuple[str, str], expected: str
) -> None:
    """The message names the option, the value and what is valid."""
    assert expected in refuse(*options)


def test_link_to_an_external_project_is_refused(
    refuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The distance to the user's own project cannot be simulated; one line says so."""
    for name, value in EXTERNAL.items():
        monkeypatch.setenv(name, value)
    message = refuse("--port", "0", "--link", "wan")

    assert message.startswith("--link wan works only with the embedded stack")
    assert 1 == len(message.splitlines())


@pytest.mark.parametrize("missing", ["SUPABASE_KEY", "S3_ENDPOINT"])
def test_half_set_environment_is_one_line(
    refuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """An environment that names only part of an external project is refused."""
    half = {name: EXTERNAL[name] for name in NAMES if name != missing}
    for name, value in half.items():
        monkeypatch.setenv(name, value)

    expected = (
        f"environment: {', '.join(half)} set, but {missing} missing. Set all to use your own "
        "project, or none to use the embedded stack.\n"
    )
    assert expected == refuse()
