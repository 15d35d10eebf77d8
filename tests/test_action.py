"""The action's own steps, run offline: where it installs itself, what it measures in each event.

Expressions are evaluated as far as the action uses them. The steps of other actions are only noted.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from loadtests.tests.repositories import Repository, new_repository
from versus import app

ROOT = Path(__file__).resolve().parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]

# What installs from a registry only writes down what it was asked for; all else is the real Python.
PYTHON = """\
#!/bin/bash
case "$*" in
    *"-m venv"*)
        echo "python3 $*" >>"$RECORDED"
        mkdir -p "${@: -1}/bin"
        cp "$0" "${@: -1}/bin/python"
        cp "$0" "${@: -1}/bin/uv" ;;
    *"-m pip"* | "pip sync"*)
        echo "${0##*/} $*" >>"$RECORDED"
        exit "${BROKEN:-0}" ;;
    *) exec "PYTHON" "$@" ;;
esac
"""
# In the place of the gate.
RECORDING = """\
#!/bin/sh
[ "$1" = -I ] && exit 0
printf '%s\\n' "$PWD" "$@" >>"$RECORDED"
exit 3
"""


@dataclass
class Job:
    """A job of GitHub that uses the action.

    Attributes:
        action: the action's own folder.
        matrix_index: this job's place in its matrix.
        outputs: of each step.
        used: the inputs of each step of another action.
        said: everything that was printed.
    """

    folder: Path
    action: Path = ROOT
    matrix_index: int = 0
    environ: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    used: list[dict[str, str]] = field(default_factory=list)
    said: str = ""

    def __post_init__(self) -> None:
        """Make what a machine of GitHub has."""
        for name in ("temp", "bin"):
            (self.folder / name).mkdir(exist_ok=True)
        python = self.folder / "bin" / "python3"
        python.write_text(PYTHON.replace("PYTHON", sys.executable), "utf-8")
        python.chmod(0o755)

    @property
    def recorded(self) -> str:
        """What was to be installed, and what the gate was called with."""
        path = self.folder / "recorded"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def place(self) -> Path:
        """The action's environment."""
        return Path(self.outputs["place"]["folder"])

    def use(self, cwd: Path, **inputs: str) -> int:
        """Run the action's steps; the exit code of the first that fails, else 0."""
        values = {name: one["default"] for name, one in ACTION["inputs"].items()}
        values |= {name.replace("_", "-"): value for name, value in inputs.items()}
        code = 0
        self.outputs, self.used = {}, []
        for number, step in enumerate(STEPS):
            condition = str(step.get("if", ""))
            if (code and "always()" not in condition) or not self._holds(condition, values):
                continue
            if "uses" in step:
                given = {key: self._filled(text, values) for key, text in step["with"].items()}
                self.used.append({"uses": step["uses"].split("@")[0], **given})
                continue
            environ = {key: self._filled(text, values) for key, text in step["env"].items()}
            ended, made = self._run(number, step["run"], cwd, environ)
            self.outputs[step["id"]] = made
            code = code or ended
        return code

    def _run(
        self, number: int, script: str, cwd: Path, environ: Mapping[str, str]
    ) -> tuple[int, dict[str, str]]:
        output = self.folder / f"output{number}"
        output.write_text("", encoding="utf-8")
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
            cwd=cwd,
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "RUNNER_TEMP": str(self.folder / "temp"),
                "GITHUB_ACTION_PATH": str(self.action),
                "GITHUB_ACTIONS": "true",
                "GITHUB_JOB": "gate",
                "GITHUB_OUTPUT": str(output),
                "RECORDED": str(self.folder / "recorded"),
                **self.environ,
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += ended.stdout + ended.stderr
        lines = output.read_text(encoding="utf-8").splitlines()
        return ended.returncode, dict(line.split("=", 1) for line in lines)

    def _filled(self, text: str, inputs: Mapping[str, str]) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self._value(found[1], inputs), text)

    def _value(self, expression: str, inputs: Mapping[str, str]) -> str:
        match expression.split("."):
            case ["inputs", name]:
                return inputs[name]
            case ["steps", step, "outputs", name]:
                return self.outputs.get(step, {}).get(name, "")
            case ["strategy", "job-index"]:
                return str(self.matrix_index)
        raise AssertionError(expression)

    def _holds(self, condition: str, inputs: Mapping[str, str]) -> bool:
        if not condition:
            return True
        found = re.fullmatch(r"(?:always\(\) && )?(\S+) (==|!=) '(\w*)'", condition)
        assert found, condition
        return (self._value(found[1], inputs) == found[3]) == (found[2] == "==")


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A new one, whose gate only writes down how it was called."""
    made = Job(tmp_path)
    made.use(tmp_path, working_directory="none")
    (tmp_path / "recorded").unlink()
    (made.place / ".venv" / "bin" / "python").write_text(RECORDING, encoding="utf-8")
    return made


def test_it_installs_itself_outside_of_every_checkout(tmp_path: Path) -> None:
    """From its own locks, with hashes; nothing is written beside the action or the repository."""
    repository = new_repository(tmp_path / "shop")
    repository.commit("One", {"pyproject.toml": "[tool.uv]\nindex-url = 'none'\n"})
    action = tmp_path / "action"
    shutil.copytree(ROOT / "locks", action / "locks")
    job = Job(tmp_path, action)
    job.use(repository.folder)
    pip, sync = job.recorded.splitlines()[1:3]

    assert job.place.is_relative_to(tmp_path / "temp")
    assert "-m pip" in pip
    assert f"--require-hashes --only-binary :all: -r {action}/locks/boot.lock" in pip
    assert f"--require-hashes --only-binary :all: {action}/locks/core.lock" in sync
    assert "" == repository.git("status", "--porcelain", "--ignored")
    assert ["locks"] == [path.name for path in action.iterdir()]


def test_what_was_installed_is_kept_and_used_again(tmp_path: Path) -> None:
    """In this job and, by a cache, in others; not for other locks."""
    job = Job(tmp_path)
    job.use(tmp_path, working_directory="none")
    first, cached = job.recorded, job.used
    job.use(tmp_path, working_directory="none")

    assert ["actions/cache/restore", "actions/cache/save"] == [one["uses"] for one in cached]
    assert cached[0]["key"] == cached[1]["key"]
    assert str(job.place) == cached[0]["path"] == cached[1]["path"]
    assert (first, ["actions/cache/restore"]) == (job.recorded, [one["uses"] for one in job.used])
    shutil.copytree(ROOT / "locks", tmp_path / "action" / "locks")
    with (tmp_path / "action" / "locks" / "core.lock").open("a", encoding="utf-8") as lock:
        lock.write("# newer\n")
    job.action = tmp_path / "action"
    job.use(tmp_path, working_directory="none")

    assert cached[0]["key"] != job.used[0]["key"]
    assert first != job.recorded


@pytest.mark.parametrize(
    ("inputs", "environ", "said"),
    [
        ({}, {"BROKEN": "1"}, "cannot be installed, see above"),
        ({"extras": "every"}, {}, "extras is all, or empty"),
        ({"artifact_name": "../mine"}, {}, "artifact-name is versus, and then"),
        ({"artifact_name": "versus\nx"}, {}, "artifact-name is versus, and then"),
        ({"working_directory": "none"}, {}, "working-directory is no folder"),
    ],
)
def test_without_a_gate_there_is_no_verdict(
    inputs: dict[str, str], environ: dict[str, str], said: str, tmp_path: Path
) -> None:
    """The job fails with 2 and says why, and later steps read `usage`."""
    job = Job(tmp_path, environ=environ)

    assert 2 == job.use(tmp_path, **inputs)
    assert re.search(f"^::error title=Versus::.*{said}", job.said, re.MULTILINE), job.said
    assert "verdict" not in job.outputs.get("gate", {})
    assert ACTION["outputs"]["verdict"]["value"].endswith("|| 'usage' }}")


_OPTIONS = ("base", "config", "profile", "fail-on", "history", "report-url")


def test_inputs_are_words_and_never_commands(job: Job) -> None:
    """A branch may have any name; the exit code is the gate's own."""
    hostile = '$(touch broken);`touch broken` "x" --help'
    folder = job.folder / hostile
    folder.mkdir()
    job.environ["HISTORY"] = hostile
    words = ("base", "config", "profile", "fail_on", "working_directory", "report_url")
    named = dict.fromkeys(words, hostile)

    assert 3 == job.use(job.folder, **named)
    assert [
        str(folder),
        str(ROOT / "versus.py"),
        "gate",
        "--github",
        *(f"--{name}={hostile}" for name in _OPTIONS),
    ] == job.recorded.splitlines()
    assert not list(job.folder.rglob("broken"))


