"""Secrets are sent and neither recorded nor printed."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from contract.config.schema import read_config
from contract.secrecy import REMOVED
from loadtests import runner
from loadtests.planning.disclosure import (
    printable,
    shown_command,
    without_secrets,
)
from loadtests.planning.plan import load_plan

ROOT = Path(__file__).parents[3]
SERVER = Path(__file__).parents[3] / "loadtests" / "tests" / "strange_server.py"

TEXT = """
[target]
command = [{python}, {server}, "serve", "--token", "sesame-01"]
environment = {{ PLAIN = "a", A_KEY = "sesame-02", B_KEY = "${{SECRET}}", DB = "pg://u:sesame@h" }}
headers = {{ Authorization = "Bearer ${{SECRET}}", Cookie = "sesame-04" }}

[revisions]
build = ["true", "--key=sesame-03"]

[variants.before]
environment = {{ MODE = "${{SECRET}}" }}
[variants.after]
environment = {{ API_TOKEN = "sesame-05" }}
headers = {{ X-Secret = "sesame-06" }}
query = {{ session = "sesame-07", page = "${{SECRET}}" }}

[[scenarios]]
name = "plain"
request = "POST /status/500?q=)${{SECRET}}&token=sesame-08&mine=${{SECRET}}"
headers = {{ X-Api-Key = "sesame-09", X-Other = "${{SECRET}}" }}
body = "user=me&password=sesame-10"
json = {{ "/token" = "sesame-11" }}

[[scenarios]]
name = "sequence"
[[scenarios.sequence]]
request = "POST /login?key=sesame-12"
body = {{ user = "me", deep = {{ pass_key = ["sesame-13"] }}, pin = "${{SECRET}}", on = true }}
take = {{ token = "/token" }}
[[scenarios.sequence]]
request = "GET /echo"
headers = {{ Authorization = "Bearer {{token}}" }}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration full of secrets."""
    path = tmp_path / "versus.toml"
    python, server = json.dumps(sys.executable), json.dumps(str(SERVER))
    path.write_text(TEXT.format(python=python, server=server), encoding="utf-8")
    return path


def test_foreign_text_cannot_control_a_terminal() -> None:
    """Each control character becomes a question mark."""
    assert "a?[31mb?é" == printable("a\x1b[31mb\né")


def test_what_is_recorded_is_stated_but_for_secrets(config: Path) -> None:
    """Names stay, ${NAMES} stay, and so does what is no secret; every literal is gone."""
    stated: dict[str, Any] = without_secrets(read_config(config))
    plain, sequence = stated["scenarios"]
    login, echo = sequence["sequence"]

    assert "sesame" not in json.dumps(stated)
    assert {"PLAIN": "a", "A_KEY": REMOVED, "B_KEY": "${SECRET}", "DB": REMOVED} == stated[
        "target"
    ]["environment"]
    assert {"Authorization": "Bearer ${SECRET}", "Cookie": REMOVED} == stated["target"]["headers"]
    assert {"session": REMOVED, "page": "${SECRET}"} == stated["variants"]["after"]["query"]
    assert {"X-Api-Key": REMOVED, "X-Other": "${SECRET}"} == plain["headers"]
    assert ["true", f"--key={REMOVED}"] == stated["revisions"]["build"]
    assert REMOVED == plain["body"]
    deep = {"pass_key": [REMOVED]}
    assert {"user": "me", "deep": deep, "pin": "${SECRET}", "on": True} == login["body"]
    assert {"token": "/token"} == login["take"]
    assert {"Authorization": "Bearer {token}"} == echo["headers"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["run", "--token", "x", "y"], ["run", "--token", REMOVED, "y"]),
        (["run", "--api-key=x", "-v"], ["run", f"--api-key={REMOVED}", "-v"]),
        (["env", "PASSWORD=x", "run"], ["env", f"PASSWORD={REMOVED}", "run"]),
        (["run", "--token", "--port", "{port}"], ["run", "--token", "--port", "{port}"]),
        (["run", "pg://u:p@h/db"], ["run", REMOVED]),
        (["python3", "tokenizer.py"], ["python3", "tokenizer.py"]),
    ],
)
def test_a_command_is_shown_without_secrets(command: list[str], expected: list[str]) -> None:
    """Options of which the name sounds like a secret keep their name alone."""
    assert expected == shown_command(command)


@pytest.mark.slow
def test_no_secret_is_left_in_a_runs_folder(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the record nor in a log, also where every answer is a wrong one."""
    monkeypatch.setattr(runner, "DYING_S", 0.1)
    config.write_text(config.read_text() + "[profiles.default]\nmeasure_s = 0.4\nblock_s = 0.1\n")
    out = io.StringIO()
    plan = load_plan(config, seed=1, environment={**os.environ, "SECRET": "sesame-00"})
    ending = runner.measure(plan, config.parent / "runs", "", out)
    files = [path for path in ending.folder.rglob("*") if path.is_file()]

    assert ending.samples > 0
    assert b"status 500, expected 200" in (ending.folder / "samples.parquet").read_bytes()
    assert {"run.json", "generator.log", "samples.parquet"} <= {path.name for path in files}
    assert [] == [path.name for path in files if b"sesame" in path.read_bytes()]
    assert "sesame" not in out.getvalue()
