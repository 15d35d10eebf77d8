"""Users of a Locust file cannot be made to keep a body of any size."""

import gzip
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from loadtests.engines.tests.people import plan_of
from loadtests.runner import measure

pytestmark = pytest.mark.slow

USER = """
    from locust import {user}, constant, task

    class One({user}):
        wait_time = constant(0.01)

        @task
        def get(self):
            self.client.get("{path}")
"""


class Large(BaseHTTPRequestHandler):
    """Answers 2 MiB, as they are or packed."""

    def do_GET(self) -> None:
        """Answer, until the client has had enough."""
        body = bytes(2**21)
        self.send_response(200)
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def large_url() -> Iterator[str]:
    """The address of a server of large bodies."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Large) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("HttpUser", "/plain"),
        ("FastHttpUser", "/packed"),
        pytest.param("HttpUser", "/packed", marks=pytest.mark.long),
        pytest.param("FastHttpUser", "/plain", marks=pytest.mark.long),
    ],
)
def test_a_large_body_ends_the_run_in_one_line(
    tmp_path: Path, large_url: str, user: str, path: str
) -> None:
    """In both clients, before and after decoding."""
    plan = plan_of(tmp_path, large_url, USER.format(user=user, path=path))
    target = plan.target.model_copy(update={"body_mib_max": 1})
    ending = measure(replace(plan, target=target), tmp_path / "runs", "", io.StringIO())

    assert 4 == ending.exit_code
    assert "is larger than 1 MiB (target.body_mib_max)" in "; ".join(ending.reasons)
