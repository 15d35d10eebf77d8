"""`gate --base`, from the outside: a change in a repository of its own, measured and judged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.config.defaults import default_budgets
from contract.run.micro import read_micro
from contract.run.reading import read_run
from loadtests.tests.repositories import Repository, new_repository
from versus import main

pytestmark = [pytest.mark.alone, pytest.mark.slow]

SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self):
        sum(range(WORK))
        body = b"ANSWER"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Versus-Cost", "rows=ROWS")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
CONFIG = """
[target]
command = ["python3", "server.py", "{port}"]
ready = "/"
counters = ["rows"]

[variants.before]
[variants.after]

[[scenarios]]
name = "one"
request = "GET /"

[profiles.quick]
measure_s = 4.9
pairs = [14]
gap_ms = [0.2, 0.4]
warmup_rounds = 1

[[budgets]]
revisions = true
scenario = "*"
metric = "latency_s_p50"
ratio_max = 1.25

[[budgets]]
revisions = true
scenario = "*"
metric = "rows"
ratio_max = 1.0
"""


def server(work: int = 60_000, answer: str = "fine", rows: int = 3) -> str:
    """Its program, which works so long, answers this and counts so many rows."""
    made = SERVER.replace("WORK", str(work)).replace("ANSWER", answer)
    return made.replace("ROWS", str(rows))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A service and its configuration, committed once."""
    made = new_repository(tmp_path / "shop")
    made.commit("First", {"server.py": server(), "versus.toml": CONFIG})
    return made


Gate = Callable[..., int]


@pytest.fixture
def gate(repository: Repository, tmp_path: Path) -> Gate:
    """Judge what HEAD changed since a base."""

    def run(base: str, *more: str) -> int:
        options = [
            "--config",
            str(repository.folder / "versus.toml"),
            "--runs",
            str(tmp_path / "runs"),
        ]
        return main(["gate", "--base", base, *options, *more])

    return run


