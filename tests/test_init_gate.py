"""From `versus init` to a verdict, as a stranger gets there with a server of her own."""

import tomllib
from pathlib import Path

import pytest

from loadtests.tests.repositories import Repository, new_repository
from versus import main

pytestmark = pytest.mark.slow

SERVER = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self):
        sum(range(WORK))
        body = b"fine"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
SHORT_GATE = """
[profiles.quick]
pairs = [14]
measure_s = 4.9
gap_ms = [0.2, 0.4]
warmup_rounds = 1
"""
SHORT_BENCH = """
[profiles.default]
measure_s = 3
block_s = 1
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A server with an environment of its own, as its owner has committed it."""
    made = new_repository(tmp_path / "shop")
    files = {"server.py": SERVER.replace("WORK", "30_000"), "requirements.txt": "# none\n"}
    made.commit("First", {**files, ".gitignore": ".venv/\n__pycache__/\n"})
    monkeypatch.chdir(made.folder)
    return made


def test_a_slower_commit_fails_without_any_editing(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """The environment is made in both worktrees, because the working tree has none."""
    assert 0 == main(["init"])
    config = repository.folder / "versus.toml"
    written = config.read_text(encoding="utf-8")
    repository.commit("Measure with Versus", {"versus.toml": written + SHORT_GATE})
    repository.commit("Work longer", {"server.py": SERVER.replace("WORK", "300_000")})
    capsys.readouterr()

    assert ".venv/bin/python" == tomllib.loads(written)["target"]["command"][0]
    assert 1 == main(["gate", "--base", "HEAD~1"]), capsys.readouterr().err
    assert "FAIL" in capsys.readouterr().out
    assert not (repository.folder / ".venv").exists()
    first, *kept = repository.worktrees()
    assert str(repository.folder) == first
    assert 2 == len([one for one in kept if "/.versus/builds/" in one])


def test_two_variants_are_measured_once_they_are_completed(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example in the file is right as soon as its marks are removed."""
    (repository.folder / "requirements.txt").unlink()
    assert 0 == main(["init"])
    config = repository.folder / "versus.toml"
    head, mark, example = config.read_text(encoding="utf-8").partition("# [variants.before]")
    config.write_text(head + (mark + example).replace("# ", "") + SHORT_BENCH, encoding="utf-8")

    assert 0 == main(["bench"]), capsys.readouterr().err


def test_an_access_log_is_measured_at_once(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its most frequent endpoint, with the ids that people have requested."""
    (repository.folder / "requirements.txt").unlink()
    line = '::1 - - [01/Dec/2026:09:00:00 +0000] "GET /items/{} HTTP/1.1" 200 4 "-" "-"\n'
    log = repository.folder / "access.log"
    log.write_text("".join(line.format(number) for number in range(100)), encoding="utf-8")
    assert 0 == main(["init", "--access-log", "access.log"])
    config = repository.folder / "versus.toml"
    head, mark, example = config.read_text(encoding="utf-8").partition("# [variants.before]")
    config.write_text(head + (mark + example).replace("# ", "") + SHORT_BENCH, encoding="utf-8")

    assert 0 == main(["check"]), capsys.readouterr().err
    assert 0 == main(["bench"]), capsys.readouterr().err
    assert "get_items_id" in capsys.readouterr().out
