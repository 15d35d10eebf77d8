import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from service.logs import REDACTED, log, redact
from service.stack import OWNER_ID, Endpoints, mint_token
from service.stack.app_server import app_command, listen
from service.telemetry import RequestCost, collect_cost
from service.tests.support import assert_problem, connect

PROJECT = Path(__file__).parents[2]


def test_successful_requests_log_nothing(
    client: httpx.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """A request that succeeds writes no line that could disturb a measurement."""
    client.get("/v1/files?include_urls=true")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("key", ["Authorization", "access_token", "apiKey", "url_signature"])
def test_a_secret_is_known_by_its_name(key: str) -> None:
    """A value whose key names a credential is removed, at any depth."""
    event = {"outer": [{key: "hush", "path": "/v1/me"}]}

    assert {"outer": [{key: REDACTED, "path": "/v1/me"}]} == redact(None, "", event)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bearer abc.def", REDACTED),
        ("http://x/y?X-Amz-Signature=0123&z=1", f"http://x/y?{REDACTED}&z=1"),
        ("eyJh.eyJz.c2ln expired", f"{REDACTED} expired"),
        ("GET /v1/files", "GET /v1/files"),
    ],
)
def test_a_secret_is_known_by_its_form(text: str, expected: str) -> None:
    """Tokens and signatures are removed from any text."""
    assert {"cause": expected} == redact(None, "", {"cause": text})


def test_numbers_stay(capsys: pytest.CaptureFixture[str]) -> None:
    """A line is JSON with level, time and the request's id; numbers are not turned into text."""
    with collect_cost(RequestCost("an-id")):
        log.warning("request failed", status=503)
        log.info("nothing")

    [line] = map(json.loads, capsys.readouterr().err.splitlines())
    assert "timestamp" in line
    expected = {"event": "request failed", "level": "warning", "request_id": "an-id", "status": 503}
    assert expected.items() <= line.items()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ValueError("closed")])
def test_a_line_that_cannot_be_written_is_counted(
    capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    """Nothing is raised, and the next line that can be written says how many were lost."""

    class Full:
        def write(self, _: str) -> int:
            raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stderr", Full())
        log.warning("lost")
        log.warning("lost, too")
        patched.setattr(sys, "stderr", None)
        log.warning("lost as well")
    log.warning("written")

    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert {"event": "lines lost", "count": 3} == first
    assert "written" == second["event"]


@pytest.mark.slow
def test_a_service_on_a_full_disk_answers_as_before(stack: Endpoints) -> None:
    """With standard error on /dev/full a dead database is still a 503 problem."""
    environment = stack.environment() | {"SUPABASE_URL": "http://127.0.0.1:1"}
    with listen(0) as listener, Path("/dev/full").open("w") as full:
        command = app_command(sys.executable, str(PROJECT), "--fd", str(listener.fileno()))
        with subprocess.Popen(
            command, env=os.environ | environment, stderr=full, pass_fds=[listener.fileno()]
        ) as process:
            try:
                url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                token = mint_token(stack.jwt_secret, OWNER_ID)
                with connect(url, token) as caller:
                    response = caller.get("/v1/workflows")
            finally:
                process.terminate()

    assert_problem(response, 503)
    assert "1" == response.headers["Retry-After"]
