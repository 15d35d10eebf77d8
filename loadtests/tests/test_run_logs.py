"""Logs of a run hold no secret and have a bounded size."""

import asyncio
import base64
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from loadtests import run_logs
from loadtests.planning.plan import load_plan
from loadtests.run_logs import clean_logs, keep_short
from loadtests.runner import measure

SECRET = 'tok/en+w"th=odd%é-4711'
SERVICE = """
import base64, http.server, json, os, sys, urllib.parse
secret = os.environ["GIVEN"]
halves = secret[:5], secret[5:]
for half in halves:
    sys.stderr.write(half)
    sys.stderr.flush()
print("", file=sys.stderr)
for text in (
    urllib.parse.quote(secret, safe=""),
    json.dumps({"token": secret}),
    base64.b64encode(f"user:{secret}".encode()).decode(),
    repr(secret),
):
    print("line", text, file=sys.stderr, flush=True)

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sys.stderr.write(f"{self.headers['X-Key']} ")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
"""
CONFIG = """
[target]
command = ["{python}", "service.py", "{{port}}"]
environment = {{ GIVEN = "${{RUN_LOGS_GIVEN}}" }}
headers = {{ X-Key = "${{RUN_LOGS_KEY}}" }}
[variants.before]
[variants.after]
[[scenarios]]
name = "list"
request = "GET /list"
[profiles.default]
measure_s = 1
rounds_max = 5
"""


def test_a_services_log_holds_nothing_that_was_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written in two pieces, in an address, in JSON, within base64 of more, and per request."""
    monkeypatch.setenv("RUN_LOGS_GIVEN", SECRET)
    monkeypatch.setenv("RUN_LOGS_KEY", "key-of-a-caller-0815")
    (tmp_path / "service.py").write_text(SERVICE, encoding="utf-8")
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG.format(python=sys.executable), encoding="utf-8")
    ended = measure(load_plan(config, seed=3), tmp_path / "runs", "", io.StringIO())
    log = (ended.folder / "service.log").read_text(encoding="utf-8")
    encoded = base64.b64encode(f"user:{SECRET}".encode()).decode()

    assert 0 == ended.exit_code, ended.reasons
    assert log.count("[removed]") >= 5
    for shown in (SECRET, quote(SECRET, safe=""), json.dumps(SECRET)[1:-1], "0815", encoded[9:-4]):
        assert shown not in log


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "name:"])
@pytest.mark.parametrize("after", ["", "z", "zz", ":password"])
def test_a_secret_within_base64_is_found_wherever_it_begins(
    tmp_path: Path, before: str, after: str
) -> None:
    """Also in the alphabet of addresses, and in small letters of percent encoding."""
    text = f"{before}{SECRET}{after}".encode()
    written = [base64.b64encode(text), base64.urlsafe_b64encode(text), quote_plus(SECRET).lower()]
    (tmp_path / "service.log").write_text("\n".join(map(str, written)), encoding="utf-8")
    clean_logs(tmp_path, [SECRET], pytest.fail)

    log = (tmp_path / "service.log").read_text(encoding="utf-8")
    assert 2 == len([line for line in log.splitlines()[:2] if "[removed]" in line])


def test_bytes_that_are_no_text_stay(tmp_path: Path) -> None:
    """A log is nobody's to repair."""
    (tmp_path / "service.log").write_bytes(b"\xff\xfe hunter22 \x80\n")
    clean_logs(tmp_path, ["hunter22"], pytest.fail)

    assert b"\xff\xfe [removed] \x80\n" == (tmp_path / "service.log").read_bytes()


def test_a_log_that_cannot_be_cleaned_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold a secret, and a full disk must not publish it."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "service.log").write_text("hunter22")
    monkeypatch.setattr(run_logs, "_shorten", full)
    lines: list[str] = []
    clean_logs(tmp_path, ["hunter22"], lines.append)

    assert b"" == (tmp_path / "service.log").read_bytes()
    assert "emptied, because secrets cannot be taken out (No space left on device)" in lines[0]


def test_links_and_pipes_are_left_alone(tmp_path: Path) -> None:
    """What a link points to is not the run's."""
    (tmp_path / "theirs").write_text("hunter22")
    (tmp_path / "a.log").symlink_to(tmp_path / "theirs")
    os.mkfifo(tmp_path / "b.log")
    clean_logs(tmp_path, ["hunter22"], pytest.fail)

    assert "hunter22" == (tmp_path / "theirs").read_text()


def test_a_log_that_grows_too_long_loses_its_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its process goes on writing; whole lines are kept."""
    monkeypatch.setattr(run_logs, "_EVERY_S", 0.01)
    log = tmp_path / "service.log"

    async def written() -> None:
        keeping = asyncio.create_task(keep_short(tmp_path))
        with log.open("ab", buffering=0) as output:
            for number in range(40):
                output.write(b"%07d\n" % number * 2**16)
                await asyncio.sleep(0.02)
            output.write(b"the end\n")
        await asyncio.sleep(0.1)
        keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeping

    asyncio.run(written())
    lines = log.read_text().splitlines()

    assert log.stat().st_size <= run_logs.LOG_BYTES_MAX
    assert ("0000000", "the end") == (lines[0], lines[-1])
    assert {7} == {len(line) for line in lines if "bytes left out" not in line}
    assert any("bytes left out" in line for line in lines)
