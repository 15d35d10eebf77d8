import json

import httpx
import pytest

from service.logs import REDACTED, log, redact
from service.telemetry import RequestCost, collect_cost


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
