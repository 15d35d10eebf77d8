"""The example behind a login, running; and configurations of it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from loadtests.planning.plan import Plan, load_plan

SERVER = Path(__file__).parents[2] / "examples" / "accounts" / "server.py"

TARGET = '[target]\nurl = "{url}"\ntimeout_s = 5\n{more}\n[variants.before]\n[variants.after]\n'

LOGIN = """
[[setup]]
request = "POST /login"
body = { user = "ada", password = "correct horse" }
status = 201
take = { token = "/access_token" }
"""


@contextmanager
def accounts() -> Iterator[str]:
    """The address of one whose login is quick."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    environment = {**os.environ, "ACCOUNTS_ITERATIONS": "1", "ACCOUNTS_WORK": "1"}
    command = [sys.executable, str(SERVER), "--port", str(port)]
    with subprocess.Popen(command, env=environment) as server:
        try:
            deadline_s = time.monotonic() + 20
            while time.monotonic() < deadline_s:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def plan_at(folder: Path, url: str, text: str, target: str = "") -> Plan:
    """What a configuration of a running service plans.

    Args:
        folder: takes the file.
        url: of the service.
        text: everything but target and variants.
        target: more keys of the target.
    """
    path = folder / "versus.toml"
    path.write_text(TARGET.format(url=url, more=target) + text, encoding="utf-8")
    return load_plan(path, seed=1)
