"""The commands, from the outside: what they say and how they end."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.config.target import LINK
from contract.run.reading import read_run
from service.stack import StackError, parse_link
from service.stack.relay import LINKS
from versus import app, main

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = [each.callback.__name__ for each in app.registered_commands if each.callback]

CONFIG = """
[target]
url = "{url}"

[variants.before]
[variants.same]
[variants.after]
headers = {{ X-Extra-Work = "40000" }}

[[scenarios]]
name = "busy"
request = "GET /busy"

[profiles.default]
measure_s = 4
gap_ms = [0.2, 0.4]

[[budgets]]
scenario = "busy"
variant = "same"
metric = "latency_s_p50"
ratio_max = 1.10

[[budgets]]
scenario = "busy"
variant = "after"
metric = "latency_s_p50"
ratio_max = 1.10
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def versus(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run a command as `python -m versus` does, without the second that Python takes to start."""

    def run(*arguments: str) -> Ended:
        code = main(list(arguments))
        return Ended(code, *capsys.readouterr())

    return run


Versus = Callable[..., Ended]


def run_of(bench: Ended) -> Path:
    """The run's folder, from the last line that a bench prints."""
    return (Path.cwd() / bench.out.splitlines()[-1]).parent


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, versus: Versus) -> None:
    """`--help` tells what a command does and each option's meaning."""
    helped = versus(command, "--help")

    assert 0 == helped.code
    for line in re.findall(r"^ +(--.*)$", helped.out, re.MULTILINE):
        assert re.search(r" {2,}\S", line), f"no text beside {line}"


@pytest.mark.parametrize(
    "link",
    ["lan", *LINKS, "0,1", "35,100", "999.999,9999", "1000,5", "35,0", "5,1.5", "WAN", "-1,5"],
)
def test_plan_and_service_agree_on_links(link: str) -> None:
    """What a plan lets pass the service takes, and nothing else."""
    try:
        parse_link(link)
    except StackError:
        assert re.fullmatch(LINK, link) is None
    else:
        assert re.fullmatch(LINK, link)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("bench", "--config", "none.toml"), "none.toml: no such file"),
        (("bench", "--variants", "baseline,optimised"), "did you mean 'optimized'?"),
        (("bench", "--scenarios", "file_lists"), "did you mean 'file_list'?"),
        (("bench", "--profile", "hasty"), "unknown profile 'hasty'"),
        (("bench", "--history", "gs://bucket/x"), "neither a folder nor s3://BUCKET/PREFIX"),
        (("bench", "--history", "Makefile"), "cannot keep the history there (File exists)"),
        (("history", "--history", "gs://bucket/x"), "neither a folder nor s3://BUCKET/PREFIX"),
        (("gate", "--run", "runs/none"), "no such run"),
        (("report", "--run", "docs"), "run.json: missing"),
        (("compare", "runs/none", "docs"), "no such run"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], expected: str, versus: Versus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What, where, what to do; nothing was started."""
    monkeypatch.chdir(ROOT)
    ended = versus(*arguments)

    assert 2 == ended.code
    assert expected in ended.err
    assert 1 == len(ended.err.strip().splitlines())


def test_an_unknown_option_is_refused_with_exit_code_2(versus: Versus) -> None:
    """Usage errors have the usage code."""
    ended = versus("bench", "--profil", "smoke")

    assert 2 == ended.code
    assert "--profil" in ended.err


def test_a_wrong_budget_is_told_before_measuring(tmp_path: Path, versus: Versus) -> None:
    """A budget for a metric that nobody records would only fail after minutes."""
    config = tmp_path / "versus.toml"
    text = CONFIG.format(url="http://127.0.0.1:1")
    config.write_text(text.replace("latency_s_p50", "latency_p50"), encoding="utf-8")
    ended = versus("bench", "--config", str(config))

    assert 2 == ended.code
    assert "latency_s_p50" in ended.err
    assert str(config) in ended.err


def test_a_wrong_acceptance_is_told_before_measuring(tmp_path: Path, versus: Versus) -> None:
    """What nobody limits cannot be accepted, and a TOML date is a day."""
    config = tmp_path / "versus.toml"
    entry = 'scenario = "busi"\nvariant = "after"\nmetric = "latency_s_p50"\nratio_max = 2'
    text = f'{CONFIG}\n[[accepted]]\n{entry}\nreason = "known"\nexpires = 2027-03-31\n'
    config.write_text(text.format(url="http://127.0.0.1:1"), encoding="utf-8")
    ended = versus("bench", "--config", str(config))

    assert 2 == ended.code
    assert "accepted 'busi, after, latency_s_p50': no budget limits scenario" in ended.err


@pytest.mark.alone
def test_a_planted_slowdown_is_called_and_unchanged_code_is_not(
    tmp_path: Path, plain_url: str, versus: Versus
) -> None:
    """From a server to an exit code: twice the work is a regression, the same work is none."""
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG.format(url=plain_url), encoding="utf-8")
    bench = versus("bench", "--config", str(config), "--runs", str(tmp_path))
    gate = versus("gate", "--run", str(run_of(bench)))

    assert (0, 1) == (bench.code, gate.code), bench.err + gate.out
    assert "slower" in bench.out
    assert gate.out.startswith("FAIL")
    assert "FAIL busy, after" in gate.out
    assert "FAIL busy, same" not in gate.out
    assert (run_of(bench) / "report.html").stat().st_size < 1_500_000


HISTORY_CONFIG = """
[target]
command = ["sh", "-c", "{first}; exec {python} -m http.server --bind 127.0.0.1 $0", "{{port}}"]

