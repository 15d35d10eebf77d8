"""The CI jobs that are written."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from loadtests.discovery.guess import Language
from loadtests.discovery.pipelines import PLACES, Ci, write_pipeline
from loadtests.tests.repositories import Repository, new_pull_request
from loadtests.tests.workflows import audit

ROOT = Path(__file__).parents[3]
every_language = pytest.mark.parametrize("language", get_args(Language))


def read(ci: Ci, language: Language = "python") -> dict[Any, Any]:
    """A job; `on` is a key that YAML 1.1 takes for true."""
    content: dict[Any, Any] = yaml.safe_load(write_pipeline(ci, language))
    return content


def scripts(ci: Ci, language: Language) -> list[str]:
    job = read(ci, language)
    if ci == "gitlab":
        return [*job["versus"]["before_script"], *job["versus"]["script"]]
    return [step["run"] for step in job["jobs"]["gate"]["steps"] if "run" in step]


@every_language
def test_zizmor_finds_nothing(language: Language, tmp_path: Path) -> None:
    """A linter of workflows, offline."""
    path = tmp_path / PLACES["github"]
    path.parent.mkdir(parents=True)
    path.write_text(write_pipeline("github", language), encoding="utf-8")
    audited = audit(tmp_path)

    assert 0 == audited.returncode, audited.stdout + audited.stderr


def test_the_workflow_may_only_read_and_ends() -> None:
    """It runs a pull request's code."""
    workflow = read("github")

    assert ["pull_request", "merge_group"] == list(workflow[True])
    assert {"contents": "read"} == workflow["permissions"]
    assert 30 >= workflow["jobs"]["gate"]["timeout-minutes"]


def test_actions_are_pinned_as_in_this_repository() -> None:
    """By a commit that its own action uses."""
    pinned = re.findall(r"uses: (\S+@[0-9a-f]{40} # v[\d.]+)", write_pipeline("github", "python"))
    own = (ROOT / "action.yml").read_text(encoding="utf-8")

    assert 1 == len(pinned)
    assert write_pipeline("github", "python").count("uses:") == len(pinned)
    for line in pinned:
        assert line in own


@every_language
@pytest.mark.parametrize("ci", PLACES)
def test_scripts_hold_no_expression_and_are_sound(
    ci: Ci, language: Language, tmp_path: Path
) -> None:
    """A branch's name is a value, never a command."""
    for number, text in enumerate(scripts(ci, language)):
        assert "${{" not in text
        assert "SET_UP" not in text
        script = tmp_path / f"{number}.sh"
        script.write_text(f"#!/bin/bash -e\n{text}", encoding="utf-8")
        subprocess.run(["bash", "-n", script], check=True)
        if shutil.which("shellcheck"):
            subprocess.run(["shellcheck", script], check=True)


@pytest.mark.parametrize("ci", PLACES)
def test_without_a_source_the_job_says_what_to_do(ci: Ci, tmp_path: Path) -> None:
    """There is no public address that could be the default."""
    (guarding,) = [text for text in scripts(ci, "python") if "Write VERSUS_SOURCE" in text]
    ended = subprocess.run(
        ["bash", "-e", "-c", guarding],
        env={"PATH": "", "VERSUS_SOURCE": ""},
        executable=shutil.which("bash"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == ended.returncode
    assert PLACES[ci] in ended.stdout


def test_what_is_checked_out_reaches_back_to_the_base(tmp_path: Path) -> None:
    """The pull request's own head, with the commit that it left its base at."""
    _, base, head = new_pull_request(tmp_path / "origin")
    clone = tmp_path / "clone"
    clone.mkdir()
    subprocess.run(
        ["bash", "-e", "-c", scripts("github", "python")[0]],
        cwd=clone,
        env={
            "PATH": str(Path(str(shutil.which("git"))).parent) + ":/usr/bin:/bin",
            "GITHUB_SERVER_URL": f"file://{tmp_path}",
            "GITHUB_REPOSITORY": "origin",
            "TOKEN": "none",
            "HEAD": head,
        },
        check=True,
    )

    git = Repository(clone).git
    assert head == git("rev-parse", "HEAD")
    assert "left from here" == git("show", "-s", "--format=%s", git("merge-base", base, head))


def test_the_base_is_left_to_the_event() -> None:
    """A variable of one event is empty in the others."""
    assert any("versus gate --github --base auto" in text for text in scripts("github", "python"))
    assert "BASE" not in write_pipeline("github", "python")


def test_gitlab_keeps_the_report_and_warns_of_the_undecided() -> None:
    """As the job of this repository does."""
    own = yaml.safe_load((ROOT / ".gitlab" / "perf.yml").read_text(encoding="utf-8"))["versus"]
    job = read("gitlab")["versus"]

    for key in ("artifacts", "allow_failure", "rules", "interruptible", "timeout"):
        assert own[key] == job[key]
    assert own["variables"]["GIT_DEPTH"] == job["variables"]["GIT_DEPTH"]
    assert "--base auto --copy-to versus-report" in job["script"][-1]