def test_each_use_in_a_run_has_its_own_artifact(job: Job) -> None:
    """Jobs, parts of a matrix, folders and repeated steps; GitHub refuses a second of one name."""
    names = []
    for index, inputs in (
        (0, {}),
        (0, {}),
        (1, {}),
        (1, {"working_directory": "services/shop", "config": "a b.toml"}),
        (0, {"artifact_name": "versus.mine"}),
    ):
        job.matrix_index = index
        job.use(job.folder, **inputs)
        names.append(job.outputs["place"]["artifact"])

    assert [
        "versus.gate",
        "versus.gate.2",
        "versus.gate.1",
        "versus.gate.1.services_shop.a_b.toml",
        "versus.mine",
    ] == names


def test_the_steps_know_each_option_and_each_variable() -> None:
    """A name that is spelt differently on both sides would do nothing, unseen."""
    command = typer.main.get_command(app)
    gate = command.commands["gate"]  # type: ignore[attr-defined] # a group has them
    known = {option for parameter in gate.params for option in parameter.opts}
    (script,) = [step["run"] for step in STEPS if step.get("id") == "gate"]

    assert known >= {*re.findall(r" (--[a-z-]+)", script)}
    for step in STEPS:
        for name in step.get("env", {}):
            assert name.startswith("UV_") or re.search(rf"\$\{{?{name}\b", step["run"]), name
    for expression in re.findall(r"inputs\.([\w-]+)", json.dumps(STEPS)):
        assert expression in ACTION["inputs"]