[variants.before]
[variants.after]

[[scenarios]]
name = "list"
request = "GET /"

[profiles.default]
measure_s = 2
"""


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(
    ("first", "lost"), [("true", False), ("rm -r '{kept}'; touch '{kept}'", True)]
)
def test_a_history_that_is_lost_while_measuring_takes_nothing_with_it(
    first: str, lost: bool, tmp_path: Path, versus: Versus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends as it would have; that its history misses it is told, and annotates the step."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    kept = tmp_path / "kept"
    config = tmp_path / "versus.toml"
    text = HISTORY_CONFIG.format(first=first.format(kept=kept), python=sys.executable)
    config.write_text(text, encoding="utf-8")
    common = ("--config", str(config), "--runs", str(tmp_path / "runs"))
    bench = versus("bench", *common, "--history", str(kept))
    told = (
        f"versus: {kept}: cannot keep the history there (File exists). Name another --history. The"
    )

    assert 0 == bench.code, bench.err
    assert (tmp_path / "runs" / "latest" / "report.html").exists()
    assert lost == (told in bench.err)
    assert lost == ("::warning title=Versus history::" in bench.err)
    assert run_of(bench).is_dir()
    assert lost == kept.is_file()
    assert lost or 1 == len([*kept.iterdir()])


@pytest.mark.slow
@pytest.mark.alone
def test_repeated_runs_are_judged_together(tmp_path: Path, plain_url: str, versus: Versus) -> None:
    """Three short runs of a real server are one answer, with the exit code of a gate."""
    config = tmp_path / "versus.toml"
    text = CONFIG.format(url=plain_url).replace("measure_s = 4", "measure_s = 2")
    # So much more that no disturbance of this machine could have fed it.
    config.write_text(text.replace("40000", "200000"), encoding="utf-8")
    measured = [versus("bench", "--config", str(config), "--runs", str(tmp_path)) for _ in range(3)]
    named = [word for bench in measured for word in ("--run", str(run_of(bench)))]
    together, two = versus("gate", *named), versus("gate", *named[:4])
    twice = versus("gate", *named[:2], *named[:2])

    assert (1, "FAIL: 1 of 2 budgets exceeded") == (together.code, together.out[:29]), together.out
    assert re.search(r"^busy +after .* if kept +FAIL", together.out, re.MULTILINE)
    assert "FAIL busy, same" not in together.out
    assert f"in the same folder: {run_of(measured[2]).name} (complete)" in two.out
    assert 2 == twice.code
    assert "was given twice; it counts once" in twice.err


LOAD_CONFIG = """
[target]
url = "{url}"

[variants.before]
[variants.after]
headers = {{ X-Extra-Work = "40000" }}

[[scenarios]]
name = "busy"
request = "GET /busy"

[load]
rate_per_s = 50

[profiles.default]
capacity_s = 0
measure_s = 14
sub_block_s = 0.25
burn_in_s = 0.05

