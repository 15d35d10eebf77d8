"""Who sends under load: workers that wait, give up, are ended, or get nothing to do."""

import asyncio
import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from contract.errors import ConfigError
from loadtests.children import reading
from loadtests.engines.events import EVENT_BYTES_MAX
from loadtests.engines.tests.test_locustfile_load import measured, plan_at, wait_for
from loadtests.errors import MeasureError
from loadtests.planning.plan import LoadWorkers, load_plan
from loadtests.probes.http.tests.test_exchange import url  # noqa: F401 - a fixture
from loadtests.runner import measure

ROOT = Path(__file__).parents[3]


def complaint_of(tmp_path: Path, workers: LoadWorkers) -> str:
    """What is said, before there is a run, of such workers, which cannot start."""
    with socket.create_server(("127.0.0.1", 0)) as service:
        plan_at(tmp_path, f"http://127.0.0.1:{service.getsockname()[1]}")
        plan = load_plan(tmp_path / "versus.toml", seed=5).under_load(workers)
        with pytest.raises(MeasureError) as refused:
            measure(plan, tmp_path / "runs", "", io.StringIO())
    return str(refused.value)


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """Not only in Locust's log."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert f"cannot listen for workers at 127.0.0.1, port {port}" in complaint_of(
            tmp_path, LoadWorkers(remote=2, port=port)
        )


def test_an_address_that_is_not_ours_is_said(tmp_path: Path) -> None:
    """Workers would wait for it for ever."""
    assert "cannot listen for workers at 203.0.113.9" in complaint_of(
        tmp_path, LoadWorkers(remote=2, bind_host="203.0.113.9")
    )


def test_processes_and_workers_are_one_too_many(tmp_path: Path) -> None:
    """One of the two would be ignored without a word."""
    plan_at(tmp_path, "http://127.0.0.1:1")
    with pytest.raises(
        ConfigError, match="--workers on other machines send instead of --processes"
    ):
        load_plan(tmp_path / "versus.toml", seed=5).under_load(LoadWorkers(processes=2, remote=2))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere setpriv is missing")
def test_a_worker_that_is_ended_sends_no_longer() -> None:
    """Who ends `worker` ends the process that sends, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        master = f"127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "versus", "worker", "--master", master]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as worker:
            parent = psutil.Process(worker.pid)
            wait_for(lambda: any("locust" in one.cmdline() for one in parent.children()))
            sending = parent.children()
            worker.terminate()

    assert [] == psutil.wait_procs(sending, timeout=10)[1]


@pytest.mark.slow
def test_a_service_that_hangs_up_is_not_asked_again_and_again(
    tmp_path: Path,
    url: str,  # noqa: F811 - the fixture
) -> None:
    """A request is sent once; so a dropped connection is a wrong answer."""
    ending, run, said = measured(tmp_path, plan_at(tmp_path, url, path="/hang-up"))
    with urllib.request.urlopen(f"{url}/hung-up") as answer:  # noqa: S310 - our own server
        asked = int(answer.read())

    assert (4, "invalid") == (ending.exit_code, run.record.state)
    assert "the connection was closed without an answer" in said
    assert asked == (run.samples.values("status") == 0).sum()


@pytest.mark.slow
def test_waiting_for_a_connection_ends_in_time(
    tmp_path: Path,
    url: str,  # noqa: F811 - the fixture
) -> None:
    """Requests that wait behind those of a service that hangs have `timeout_s` too."""
    config = tmp_path / "versus.toml"
    plan_at(tmp_path, url, path="/tired/9", load="rate_per_s = 60\nin_flight_max = 2")
    content = config.read_text(encoding="utf-8").replace("[target]", "[target]\ntimeout_s = 1.5")
    config.write_text(content, encoding="utf-8")
    out = io.StringIO()
    began_s = time.monotonic()
    plan = load_plan(config, seed=5).under_load(LoadWorkers())
    ending = measure(plan, tmp_path / "runs", "", out)

    assert 4 == ending.exit_code
    assert "stopped because of wrong answers; the last: busy" in out.getvalue()
    assert "no whole answer within 1.5 s" in out.getvalue()
    assert time.monotonic() - began_s < 20


def test_a_line_of_progress_may_be_long() -> None:
    """With many scenarios and workers it is longer than a pipe holds."""
    line = b"x" * 200_000 + b"\n"

    async def read() -> bytes:
        read_fd, write_fd = os.pipe()
        async with reading(read_fd, EVENT_BYTES_MAX) as reader:
            writing = asyncio.create_task(asyncio.to_thread(os.write, write_fd, line))
            taken = await reader.readline()
            await writing
            os.close(write_fd)
            return taken

    assert line == asyncio.run(read())
