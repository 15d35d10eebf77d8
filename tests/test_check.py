"""`versus check`, from the command line to its exit code."""

import json
import sys
from pathlib import Path

import pytest

from loadtests.checking.tests.checks import SERVER, configuration
from loadtests.tests.repositories import new_repository
from versus import main

BUDGET = '{ scenario = "%s", variant = "after", metric = "%s", ratio_max = 1.05 }'


def check(folder: Path, text: str, *options: str) -> int:
    """The exit code of a check of a configuration."""
    config = folder / "versus.toml"
    config.write_text(text, encoding="utf-8")
    return main(["check", "--config", str(config), *options])


@pytest.mark.parametrize(
    ("path", "budget", "code", "last"),
    [
        ("same", "latency_s_p50", 0, "ready to measure"),
        ("same", "latency_s_p999", 3, "a budget cannot be decided in this time"),
        ("broken", "latency_s_p50", 4, "mend what is shown above before you measure"),
        ("price", "latency_s_p50", 4, "mend what is shown above before you measure"),
    ],
)
def test_the_exit_code_says_what_is_wrong(
    path: str, budget: str, code: int, last: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing, too little time, or the answers; progress goes to standard error."""
    short = "[profiles.default]\nmeasure_s = 3\n"
    text = f"budgets = [{BUDGET % (path, budget)}]\n" + configuration(path, more=short)

    assert code == check(tmp_path, text)
    out = capsys.readouterr().out.splitlines()
    assert f"check: {last}" == out[-1]
    assert len(out) <= 40


def test_a_wrong_configuration_is_not_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on standard error."""
    assert 2 == check(tmp_path, configuration("same").replace("request", "requests"))
    out, err = capsys.readouterr()
    assert "" == out
    assert 1 == len(err.splitlines())


def test_the_document_is_all_that_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other programs read standard output; no run's folder appears."""
    assert 4 == check(tmp_path, configuration("same", "price"), "--json")
    document = json.loads(capsys.readouterr().out)

    assert ["same", "same", "price", "price"] == [one["scenario"] for one in document["answers"]]
    assert ["price"] == [one["scenario"] for one in document["differences"]]
    assert [tmp_path / "versus.toml"] == list(tmp_path.iterdir())


def test_only_the_named_scenarios_are_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `bench` would."""
    assert 0 == check(tmp_path, configuration("same", "broken"), "--scenarios", "same")
    assert "broken" not in capsys.readouterr().out


@pytest.mark.slow
def test_two_revisions_are_built_started_and_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A head that adds a field and is three times slower: the field is found, the time is not."""
    repository = new_repository(tmp_path / "shop")
    start = "import os, runpy\nos.environ |= {}\nrunpy.run_path('serve.py', None, '__main__')\n"
    server = SERVER.read_text(encoding="utf-8")
    base, head = (start.format(given) for given in ({"WORK": "10"}, {"WORK": "30", "FIELD": "new"}))
    budget = '{ scenario = "*", metric = "latency_s_p999", revisions = true, ratio_max = 1.05 }'
    target = f"[target]\ncommand = ['{sys.executable}', 'app.py']\n"
    config = f"budgets = [{budget}]\n" + configuration("same", target=target)
    config += "\n[profiles.quick]\n"
    repository.commit("one", {"app.py": base, "serve.py": server, "versus.toml": config})
    repository.commit("two", {"app.py": head})

    path = str(repository.folder / "versus.toml")
    assert 3 == main(["check", "--config", path, "--base", "HEAD~1"])
    out = " ".join(capsys.readouterr().out.split())
    assert 'warning: same: base and head answer differently. /field: nothing / "new"' in out
    assert "`versus gate --base --profile quick` takes at most about" in out
    assert "p99.9 latency (a budget needs it) cannot be decided in same" in out
    assert [str(repository.folder)] == repository.worktrees()
    assert "" == repository.git("status", "--porcelain")

    assert 3 == main(["check", "--config", path, "--base", "HEAD"])
    assert "base and head are the same commit" in capsys.readouterr().out


def test_measuring_begins_with_what_cannot_be_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing that is known before measuring is first printed after it."""
    config = tmp_path / "versus.toml"
    config.write_text(
        configuration("same", more="[profiles.default]\nmeasure_s = 0.3\n"), encoding="utf-8"
    )

    assert 0 == main(["bench", "--config", str(config), "--runs", str(tmp_path / "runs")])
    _, first, second, *_ = capsys.readouterr().err.splitlines()
    assert first.startswith("too short: p95 latency cannot be decided in same: ")
    assert second.startswith("starting ")
