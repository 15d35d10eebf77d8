"""The examples of docs/own-service.md on addresses, sockets and TLS, measured with real servers.

In every test the variables of proxies name one that refuses connections.
"""

import io
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.run.reading import Run, read_run
from loadtests.checking.check import check
from loadtests.planning.plan import LoadWorkers, load_plan
from loadtests.probes.http.tests.certificates import make_certificate, serving_tls
from loadtests.runner import measure

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
APP = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    host = dict(scope["headers"])[b"host"]
    headers = [(b"content-length", b"%d" % len(host))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": host})
"""
REST = """
[variants.before]
[variants.after]
headers = { A = "b" }

[[scenarios]]
request = "GET /x"
contains = "CONTAINED"

[load]
rate_per_s = 40

[profiles.default]
measure_s = 1
block_s = 0.3
gap_ms = [0.5, 1.0]
capacity_s = 0
sub_block_s = 0.2
burn_in_s = 0.05
"""


def example(name: str) -> str:
    """The block of the page that holds a text."""
    page = (ROOT / "docs" / "own-service.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (found,) = [block for block in blocks if name in block]
    return found


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing answers at the proxy."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        nobody = f"http://127.0.0.1:{listening.getsockname()[1]}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, nobody)
        monkeypatch.setenv(name.lower(), nobody)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    programs = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


def measured(folder: Path, target: str, contained: str, *, loaded: bool = False) -> Run:
    """A run of an example with two variants; every answer is right."""
    config = folder / "versus.toml"
    config.write_text(target + REST.replace("CONTAINED", contained), encoding="utf-8")
    plan = load_plan(config, seed=5)
    if loaded:
        plan = plan.under_load(LoadWorkers(processes=2))
    out = io.StringIO()
    run = read_run(measure(plan, folder / "runs", "", out).folder)
    assert "complete" == run.record.state or loaded, out.getvalue()
    errors = run.samples["error"].to_pylist()
    assert ({""}, True) == (set(errors), len(errors) > 20), out.getvalue()
    return run


@contextmanager
def uvicorn(folder: Path) -> Iterator[None]:
    """The example's running service."""
    (folder / "app.py").write_text(APP, encoding="utf-8")
    (folder / "run").mkdir()
    path = folder / "run" / "app.sock"
    command = [*(sys.executable, "-m", "uvicorn", "app:app"), "--uds", str(path)]
    with subprocess.Popen([*command, "--no-access-log"], cwd=folder) as process:
        (folder / "run" / "app.pid").write_text(str(process.pid), encoding="ascii")
        deadline_s = time.monotonic() + 30
        while not path.exists():
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        try:
            yield
        finally:
            process.terminate()


def test_a_server_is_started_at_a_socket(tmp_path: Path) -> None:
    """With uvicorn; CPU time and memory are read as those of a server at a port."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    run = measured(tmp_path, example('"--uds", "{socket}"'), "localhost")

    assert run.record.processes is not None
    assert "" == run.record.processes.memory_unknown
    assert sys.platform != "linux" or "" == run.record.processes.cpu_unknown


@pytest.mark.parametrize("loaded", [False, True])
def test_a_socket_of_a_running_service_is_measured(tmp_path: Path, *, loaded: bool) -> None:
    """In rounds and under load, by two processes; its process is the one that is named."""
    with uvicorn(tmp_path):
        run = measured(tmp_path, example("unix:run/app.sock"), "localhost", loaded=loaded)

    assert f"unix:{tmp_path}/run/app.sock" == run.record.environment["target"]["url"]
    assert run.record.processes is not None
    assert "" == run.record.processes.memory_unknown


@pytest.mark.parametrize("loaded", [False, True])
def test_a_client_certificate_is_shown_and_its_key_kept(tmp_path: Path, *, loaded: bool) -> None:
    """Also by processes that send the load; no file of the run holds the key."""
    server = make_certificate(tmp_path, "server")
    (tmp_path / "ca.pem").write_text((tmp_path / "server.crt").read_text())
    key = make_certificate(tmp_path, "client", host="client").read_text().partition("-----BEGIN C")
    (tmp_path / "client.key").write_text(key[0])
    with serving_tls(server, clients=tmp_path / "client.crt") as port:
        target = example('cert = "client.crt"')
        target = target.replace("staging.example.com", f"localhost:{port}")
        run = measured(tmp_path, target, "ok", loaded=loaded)

    secret = key[0].splitlines()[1].encode()
    assert not any(secret in file.read_bytes() for file in run.folder.rglob("*") if file.is_file())


def test_a_server_is_measured_past_its_load_balancer(tmp_path: Path) -> None:
    """By an address that its certificate is not for."""
    server = make_certificate(tmp_path, "server", host="shop.example")
    (tmp_path / "ca.pem").write_text((tmp_path / "server.crt").read_text())
    names: list[str] = []
    with serving_tls(server, names=names) as port:
        measured(tmp_path, example('host = "shop.example"').replace("8443", str(port)), "ok")

    assert {"shop.example"} == set(names)


def test_a_started_server_is_ready_without_a_proxy(tmp_path: Path) -> None:
    """And `versus check` reaches it."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    config = tmp_path / "versus.toml"
    target = '[target]\ncommand = ["uvicorn", "app:app", "--port", "{port}"]\nready = "/"\n'
    config.write_text(target + REST.replace("CONTAINED", "127.0.0.1"), encoding="utf-8")
    found = check(load_plan(config, seed=1), lambda _: None)

    assert "" == found.failure
    assert [""] * 2 == [one.error for one in found.answers]