def test_regression_and_invalid_fail_the_action_by_default() -> None:
    """Undecided is no fault of a change, and most jobs should not block on it."""
    assert "regression,invalid" == ACTION["inputs"]["fail-on"]["default"]


# What each event measures, by the gate itself. A change that is not committed ends it once the base
# is known, because measuring takes minutes.

CONFIG = """\
[target]
command = ["python3", "server.py", "{port}"]

[[scenarios]]
request = "GET /"
"""
GONE = "12" * 20
ZEROS = "0" * 40


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repository, dict[str, str]]:
    """A clone of a repository with a feature and its merge queue, and the ids of all commits."""
    folder = tmp_path_factory.mktemp("events")
    origin = new_repository(folder / "origin")
    origin.commit("root")
    ids = {"left": origin.commit("left")}
    origin.git("checkout", "--quiet", "-b", "feature")
    ids["begun"] = origin.commit("begun", {"versus.toml": CONFIG})
    ids["feature"] = origin.commit("feature", {"server.py": ""})
    origin.git("checkout", "--quiet", "main")
    ids["main"] = origin.commit("main", {"versus.toml": CONFIG})
    origin.git("checkout", "--quiet", "-b", "queue")
    origin.git("merge", "--quiet", "--no-edit", "feature")
    ids["queue"] = origin.git("rev-parse", "HEAD")
    origin.git("checkout", "--quiet", "main")
    clone = origin.clone(folder / "clone")
    clone.git("checkout", "--quiet", "--detach")
    clone.git("branch", "--delete", "--force", "main")
    return clone, ids