[[budgets]]
scenario = "busy"
variant = "after"
metric = "latency_s_p50"
ratio_max = 1.10
under_load = true
"""


def typical(bench: Ended) -> dict[str, Any]:
    """What comparison.json says of the typical latency."""
    found = json.loads((run_of(bench) / "comparison.json").read_text(encoding="utf-8"))
    effects = found["comparison"]["scenarios"][0]["effects"]
    effect: dict[str, Any] = next(one for one in effects if one["metric"] == "latency_s_p50")
    return effect


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.alone
def test_under_load_one_process_and_two_workers_find_the_same(
    tmp_path: Path, plain_url: str, versus: Versus
) -> None:
    """More work is a regression under load too, and who sends the load makes no difference."""
    config = tmp_path / "versus.toml"
    config.write_text(LOAD_CONFIG.format(url=plain_url), encoding="utf-8")
    common = ("load", "--config", str(config), "--runs", str(tmp_path), "--seed", "7")
    alone = versus(*common)
    shared = versus(*common, "--processes", "2")
    gate = versus("gate", "--run", str(run_of(shared)))
    one, two = typical(alone)["interval_familywise"], typical(shared)["interval_familywise"]

    assert (0, 0) == (alone.code, shared.code), alone.err + shared.err
    assert ("slower", "slower") == (typical(alone)["verdict"], typical(shared)["verdict"])
    assert max(one["low"], two["low"]) < min(one["high"], two["high"])
    assert (1, "FAIL") == (gate.code, gate.out[:4])
    assert (run_of(shared) / "report.html").stat().st_size < 1_500_000


def test_a_worker_without_a_master_is_told_how_to_name_one(versus: Versus) -> None:
    """The address of a master is a host and a port."""
    ended = versus("worker", "--master", "somewhere")

    assert 2 == ended.code
    assert "'somewhere' is not HOST:PORT" in ended.err


@pytest.mark.slow
@pytest.mark.alone
def test_a_stack_process_that_dies_is_named_and_ends_everything(tmp_path: Path) -> None:
    """One line says which part died; the run is kept, and nothing goes on running."""
    arguments = ["bench", "--profile", "smoke", "--runs", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "versus", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as bench:
        family = measuring_family(bench, tmp_path)
        postmaster = min((one for one in family if one.name() == "postgres"), key=lambda p: p.pid)
        postmaster.kill()
        said, _ = bench.communicate(timeout=60)
    _, alive = psutil.wait_procs(family, timeout=5)

    assert 4 == bench.returncode
    assert f"postgres (pid {postmaster.pid}) died" in said
    assert read_run(tmp_path / "latest").record.state in {"partial", "invalid"}
    assert [] == alive


def measuring_family(bench: subprocess.Popen[str], runs: Path) -> list[psutil.Process]:
    """All processes of a bench, as soon as its first samples are on disk."""
    deadline_s = time.monotonic() + 60
    while not any(stream.stat().st_size > 4096 for stream in runs.glob("2*/samples.arrows")):
        assert bench.poll() is None
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    return psutil.Process(bench.pid).children(recursive=True)


GOLDENS = ROOT / "tests" / "goldens"


@pytest.mark.parametrize(
    ("arguments", "code", "fact"),
    [
        (("report", "--run", "{}/paired-two"), 0, "comparison"),
        (("gate", "--run", "{}/paired-two"), None, "comparison"),
        (("gate", "--run", "{}/again-1", "--run", "{}/again-2"), None, "comparison"),
        (("compare", "{}/again-1", "{}/again-2"), 0, "comparison"),
        (("history", "--history", "{}/history"), 0, "history"),
        (("doctor",), None, "findings"),
    ],
    ids=["report", "gate", "gate several", "compare", "history", "doctor"],
)
@pytest.mark.slow
def test_an_answer_is_one_json_document(
    arguments: tuple[str, ...], code: int | None, fact: str, tmp_path: Path, versus: Versus
) -> None:
    """The text that people get is a part of it; nothing else is on standard output."""
    shutil.copytree(GOLDENS, tmp_path, dirs_exist_ok=True)
    assert 0 == versus("report", "--run", str(tmp_path / "again-1")).code
    (tmp_path / "history").mkdir()
    shutil.copy(tmp_path / "again-1" / "entry.json", tmp_path / "history" / "one.json")
    words = [word.format(tmp_path) for word in arguments]
    plain = versus(*words)
    ended = versus(*words, "--json", "--quiet")
    document = json.loads(ended.out)

    assert ended.code == plain.code == document["exit_code"]
    assert code in {None, ended.code}
    assert document[fact] is not None
    assert document["error"] is None
    if arguments[0] != "doctor":
        assert plain.out.splitlines() == document["text"]
    assert 1 == len(ended.out.splitlines())
    assert "" == ended.err


def test_an_error_is_a_json_document(versus: Versus) -> None:
    """The same line as on standard error."""
    ended = versus("report", "--run", "nowhere", "--json")
    document = json.loads(ended.out)

    assert (2, "usage", "report") == (ended.code, document["verdict"], document["command"])
    assert ended.err == f"versus: {document['error']}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("bench", "--sed", "3"),
        ("calibrate", "--effects", "7"),
        ("gate", "--runs", ""),
        ("benhc",),
    ],
    ids=["option", "value", "folder", "command"],
)
def test_an_error_before_a_command_begins_is_a_document_too(
    arguments: tuple[str, ...], versus: Versus
) -> None:
    """A program reads one document, wherever the error was found."""
    ended = versus(*arguments, "--json")
    document = json.loads(ended.out)

    assert (2, "usage", arguments[0]) == (ended.code, document["verdict"], document["command"])
    assert ended.err == f"versus: {document['error']}\n"
