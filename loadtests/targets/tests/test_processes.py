"""Which processes serve, and what can be read of them."""

import os
import socket
import sys
from pathlib import Path
from subprocess import Popen

import psutil
import pytest

from loadtests.planning.plan import LoadWorkers
from loadtests.targets.processes import (
    NOT_KNOWN,
    UNDER_LOAD,
    given_pids,
    planned_processes,
    readable_processes,
)
from loadtests.targets.servers import TargetError
from loadtests.targets.tests.ways import command, make_plan

URL = 'url = "http://127.0.0.1:1"\n'


def test_an_id_is_given_or_stands_in_a_file(tmp_path: Path) -> None:
    """A file is looked for beside the configuration, and read when measuring begins."""
    with Popen(["sleep", "60"]) as process:
        (tmp_path / "app.pid").write_text(f"{process.pid}\n", encoding="ascii")
        for pid in (str(process.pid), '"app.pid"'):
            plan = make_plan(tmp_path, f"{URL}pid = {pid}")
            assert (process.pid,) * 2 == given_pids(plan)
        process.kill()
    assert () == given_pids(make_plan(tmp_path, URL))


def test_the_process_of_versus_is_no_service(tmp_path: Path) -> None:
    """Nor one above it, such as a shell or the system's first one: Versus would count itself."""
    above = psutil.Process().parents()
    for pid in {os.getpid(), os.getppid(), above[-1].pid} - {0}:
        with pytest.raises(TargetError) as refused:
            given_pids(make_plan(tmp_path, f"{URL}pid = {pid}"))
        assert f"target.pid: Versus itself runs in process {pid} or below it" in str(refused.value)


def test_a_pipe_is_no_pid_file(tmp_path: Path) -> None:
    """It is refused at once, where reading it would wait for a writer."""
    os.mkfifo(tmp_path / "app.pid")

    with pytest.raises(TargetError, match=r"app\.pid is no file"):
        given_pids(make_plan(tmp_path, f'{URL}pid = "app.pid"'))


@pytest.mark.parametrize(
    ("pid", "content", "expected"),
    [
        ("4194305", "", "there is no process 4194305 on this machine"),
        ('"app.pid"', "4194305", "there is no process 4194305, which .*app.pid names, on this"),
        ('"app.pid"', "what?", "app.pid holds no process id; one number was expected"),
        ('"none.pid"', "", "none.pid cannot be read .No such file"),
    ],
)
def test_a_process_that_is_not_there_is_named(
    tmp_path: Path, pid: str, content: str, expected: str
) -> None:
    """The message says what to do."""
    (tmp_path / "app.pid").write_text(content, encoding="ascii")

    with pytest.raises(TargetError, match=expected):
        given_pids(make_plan(tmp_path, f"{URL}pid = {pid}"))


def test_the_plan_shows_what_cannot_be_read(tmp_path: Path) -> None:
    """Of a service that runs already, unless its process is given; under load no CPU time."""
    unknown = planned_processes(make_plan(tmp_path, URL))
    started = make_plan(tmp_path, command("serve"))
    loaded = planned_processes(started.under_load(LoadWorkers()))

    assert (NOT_KNOWN, NOT_KNOWN) == (unknown.cpu_unknown, unknown.memory_unknown)
    assert (UNDER_LOAD, "") == (loaded.cpu_unknown, loaded.memory_unknown)
    if sys.platform == "linux":
        assert "" == planned_processes(started).cpu_unknown


def test_a_command_whose_processes_do_not_serve_is_noticed(tmp_path: Path) -> None:
    """As where it starts a container: their CPU time would be next to nothing."""
    plan = make_plan(tmp_path, command("serve"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        here = readable_processes(plan, {f"http://127.0.0.1:{port}": os.getpid()})
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "app.sock"))
        listening.listen()
        local = readable_processes(plan, {f"unix:{tmp_path}/app.sock": os.getpid()})
    elsewhere = readable_processes(plan, {"http://127.0.0.1:1": os.getpid()})

    assert ("", "") == (here.memory_unknown, local.memory_unknown)
    assert "the service runs in none of the processes" in elsewhere.cpu_unknown
    assert elsewhere.cpu_unknown == elsewhere.memory_unknown