@pytest.fixture
def real(tmp_path: Path) -> Job:
    """A job with the real gate, which waits for nothing to be installed."""
    return Job(tmp_path, environ={"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})


def event(job: Job, name: str, content: Mapping[str, Any]) -> None:
    """Start the job by an event."""
    path = job.folder / "event.json"
    whole = {"repository": {"default_branch": "main"}, **content}
    path.write_text(json.dumps(whole), encoding="utf-8")
    job.environ |= {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path)}


@pytest.mark.parametrize(
    ("name", "content", "head", "base", "why"),
    [
        (
            "pull_request",
            {"pull_request": {"base": {"sha": "main"}}, "before": "begun"},
            "feature",
            "left",
            "the base of the pull request",
        ),
        (
            "merge_group",
            {"merge_group": {"base_sha": "main"}},
            "queue",
            "main",
            "the base of the merge queue",
        ),
        ("push", {"before": "begun"}, "feature", "begun", "the commit before the push"),
        ("push", {"before": ZEROS}, "feature", "left", "there is no commit before a first push; "),
        ("push", {"before": GONE}, "feature", "left", f"{GONE}, is gone, as after a forced push; "),
        (
            "workflow_dispatch",
            {"inputs": {}},
            "feature",
            "left",
            "origin/main is the default branch",
        ),
    ],
    ids=["pull request", "merge queue", "push", "first push", "forced push", "by hand"],
)
def test_each_event_has_its_base(
    name: str,
    content: dict[str, Any],
    head: str,
    base: str,
    why: str,
    cloned: tuple[Repository, dict[str, str]],
    real: Job,
) -> None:
    """And the log says which was taken, and why."""
    clone, ids = cloned
    text = re.sub(r'"(main|begun)"', lambda found: f'"{ids[found[1]]}"', json.dumps(content))
    event(real, name, json.loads(text))
    clone.git("checkout", "--quiet", "--force", ids[head])
    clone.write({"server.py": "changed"})

    assert 2 == real.use(clone.folder)
    assert re.search(rf"^--base auto: .*{re.escape(why)}", real.said, re.MULTILINE)
    assert f"\nbase: {ids[base][:12]} '{base}' of " in real.said
    assert f"\nhead: {ids[head][:12]} " in real.said
    assert "uncommitted changes: server.py" in real.said


@pytest.mark.parametrize(
    ("name", "content"),
    [("workflow_dispatch", {}), ("push", {"before": ZEROS})],
    ids=["by hand", "first push"],
)
def test_of_the_default_branch_itself_there_is_no_base(
    name: str, content: dict[str, Any], cloned: tuple[Repository, dict[str, str]], real: Job
) -> None:
    """Nothing is measured, and the job does not pass, whatever it fails on."""
    clone, ids = cloned
    event(real, name, content)
    clone.git("checkout", "--quiet", "--force", ids["main"])

    assert 3 == real.use(clone.folder, fail_on="")
    assert {"verdict": "inconclusive"} == real.outputs["gate"]
    assert "\n::warning title=Versus gate::no base: " in real.said
    assert "no base: " in (real.folder / "summary.md").read_text(encoding="utf-8")
    assert not [one for one in real.used if "upload" in one["uses"]]


def test_a_base_without_the_service_is_said_and_uploaded(
    cloned: tuple[Repository, dict[str, str]], real: Job
) -> None:
    """The first change that has one cannot be compared; the report is the artifact."""
    clone, ids = cloned
    event(real, "push", {"before": ids["begun"]})
    clone.git("checkout", "--quiet", "--force", ids["feature"])

    assert 3 == real.use(clone.folder, fail_on="regression,inconclusive,invalid")
    assert f"no base yet: server.py is not in {ids['begun'][:12]} 'begun'" in real.said
    assert "\n::warning title=Versus gate::no base yet: " in real.said
    uploaded, page = real.used[-2:]
    assert ("actions/upload-artifact", "versus.gate") == (uploaded["uses"], uploaded["name"])
    assert (Path(uploaded["path"]) / "report.html").is_file()
    assert ("versus.gate.html", "false") == (Path(page["path"]).name, page["archive"])
    assert Path(page["path"]).read_bytes().startswith(b"<!doctype html>")
