"""Commands that are killed at any moment leave nothing running, and every run can be opened."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from contract.run.reading import read_run
from contract.run.record import RUN_NAME

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
MARK = "VERSUS_TEST_OF_KILLS"
"""The variable by which everything that a command has started is known."""

GONE_WITHIN_S = 30.0
"""The longest that a process may take to stop what does not end by itself is 10 s, twice."""

AT_ONCE = 8
LATEST_S = 9.0
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
SERVICE = """
import http.server, sys
class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
"""
CONFIG = f"""
[target]
command = ["{sys.executable}", "service.py", "{{port}}"]
[variants.before]
[variants.after]
[[scenarios]]
name = "list"
request = "GET /list"
[load]
rate_per_s = 20
"""
COMMANDS = {
    "bench": ("bench", "--quiet"),
    "load": ("load", "--quiet"),
    "gate": ("gate", "--base", "HEAD~1", "--quiet"),
    "serve": ("serve", "--size", "small"),
}


@dataclass
class Started:
    """One command, and when and how it is to be ended.

    Attributes:
        whole_group: whether the signal goes to all of its group, as a terminal's does.
    """

    name: str
    folder: Path
    process: subprocess.Popen[bytes]
    mark: str
    number: signal.Signals
    due_s: float
    whole_group: bool

    def end(self) -> None:
        """Send the signal, unless it has ended by itself."""
        with suppress(ProcessLookupError):
            if self.whole_group:
                os.killpg(self.process.pid, self.number)
            else:
                self.process.send_signal(self.number)

    def left(self) -> list[str]:
        """What it has started and still lives."""
        marked = f"{MARK}={self.mark}".encode()
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                environment = Path("/proc", str(process.pid), "environ").read_bytes().split(b"\0")
                if marked in environment and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{process.pid} {' '.join(process.cmdline())[:120]}")
        return found


def project(folder: Path) -> Path:
    """A repository of two commits, with a service to measure."""
    folder.mkdir()
    (folder / "service.py").write_text(SERVICE, encoding="utf-8")
    (folder / "versus.toml").write_text(CONFIG, encoding="utf-8")
    own = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*own, "init", "-q"], check=True)
    for text in ("first", "second"):
        (folder / "text").write_text(text, encoding="utf-8")
        subprocess.run([*own, "add", "."], check=True)
        subprocess.run([*own, "commit", "-q", "-m", text], check=True)
    return folder


def start(name: str, folder: Path, draws: random.Random) -> Started:
    """Start a command in a repository of its own."""
    mark = secrets.token_hex(8)
    # The stack's files are kept in the clone, from which it is started.
    cwd = ROOT if name == "serve" else project(folder)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "versus.py"), *COMMANDS[name]],
        cwd=cwd,
        env={**os.environ, MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    due_s = time.monotonic() + draws.uniform(0.1, LATEST_S)
    return Started(name, cwd, process, mark, draws.choice(SIGNALS), due_s, draws.random() < 1 / 3)


def end_all(started: list[Started]) -> None:
    """Send each its signal at its time, and wait until all of it has gone."""
    for one in sorted(started, key=lambda each: each.due_s):
        time.sleep(max(0.0, one.due_s - time.monotonic()))
        one.end()
    deadline_s = time.monotonic() + GONE_WITHIN_S
    for one in started:
        one.process.wait(max(0.1, deadline_s - time.monotonic()))
        while (left := one.left()) and time.monotonic() < deadline_s:
            time.sleep(0.1)
        assert [] == left, f"{one.name} after {one.number.name}"


def opened(folder: Path) -> str:
    """The state of a run, as a reader sees it; empty where it has not begun to measure."""
    if not (folder / RUN_NAME).exists():
        return ""
    return read_run(folder).record.state


def kill_and_count(count: int, folder: Path, seed: int) -> dict[str, int]:
    """Kill so many commands; how many of each kind, and how many runs of each state were left."""
    draws = random.Random(seed)  # noqa: S311 - which moment is no secret
    found: dict[str, int] = {}
    for first in range(0, count, AT_ONCE):
        names = [draws.choice(list(COMMANDS)) for _ in range(first, min(first + AT_ONCE, count))]
        started = [
            start(name, folder / f"{first}-{index}", draws) for index, name in enumerate(names)
        ]
        end_all(started)
        for one in started:
            key = f"{one.name} {one.number.name}"
            found[key] = found.get(key, 0) + 1
        for run in folder.glob(f"{first}-*/runs/2*"):
            state = opened(run)
            assert state in {"", "partial", "invalid", "complete"}, run
            found[f"run {state}"] = found.get(f"run {state}", 0) + 1
    return found


def test_eight_kills_leave_nothing(tmp_path: Path) -> None:
    """Of bench, load, gate and serve, by three signals, at drawn moments."""
    found = kill_and_count(8, tmp_path, 1)

    assert 8 == sum(number for key, number in found.items() if not key.startswith("run"))


@pytest.mark.long
def test_fifty_kills_leave_nothing(tmp_path: Path) -> None:
    """With another seed, which the counts name."""
    found = kill_and_count(50, tmp_path, 2)

    assert 50 == sum(number for key, number in found.items() if not key.startswith("run")), found
    assert {"bench", "load", "gate", "serve"} == {key.split()[0] for key in found} - {"run"}


if __name__ == "__main__":
    # How many of what: python -m tests.test_kills 500 FOLDER SEED
    sys.stdout.write(f"{kill_and_count(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))}\n")
