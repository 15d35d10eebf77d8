"""Whole runs with a set-up: compared variants, load by two workers, two revisions, and failures."""

import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.run.reading import Run, read_run
from loadtests.planning.plan import LoadWorkers
from loadtests.runner import Measured, measure
from loadtests.tests.accounts import LOGIN, SERVER, accounts, plan_at
from loadtests.tests.repositories import new_repository
from versus import main

pytestmark = pytest.mark.alone

KNOWN = "kn0wn-v4lue"

TEXT = (
    LOGIN
    + """
[[setup]]
command = ["cat", "value.txt"]
take = { id = "regex:(.+)" }

[[scenarios]]
name = "orders"
request = "GET /orders?page=1&id={id}"
headers = { Authorization = "Bearer {token}" }

[profiles.default]
measure_s = {measure_s}
block_s = 0.4
gap_ms = [0.5, 1.0]
capacity_s = 0
sub_block_s = 0.5
burn_in_s = 0.1

[load]
rate_per_s = 60
lag_ms_max = 1000
"""
)

AROUND = """
[[scenarios]]
name = "order"
request = "POST /orders"
headers = { Authorization = "Bearer {token}" }
status = 201
take = { order = "header:Location" }

[[scenarios.after]]
request = "DELETE {order}"
headers = { Authorization = "Bearer {token}" }
status = 204
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the example behind a login answers."""
    with accounts() as address:
        yield address


def text(measure_s: float) -> str:
    return TEXT.replace("{measure_s}", f"{measure_s:g}")


def run_of(ending: Measured) -> Run:
    return read_run(ending.folder)


@pytest.mark.slow
def test_a_run_sends_what_the_set_up_took_and_keeps_none_of_it(tmp_path: Path, url: str) -> None:
    """Every answer is right, orders do not pile up, and no file holds a value."""
    (tmp_path / "value.txt").write_text(KNOWN, encoding="utf-8")
    plan = plan_at(tmp_path, url, text(1.2) + AROUND)
    ending = measure(plan, tmp_path / "runs", "", io.StringIO())
    run = run_of(ending)
    samples = run.samples.to_pandas()

    assert (0, "complete") == (ending.exit_code, run.record.state)
    assert {""} == set(samples["error"])
    assert {"orders", "order"} == set(samples["scenario"])
    # Their number stands in the answer, so that another one would have another body.
    assert 1 == samples[samples["scenario"] == "orders"]["body_hash"].nunique()
    for file in ending.folder.iterdir():
        assert KNOWN.encode() not in file.read_bytes(), file


@pytest.mark.slow
def test_workers_under_load_send_the_same_values(tmp_path: Path, url: str) -> None:
    """The set-up is done once for each variant, by none of them."""
    (tmp_path / "value.txt").write_text(KNOWN, encoding="utf-8")
    plan = plan_at(tmp_path, url, text(2.4)).under_load(LoadWorkers(processes=2))
    ending = measure(plan, tmp_path / "runs", "", io.StringIO())
    samples = run_of(ending).samples.to_pandas()

    assert {""} == set(samples["error"])
    assert {"before", "after"} == set(samples["variant"])


def test_a_failing_set_up_ends_the_run_before_anything_is_sent(tmp_path: Path, url: str) -> None:
    """One line says why, and the exit code is that of a target that fails."""
    plan = plan_at(tmp_path, url, text(1.2).replace("correct horse", "wr0ng"))
    out = io.StringIO()
    ending = measure(plan, tmp_path / "runs", "", out)

    assert (4, 0) == (ending.exit_code, ending.samples)
    (reason,) = ending.reasons
    assert "[[setup]] number 1 (POST /login) failed in before: status 403" in reason
    assert "wr0ng" not in out.getvalue()


REVISIONS = """
[target]
command = {command}
ready = "/healthz"
session = true

[[setup]]
request = "POST /login"
body = { user = "ada", password = "correct horse" }
status = "2xx"

[[setup]]
command = ["sh", "-c", "test -n \\"$PORT\\" && echo $VERSUS_VARIANT >>{log}"]

[[scenarios]]
name = "orders"
request = "GET /orders?page=1"

[profiles.quick]
measure_s = 5
pairs = [14]
"""


def changed_login(tmp_path: Path, before: str, after: str) -> tuple[int, str]:
    """A gate's exit code and reason, where the head changes a text of the server."""
    repository = new_repository(tmp_path / "mine")
    command = json.dumps([sys.executable, "server.py", "--port", "{port}"])
    content = REVISIONS.replace("{command}", command).replace("{log}", "/dev/null")
    server = SERVER.read_text(encoding="utf-8")
    files = {"versus.toml": content, "server.py": server.replace("/login", before)}
    base = repository.commit("One", files)
    repository.commit("Two", {"server.py": server.replace("/login", after)})
    runs = tmp_path / "runs"
    config = str(repository.folder / "versus.toml")
    code = main(["gate", "--base", base, "--config", config, "--runs", str(runs), "--quiet"])
    return code, " ".join(read_run(runs / "latest").record.reasons)


@pytest.mark.slow
def test_a_head_whose_set_up_fails_answers_wrongly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named before anything is measured."""
    monkeypatch.setenv("ACCOUNTS_ITERATIONS", "1")
    code, reason = changed_login(tmp_path, "/login", "/moved")

    assert 4 == code
    assert "wrong answers: [[setup]] number 1 (POST /login) failed in head: status 401" in reason


@pytest.mark.slow
def test_a_base_whose_set_up_fails_cannot_be_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change that adds the login is no regression."""
    monkeypatch.setenv("ACCOUNTS_ITERATIONS", "1")
    code, reason = changed_login(tmp_path, "/moved", "/login")

    assert 3 == code
    assert "no usable base: [[setup]] number 1 (POST /login) failed in base: status 401" in reason


@pytest.mark.slow
def test_servers_that_start_anew_are_set_up_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process knows only its own sessions, and every answer is right."""
    monkeypatch.setenv("ACCOUNTS_ITERATIONS", "1")
    repository = new_repository(tmp_path / "mine")
    shutil.copy(SERVER, repository.folder / "server.py")
    command = json.dumps([sys.executable, "server.py", "--port", "{port}"])
    log = tmp_path / "starts"
    content = REVISIONS.replace("{command}", command).replace("{log}", os.fspath(log))
    base = repository.commit("One", {"versus.toml": content})
    changed = SERVER.read_text(encoding="utf-8").replace("60_000", "60_001")
    repository.commit("Two", {"server.py": changed})
    runs = tmp_path / "runs"
    config = str(repository.folder / "versus.toml")
    main(["gate", "--base", base, "--config", config, "--runs", str(runs), "--quiet"])
    run = read_run(runs / "latest")
    starts = log.read_text(encoding="utf-8").split()

    assert "complete" == run.record.state
    assert {""} == set(run.samples["error"].to_pylist())
    # Base twice and head once before measuring, then each pair.
    assert (2 + 14, 1 + 14) == (starts.count("base"), starts.count("head"))
