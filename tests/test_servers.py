"""Whole measurements of servers that a configuration starts or names: records, ends, leftovers."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from contract.run.memory import read_memory
from contract.run.reading import Run, read_run
from contract.run.record import ProcessesRecord
from loadtests import children
from loadtests.planning.plan import load_plan
from loadtests.runner import measure

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SERVER = ROOT / "loadtests" / "tests" / "strange_server.py"

TEXT = """
[target]
{target}

[variants.before]
{before}
[variants.after]
{after}

[[scenarios]]
name = "one"
request = "GET {path}"

[profiles.default]
measure_s = {measure_s}
block_s = 0.3
gap_ms = [0.5, 1.0]
"""


def command(mode: str, *more: object) -> str:
    return f"command = {json.dumps([sys.executable, str(SERVER), mode, *map(str, more)])}\n"


def write_config(tmp_path: Path, target: str, path: str = "/echo", **more: object) -> Path:
    config = tmp_path / "versus.toml"
    given = {"before": "", "after": "", "measure_s": 0.5, **more}
    config.write_text(TEXT.format(target=target, path=path, **given), encoding="utf-8")
    return config


def measured(config: Path, **environment: str) -> tuple[Run, str]:
    """A run, and all that was said; nothing that mentions the folder lives on."""
    out = io.StringIO()
    plan = load_plan(config, seed=5, environment={**os.environ, **environment})
    ending = measure(plan, config.parent / "runs", "", out)
    assert [] == alive(config.parent)
    return read_run(ending.folder), out.getvalue()


def alive(folder: Path) -> list[psutil.Process]:
    """Processes of which the command names a folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(folder) in " ".join(process.info["cmdline"] or ())
    ]


def test_a_command_starts_the_server_and_its_end_stops_it(tmp_path: Path) -> None:
    """It runs in the configuration's folder, hears of its port, and is counted."""
    (tmp_path / "sub").mkdir()
    settings = (
        'environment = { MODE = "${MINE}", WHERE = "{port}" }\ncwd = "sub"\nready = "/echo"\n'
    )
    config = write_config(tmp_path, command("serve", tmp_path) + settings)
    config.write_text(config.read_text() + '[[scenarios]]\nname = "two"\nrequest = "GET /echo"\n')
    text = config.read_text().replace(
        'request = "GET /echo"', 'request = "GET /echo"\njson = { "/mode" = "given" }'
    )
    config.write_text(text)
    run, said = measured(config, MINE="given")

    assert ("complete", ()) == (run.record.state, run.record.reasons), said
    assert {"start": "command"} == run.record.environment["target"]
    assert {""} == set(run.samples["error"].to_pylist())
    assert run.record.noise["service_cpu_s"] > 0
    assert (run.folder / "service.log").read_text().strip().isdigit()
    assert "${MINE}" == run.record.config["target"]["environment"]["MODE"]


def test_each_variant_can_have_a_process_of_its_own(tmp_path: Path) -> None:
    """Each is asked for its variant alone, and the record says that they are two."""
    config = write_config(
        tmp_path,
        command("serve", tmp_path) + 'environment = { MODE = "common" }\n',
        before='environment = { WHERE = "a" }',
        after='environment = { MODE = "common", WHERE = "abcd" }',
    )
    run, _ = measured(config)
    sizes = run.samples.to_pandas().groupby("variant", observed=True)["body_bytes"]
    target = run.record.environment["target"]

    assert "complete" == run.record.state
    assert 3 == sizes.min()["after"] - sizes.max()["before"]
    assert sizes.min()["before"] == sizes.max()["before"]
    assert (True, {"before", "after"}) == (target["separate_servers"], set(target["start_order"]))
    assert {"service_before_cpu_s", "service_after_cpu_s"} <= set(run.record.noise)


@pytest.fixture
def two_urls() -> Iterator[list[str]]:
    """Addresses of two servers that differ in what they answer."""
    servers = [
        subprocess.Popen(
            [sys.executable, str(SERVER), "serve"],
            env={**os.environ, "PORT": "0", "MODE": mode},
            stdout=subprocess.PIPE,
            text=True,
        )
        for mode in ("a", "abcd")
    ]
    ports = [one.stdout.readline().strip() for one in servers if one.stdout]
    yield [f"http://127.0.0.1:{port}/" for port in ports]
    for one in servers:
        one.terminate()
        one.communicate()


def test_each_variant_can_have_an_address_of_its_own(tmp_path: Path, two_urls: list[str]) -> None:
    """No target.url is needed where every variant has one."""
    first, second = two_urls
    config = write_config(
        tmp_path, "timeout_s = 5", before=f'url = "{first}"', after=f'url = "{second}"'
    )
    run, _ = measured(config)
    sizes = run.samples.to_pandas().groupby("variant", observed=True)["body_bytes"].max()

    assert "complete" == run.record.state
    assert 3 == sizes["after"] - sizes["before"]
    assert {
        "urls": {"before": first.rstrip("/"), "after": second.rstrip("/")},
        "separate_servers": True,
    } == run.record.environment["target"]


SECRET = "canary-7f3a"
HIDDEN = 'environment = { SECRET = "${CANARY}" }\n'