def test_a_slower_commit_fails(
    gate: Gate,
    repository: Repository,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Several times the work is over the budget, and nothing is left of both worktrees."""
    repository.commit("Work longer", {"server.py": server(work=300_000)})
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    options = ("--history", str(tmp_path / "history"), "--github", "--copy-to", "kept")
    monkeypatch.chdir(tmp_path)

    assert 1 == gate("HEAD~1", *options), capsys.readouterr().err
    said = capsys.readouterr().out
    run = read_run(tmp_path / "runs" / "latest")
    starts = run.record.restarts.starts if run.record.restarts else ()
    output = (tmp_path / "output").read_text("utf-8")
    assert (
        f"verdict=regression\nfolder={run.folder.resolve()}\n" == output[: output.index("report")]
    )
    assert (tmp_path / "kept" / "report.html").is_file()
    assert "FAIL one, head, typical latency" in said
    assert "versus gate" in run.record.command
    assert 14 == len(starts)
    assert [f"{run.record.id}.json"] == [one.name for one in (tmp_path / "history").iterdir()]
    assert {("base", "head"), ("head", "base")} == set(starts)
    assert "Work longer" in run.record.environment["target"]["head"]
    assert [str(repository.folder)] == repository.worktrees()


BARE = """
[target]
command = ["python3", "server.py", "{port}"]

[[scenarios]]
request = "GET /?limit=5"

[profiles.quick]
measure_s = 4.9
pairs = [14]
gap_ms = [0.2, 0.4]
"""


def test_a_command_and_a_request_are_judged_by_default_budgets(
    gate: Gate, repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are printed before measuring, and recorded and shown with their reasons."""
    repository.commit("Keep it short", {"versus.toml": BARE})
    repository.commit("Work longer", {"server.py": server(work=300_000)})

    assert 1 == gate("HEAD~1")
    output = capsys.readouterr()
    run = read_run(tmp_path / "runs" / "latest")
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "default budgets, because no [[budgets]] with revisions = true" in output.err
    assert output.err.index("default budgets") < output.err.index("measuring")
    assert "FAIL get_limit_5, head, typical latency: " in output.out
    assert default_budgets([]) == run.record.config["budgets"]
    assert "default budget: a typical answer takes at most 5 % longer" in page
    assert ["get_limit_5"] == [one.name for one in run.record.scenarios]


def test_the_same_commit_twice_does_not_fail(
    gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    """It passes, or cannot tell; both sides have a worktree of their own."""
    assert gate("HEAD") in {0, 3}, capsys.readouterr().out


def test_what_a_change_may_do_passes_and_is_told(
    gate: Gate, repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A field more, and an endpoint with its scenario; a file of nobody's is noted."""
    as_json = server(answer='{"a": 1}').replace('b"{"a": 1}"', "b'{\"a\": 1}'")
    known = as_json.replace("    def do_GET", "    known = ('/',)\n\n    def do_GET").replace(
        "send_response(200)", "send_response(200 if self.path in self.known else 404)"
    )
    repository.commit("Answer JSON", {"server.py": known})
    more = known.replace("('/',)", "('/', '/new')").replace('{"a": 1}', '{"b": [2], "a": 1.0}')
    scenario = '\n[[scenarios]]\nname = "new"\nrequest = "GET /new"\n'
    repository.commit("Say more", {"server.py": more, "versus.toml": CONFIG + scenario})
    repository.write({"notes.txt": "not committed"})

    assert gate("HEAD~1") in {0, 3}, capsys.readouterr().out
    output = capsys.readouterr()
    record = read_run(tmp_path / "runs" / "latest").record
    assert "FAIL" not in output.out
    assert "one: answers of head gained fields: /b" in output.err
    assert "PASS one, head, rounds with another answer: answers gained fields: /b (allowed)" in (
        output.out
    )
    assert "NEW new: new in head, so not compared" in output.out
    assert "note: not measured: notes.txt (untracked: in neither revision)" in output.out
    assert [False, True] == [one.new for one in record.scenarios]
    assert record.revisions is not None
    assert {"opened"} == {one.kind for one in record.revisions.evidence.values()}


def test_what_has_no_noise_ends_at_once(
    gate: Gate, repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One row more fails after the first pair of starts, another answer with the latencies."""
    repository.commit("Read more", {"server.py": server(rows=4)})
    counted = gate("HEAD~1")
    pairs = [read_run(tmp_path / "runs" / "latest").record.restarts]
    repository.commit("Answer otherwise", {"server.py": server(answer="well")})
    answered = gate("HEAD~2")
    pairs.append(read_run(tmp_path / "runs" / "latest").record.restarts)

    said = capsys.readouterr().out

    assert (1, 1) == (counted, answered), said
    assert "FAIL one, head, rounds with another answer: " in said
    assert 'byte 0: "fine" / "well"' in said
    assert [1, 14] == [len(one.starts) for one in pairs if one]


def test_a_revision_that_does_not_start_is_told(
    gate: Gate, repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no regression and no pass; the page says which one it was."""
    repository.commit("Break it", {"server.py": "raise SystemExit('no such table')\n"})

    assert 4 == gate("HEAD~1")
    assert "does not start" in capsys.readouterr().err
    page = (tmp_path / "runs" / "latest" / "report.html").read_text(encoding="utf-8")
    assert "no such table" in page


def test_uncommitted_changes_are_refused(
    gate: Gate, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """They would not be measured, so nothing is."""
    repository.write({"server.py": server(work=1)})

    assert 2 == gate("HEAD")
    assert "uncommitted changes: server.py would not be measured" in capsys.readouterr().err


def test_a_suite_that_changed_with_the_code_is_doubted(
    gate: Gate,
    repository: Repository,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each revision runs its own; which files differ stands with the run and on its page."""
    named = f'[target]\nsuite = "{repository.folder / "benchmarks"}"'
    config = CONFIG.replace("[target]", named)
    suite = "def test_sum(benchmark):\n    benchmark(sum, range({}))\n"
    files = {
        "versus.toml": config.replace("pairs =", "suite_s = 1\npairs ="),
        "benchmarks/test_it.py": suite.format(100),
        "benchmarks/test_same.py": suite.format(10),
    }
    repository.commit("Measure a function", files)
    repository.commit("Measure more", {"benchmarks/test_it.py": suite.format(200)})

    assert gate("HEAD~1", "--verbose") in {0, 3}, capsys.readouterr().err
    micro = read_micro(tmp_path / "runs" / "latest")
    told = "The suite itself differs between the revisions, in benchmarks/test_it.py. "
    assert micro is not None
    assert ("benchmarks/test_it.py",) == micro.record.files_changed
    assert f"warning: {told}" in capsys.readouterr().out
    assert 2 == (tmp_path / "runs" / "latest" / "report.html").read_text("utf-8").count(told)


def test_a_function_that_goes_away_passes_no_budget(
    gate: Gate, repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that comes is named as well, but has no base to be compared with."""
    named = f'[target]\nsuite = "{repository.folder / "benchmarks"}"'
    budget = """
[[budgets]]
function = "*"
metric = "time_s"
ratio_max = 100
revisions = true
"""
    config = CONFIG.replace("[target]", named).replace("pairs =", "suite_s = 1\npairs =") + budget
    function = "def test_{}(benchmark):\n    benchmark(sum, range(100))\n"
    files = {"versus.toml": config, "benchmarks/test_kept.py": function.format("kept")}
    repository.commit("One", files | {"benchmarks/test_old.py": function.format("old")})
    repository.commit("Two", {"benchmarks/test_old.py": function.format("new")})

    code = gate("HEAD~1", "--verbose")

    out = capsys.readouterr().out
    assert 3 == code, out
    assert "INCONCLUSIVE old.old, head, " in out
    assert "warning: old.old: only in base, so it is not compared: head has no such function" in out
    assert "warning: old.new: only in head, so it is not compared: base has no such function" in out
    assert "INCONCLUSIVE old.new" not in out