def test_a_server_that_fails_to_start_says_why(tmp_path: Path) -> None:
    """Its last line is told, without what could act on a terminal and without its secrets."""
    run, said = measured(write_config(tmp_path, command("fail", tmp_path) + HIDDEN), CANARY=SECRET)
    (reason,) = run.record.reasons

    assert ("partial", 0) == (run.record.state, run.samples.num_rows)
    assert reason.startswith(
        "the service exited with 1; output: no database, tried [removed]; see "
    )
    assert reason in said
    assert SECRET not in said


def test_a_server_that_dies_ends_the_run(tmp_path: Path) -> None:
    """Its last words stand in the record, and what was recorded is kept."""
    config = write_config(tmp_path, command("serve", tmp_path) + HIDDEN, "/fatal", measure_s=30)
    run, _ = measured(config, CANARY=SECRET)

    assert "partial" == run.record.state
    assert run.record.reasons[-1].startswith(
        "the service exited with 7; output: out of memory, by [removed]; see "
    )


def test_one_of_two_servers_that_dies_is_named(tmp_path: Path) -> None:
    """Whose it was is told."""
    config = write_config(
        tmp_path, command("serve", tmp_path), "/fatal", after='environment = { MODE = "x" }'
    )
    run, _ = measured(config)

    assert "the service of " in run.record.reasons[-1]
    assert "exited with 7" in run.record.reasons[-1]


@pytest.mark.parametrize("mode", ["fork", "stubborn"])
def test_what_a_server_has_started_ends_with_it(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its children too, and those that do not listen when asked to end."""
    monkeypatch.setattr(children, "STOP_WITHIN_S", 0.5)
    run, _ = measured(write_config(tmp_path, command(mode, tmp_path)))

    assert "complete" == run.record.state


def start_bench(config: Path) -> subprocess.Popen[str]:
    """A measurement in a process of its own, returned when its server has been started."""
    script = (
        "import sys; from pathlib import Path;"
        "from loadtests.planning.plan import load_plan; from loadtests.runner import measure;"
        "config = Path(sys.argv[1]);"
        "plan = load_plan(config, seed=1);"
        "sys.exit(measure(plan, Path('runs'), '', sys.stderr).exit_code)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    (config.parent / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    process = subprocess.Popen(
        [sys.executable, "-c", script, config.name],
        cwd=config.parent,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: bool(alive(config.parent)))
    return process


def until(true: Callable[[], bool], within_s: float = 60) -> None:
    """Wait for something that others bring about."""
    deadline_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_an_interrupted_start_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C while the server is awaited ends both at once."""
    process = start_bench(write_config(tmp_path, command("deaf", tmp_path)))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)

    assert 130 == process.returncode
    assert [] == alive(tmp_path)


def test_an_interrupted_run_names_the_command_that_renders_it(tmp_path: Path) -> None:
    """Which then does: what was measured is kept."""
    config = write_config(tmp_path, command("serve", tmp_path), measure_s=300)
    versus = [sys.executable, "-m", "versus"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*versus, "bench", "--config", config.name],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        until(lambda: any(one.stat().st_size for one in tmp_path.glob("runs/2*/samples.arrows")))
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=60)[0]
    found = re.search(r"samples kept in (runs/\S+); `versus (report --run \S+)` renders", output)

    assert 130 == process.returncode
    assert found, output
    again = subprocess.run(
        [*versus, *found[2].split()], cwd=tmp_path, env=environment, check=False, timeout=120
    )
    assert again.returncode in {0, 4}
    assert (tmp_path / found[1] / "report.html").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with a killed parent")
def test_a_killed_run_leaves_no_child_of_a_server(tmp_path: Path) -> None:
    """Nobody can stop the server any more; it ends all the same, with what it has started."""
    config = write_config(tmp_path, command("fork", tmp_path), measure_s=300)
    process = start_bench(config)
    until(lambda: any((tmp_path / "runs").glob("2*/samples.arrows")))
    started = alive(tmp_path)
    process.kill()
    process.communicate(timeout=15)
    _, left = psutil.wait_procs(started, timeout=10)

    assert len(started) >= 2
    assert [] == left


def test_cpu_time_and_memory_of_a_server_are_read(tmp_path: Path) -> None:
    """Of one that a command starts; of one that runs already only where its process is named."""
    started, said = measured(write_config(tmp_path, command("serve")))
    cpu_s, latency_s = (started.samples.values(name) for name in ("cpu_outside_s", "latency_s"))

    assert "CPU time of requests is not read" not in said
    assert ProcessesRecord() == started.record.processes
    assert 0.9 < np.isfinite(cpu_s).mean()
    assert 0 < np.nanmedian(cpu_s) < 2 * np.median(latency_s)
    assert {""} == {row.server for row in read_memory(started.folder)}

    with subprocess.Popen(
        [sys.executable, str(SERVER), "serve"],
        env={**os.environ, "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = f'url = "http://127.0.0.1:{int(process.stdout.readline())}"\n'
        elsewhere, said = measured(write_config(tmp_path, url))
        named, _ = measured(write_config(tmp_path, f"{url}pid = {process.pid}\n"))
        process.terminate()

    assert 1 == said.count("CPU time of requests is not read: Versus did not start the service")
    assert np.isnan(elsewhere.samples.values("cpu_outside_s")).all()
    assert () == read_memory(elsewhere.folder)
    assert 0.9 < np.isfinite(named.samples.values("cpu_outside_s")).mean()
    assert 2 <= len(read_memory(named.folder))
