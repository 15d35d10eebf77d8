"""What runs elsewhere: pinned, with the least rights, and not to be fooled by a pull request."""

import json
import os
import re
import shutil
import subprocess
import textwrap
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from loadtests.tests.repositories import Repository, new_pull_request
from loadtests.tests.workflows import audit
from reports.surfaces.summary import CHARACTERS_MAX, MARKER, placed
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from versus import app, main

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
GITLAB = ROOT / ".gitlab" / "perf.yml"
PERF = ROOT / ".github" / "workflows" / "perf.yml"
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
COMMENT = ROOT / ".github" / "workflows" / "perf-comment.yml"
CI_PAGE = ROOT / "docs" / "ci.md"
each_file = pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.name)
needs_jq = pytest.mark.skipif(not shutil.which("jq"), reason="jq is missing")


def read(path: Path) -> dict[Any, Any]:
    """A file of YAML; `on` is a key that YAML 1.1 takes for true."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def values(node: object, key: str) -> Iterator[Any]:
    """Whatever stands under that key, at any depth."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from values(value, key)
    elif isinstance(node, list):
        for item in node:
            yield from values(item, key)


@each_file
def test_an_action_of_others_is_pinned_by_its_commit(path: Path) -> None:
    """A tag can be moved to other code, a commit cannot; the comment says which version it is."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"[ -]*uses: *(.*)", line):
            assert re.fullmatch(r"\./( #.*)?|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", found[1]), (
                line
            )


@each_file
def test_no_expression_is_pasted_into_a_script(path: Path) -> None:
    """Whoever names a branch may not write commands: values go through the environment."""
    for script in values(read(path), "run"):
        assert "${{" not in script


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_runs_a_pull_request_may_write_nothing(path: Path) -> None:
    """Each workflow states its rights; none runs foreign code with the repository's own."""
    workflow = read(path)
    triggers = workflow[True]
    granted = [workflow["permissions"], *values(workflow["jobs"], "permissions")]
    rights = {(name, level) for one in granted for name, level in one.items()}

    assert "pull_request_target" not in path.read_text(encoding="utf-8")
    if "pull_request" in triggers:
        assert {("contents", "read")} == rights
    elif path == RELEASE:
        # A tag is pushed by whoever may write anyway, and nothing is published.
        assert {"push": {"tags": ["v*"]}} == triggers
        signing = {("id-token", "write"), ("attestations", "write")}
        assert {("contents", "read"), *signing} == rights
        assert {("contents", "read")} == {*workflow["permissions"].items()}
    else:
        assert {("actions", "read"), ("pull-requests", "write")} == rights
        assert [] == [*values(workflow, "uses")]
        assert not re.search(r"\bgit\b", " ".join(values(workflow, "run")))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_job_runs_for_ever_or_beside_the_one_that_supersedes_it(path: Path) -> None:
    """A push to a pull request ends what the one before it started."""
    workflow = read(path)

    assert workflow["concurrency"]["cancel-in-progress"]
    for job in workflow["jobs"].values():
        assert 30 >= job["timeout-minutes"]


def test_nothing_is_found_by_zizmor() -> None:
    """A linter of workflows that knows more traps than this file."""
    audited = audit(ROOT, "action.yml")

    assert 0 == audited.returncode, audited.stdout + audited.stderr


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is missing")
def test_nothing_is_found_by_shellcheck(tmp_path: Path) -> None:
    """The scripts, and those inside workflows."""
    scripts = [ROOT / ".ci" / "run"]
    for path in (*WORKFLOWS, ACTION):
        for number, text in enumerate(values(read(path), "run")):
            script = tmp_path / f"{path.stem}-{number}.sh"
            script.write_text(f"#!/bin/bash -e\n{text}", encoding="utf-8")
            scripts.append(script)
    checked = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)

    assert "" == checked.stdout


def test_what_is_checked_out_reaches_back_to_the_base(tmp_path: Path) -> None:
    """The head of the pull request, not its merge; and every branch, for whatever is the base."""
    _, base, head = new_pull_request(tmp_path / "origin")
    clone = tmp_path / "clone"
    clone.mkdir()
    script = next(values(read(PERF), "run"))
    subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=clone,
        env={
            "PATH": os.environ["PATH"],
            "GITHUB_SERVER_URL": f"file://{tmp_path}",
            "GITHUB_REPOSITORY": "origin",
            "TOKEN": "none",
            "HEAD": head,
        },
        check=True,
    )

    git = Repository(clone).git
    assert head == git("rev-parse", "HEAD")
    assert base == git("rev-parse", "origin/main")
    assert "left from here" == git("show", "-s", "--format=%s", git("merge-base", base, head))
    assert "" == git("status", "--porcelain")


def test_every_event_that_can_merge_is_measured() -> None:
    """The base is the event's, unless a person names one."""
    workflow = read(PERF)

    assert {"pull_request", "merge_group", "push", "workflow_dispatch"} == {*workflow[True]}
    assert ["main"] == workflow[True]["push"]["branches"]
    assert "" == workflow[True]["workflow_dispatch"]["inputs"]["base"]["default"]
    assert ["${{ inputs.base }}"] == [*values(workflow["jobs"], "base")]


# The gate as a CI job calls it: real runs, judged by the command itself.

SAME = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
SLOWER = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.04)}
BUDGET = {
    "scenario": "list",
    "variant": "optimized",
    "metric": "latency_s_p50",
    "ratio_max": 1.06,
}
RUNS = {
    "pass": (0, Scenario("list", SAME, rounds=150)),
    "regression": (1, Scenario("list", SLOWER, rounds=150)),
    "inconclusive": (3, Scenario("list", SAME, rounds=11)),
    "invalid": (4, Scenario("list", SAME, rounds=0, warmup_rounds=0, ended="time")),
}


class Step:
    """A step of a GitHub job: its files, and the gate in its environment."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An empty step in that folder."""
        self.folder = folder
        self.runs = folder / "runs"
        self.output = folder / "output"
        self.summary = folder / "summary.md"
        monkeypatch.setenv("GITHUB_OUTPUT", str(self.output))
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(self.summary))
        monkeypatch.chdir(folder)

    def run(self, verdict: str) -> Path:
        """A published run that is judged so."""
        made = Made((RUNS[verdict][1],), config={"budgets": [BUDGET]})
        folder = make_run(self.runs / verdict, made)
        main(["report", "--run", str(folder)])
        return folder

    def gate(self, *options: str) -> int:
        """The exit code of the gate in this step."""
        return main(["gate", "--github", *options])

    def change(self, base: str, *options: str) -> int:
        """The same, with a change to be measured."""
        return self.gate(f"--base={base}", f"--runs={self.runs}", *options)

    def outputs(self) -> dict[str, str]:
        """What later steps can read."""
        lines = self.output.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    """A new one."""
    return Step(tmp_path, monkeypatch)


@pytest.mark.parametrize("verdict", RUNS)
def test_each_verdict_reaches_the_job(
    verdict: str, step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code, outputs, summary, annotation and copy are those of one run."""
    run = step.run(verdict)
    capsys.readouterr()

    assert RUNS[verdict][0] == step.gate("--run", str(run), "--copy-to", "kept")
    assert {"verdict": verdict, "folder": str(run), "report": f"{run}/report.html"} == (
        step.outputs()
    )
    assert placed((run / "summary.md").read_text("utf-8"), "") == step.summary.read_text("utf-8")
    assert step.summary.read_text("utf-8").startswith(MARKER)
    assert (verdict != "pass") == ("title=Versus gate::" in capsys.readouterr().out)
    assert (run / "report.html").read_bytes() == (step.folder / "kept/report.html").read_bytes()


def test_a_summary_links_to_where_the_files_will_be(step: Step) -> None:
    """If that is known; what is no address is refused before anything is judged."""
    run = step.run("pass")

    assert 0 == step.gate("--run", str(run), "--report-url=https://files.example/3")
    text = step.summary.read_text(encoding="utf-8")
    assert "\n![First screen](https://files.example/3/first-screen.svg)\n" in text
    assert "\n[Report](https://files.example/3/report.html)\n" in text
    assert 2 == step.gate("--run", str(run), "--report-url=https://x.example/a b")
    assert 2 == main(["gate", "--run", str(run), "--report-url=https://files.example/3"])


def test_a_job_that_fails_on_nothing_only_reports(
    step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 0, and outputs and log still name the verdict."""
    assert 0 == step.gate("--run", str(step.run("regression")), "--fail-on=")
    assert "regression" == step.outputs()["verdict"]
    assert "gate: regression; this job fails on: nothing" in capsys.readouterr().err


def test_the_report_of_an_earlier_run_is_not_handed_on(step: Step) -> None:
    """Where nothing was measured, the summary says so and shows no other commit."""
    (step.runs / "latest").symlink_to(step.run("pass"))

    assert 2 == step.change("no-such-branch", "--copy-to=kept")
    assert {"verdict": "usage"} == step.outputs()
    assert "There is no report." in step.summary.read_text(encoding="utf-8")
    assert not (step.folder / "kept").exists()


def test_several_runs_have_no_common_report(step: Step) -> None:
    """They get one verdict, and no page shows all of them."""
    run = str(step.run("pass"))

    assert 2 == step.gate("--run", run, "--run", str(step.run("regression")))
    assert {"verdict": "usage"} == step.outputs()


@pytest.mark.parametrize("base", ["", " "])
def test_without_a_base_nothing_is_measured(
    base: str, step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    """A job that no pull request started has no base of its own."""
    assert 2 == step.change(base)
    assert {"verdict": "usage"} == step.outputs()
    assert "--base is empty" in capsys.readouterr().err
    assert not step.runs.exists()


def test_a_misspelt_verdict_is_refused_before_measuring(
    step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would let through what it was to stop."""
    assert 2 == step.change("HEAD", "--fail-on=regresion")
    assert {"verdict": "usage"} == step.outputs()
    assert "'regresion'" in capsys.readouterr().err
    assert not step.runs.exists()


def test_paths_count_from_where_the_gate_is_called(
    step: Step, capsys: pytest.CaptureFixture[str]
) -> None:
    """The action runs in the folder of its user, not in its own."""
    (step.folder / "mine.toml").write_text("[target]\nurls = 1\n", encoding="utf-8")

    assert 2 == step.change("HEAD", "--config=mine.toml")
    assert "mine.toml: " in capsys.readouterr().err


def test_in_a_step_of_github_the_option_is_on(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that calls the command itself gets the same outputs."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert 2 == main(["gate", "--run", "none"])
    assert {"verdict": "usage"} == step.outputs()


# The script of GitLab's job, run for real; the action's is in test_action.py. A program that
# writes down its arguments stands where Versus does, because measuring takes minutes.

PROGRAM = """\
#!/bin/sh
printf '%s\\n' "$@" >"$RECORDED"
exit 3
"""


class House:
    """A clone of Versus, as a job finds it."""

    def __init__(self, folder: Path) -> None:
        """Set up at once."""
        self.folder = folder / "house"
        self.recorded = folder / "recorded"
        programs = self.folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        (programs / "versus").write_text(PROGRAM, encoding="utf-8")
        (programs / "versus").chmod(0o755)
        (self.folder / "Makefile").write_text("setup:\n", encoding="utf-8")

    def call(self, script: str, cwd: Path, **variables: str) -> int:
        """The exit code of a job's script."""
        given = {"BASE": "main", "CONFIG": "versus.toml", "PROFILE": "quick", "FAIL_ON": ""}
        environment = {
            "PATH": os.environ["PATH"],
            "RECORDED": str(self.recorded),
            **given,
            **variables,
        }
        ended = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=cwd,
            env=environment,
            capture_output=True,
            check=False,
        )
        return ended.returncode

    def arguments(self) -> dict[str, str]:
        """The options that the gate was given, without their dashes."""
        words = self.recorded.read_text(encoding="utf-8").splitlines()
        return dict(word.removeprefix("--").split("=", 1) for word in words if "=" in word)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A new one."""
    return House(tmp_path)


def gitlab_script() -> str:
    """What GitLab's job runs."""
    return "\n".join(read(GITLAB)["versus"]["script"])


@pytest.mark.parametrize("history", ["", "kept here", "s3://bucket/$(x) y"])
def test_variables_are_words_and_never_commands(history: str, house: House) -> None:
    """A branch may have any name; the exit code is the gate's own."""
    hostile = '$(touch broken);`touch broken` "x" --help'
    variables = dict.fromkeys(("BASE", "CONFIG", "PROFILE", "FAIL_ON"), hostile)

    assert 3 == house.call(gitlab_script(), house.folder, **variables, HISTORY=history)
    assert {
        "base": hostile,
        "config": hostile,
        "profile": hostile,
        "fail-on": hostile,
        "history": history,
    } == {key: value for key, value in house.arguments().items() if key != "copy-to"}
    assert not (house.folder / "broken").exists()


def test_a_set_up_that_fails_is_no_verdict(house: House) -> None:
    """The gate is not called."""
    (house.folder / "Makefile").write_text("setup:\n\texit 1\n", encoding="utf-8")

    assert 2 == house.call(gitlab_script(), house.folder)
    assert not house.recorded.exists()


def test_gitlabs_job_knows_each_option_and_each_variable() -> None:
    """A name that is spelt differently on both sides would do nothing, unseen."""
    command = typer.main.get_command(app)
    gate = command.commands["gate"]  # type: ignore[attr-defined] # a group has them
    known = {option for parameter in gate.params for option in parameter.opts}

    assert known >= {*re.findall(r" (--[a-z-]+)", gitlab_script())}
    for name in {*read(GITLAB)["versus"]["variables"]} - {"GIT_DEPTH"}:
        assert f'"${name}"' in gitlab_script(), name


# The page that a stranger copies from.


def blocks_of_yaml() -> list[str]:
    """The blocks of docs/ci.md."""
    return re.findall(r"```yaml\n(.*?)```", CI_PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_a_stranger_needs_twelve_lines(tmp_path: Path) -> None:
    """The page begins with a workflow that is whole, and that a linter finds nothing in."""
    first = blocks_of_yaml()[0]
    workflow = yaml.safe_load(first)
    (job,) = workflow["jobs"].values()
    checkout, measure = job["steps"]
    path = tmp_path / ".github" / "workflows" / "versus.yml"
    path.parent.mkdir(parents=True)
    path.write_text(first.replace("@COMMIT", f"@{'0123456789' * 4} # v1.0.0"), encoding="utf-8")
    audited = audit(tmp_path)

    assert 12 >= len(first.splitlines())
    assert {"pull_request", "merge_group", "push", "workflow_dispatch"} == {*workflow[True]}
    assert {"contents": "read"} == workflow["permissions"]
    assert 0 == checkout["with"]["fetch-depth"]
    assert "OWNER/versus@COMMIT" == measure["uses"]
    assert {*measure.get("with", {})} <= {*read(ACTION)["inputs"]}
    assert 0 == audited.returncode, audited.stdout + audited.stderr


def test_each_block_parses_and_each_input_and_output_has_its_row() -> None:
    """And no row is of one that the action does not have."""
    for block in blocks_of_yaml():
        assert yaml.safe_load(block)
    text = CI_PAGE.read_text(encoding="utf-8")
    for kind in ("input", "output"):
        rows = re.search(rf"^\| {kind} \|.*?\n\n", text, re.MULTILINE | re.DOTALL)
        assert rows

        named = re.findall(r"^\| `([\w-]+)`", rows[0], re.MULTILINE)
        assert {*read(ACTION)[f"{kind}s"]} == {*named}


def test_a_stranger_calls_the_commenting_workflow() -> None:
    """With the rights that it needs, by an event that runs nothing of a pull request."""
    (block,) = [one for one in blocks_of_yaml() if "perf-comment.yml@" in one]
    workflow = yaml.safe_load(block)
    (job,) = workflow["jobs"].values()
    (own,) = read(COMMENT)["jobs"].values()

    assert "workflow_call" in read(COMMENT)[True]
    assert {"workflow_run"} == {*workflow[True]}
    assert own["permissions"] == job["permissions"]
    assert (COMMENT.parent / Path(job["uses"].split("@")[0]).name).is_file()


def test_gitlab_keeps_the_report_and_warns_of_the_undecided() -> None:
    """What failed is looked at; exit code 3 is no failure, and no success either."""
    job = read(GITLAB)["versus"]

    assert {"exit_codes": [3]} == job["allow_failure"]
    assert "inconclusive" in job["variables"]["FAIL_ON"]
    assert "always" == job["artifacts"]["when"]
    assert ["versus-report/"] == job["artifacts"]["paths"]
    assert gitlab_script().endswith("--copy-to=versus-report")
    for path in job["artifacts"]["reports"].values():
        assert path.startswith("versus-report/")


# The comment's script, run for real but for GitHub itself: a program named gh answers from files,
# and writes down what it was asked to change.

HEAD = "0123456789abcdef0123456789abcdef01234567"
OURS = "<!-- versus:report 3 versus.gate -->"
GH = """\
#!/bin/sh
echo "$*" >>asked
case "$*" in
    *--input*) cp comment.json posted.json ;;
    */pulls*) cat pulls.json ;;
    */runs/*/artifacts*) cat artifacts.json ;;
    */6/zip*) echo broken ;;
    */zip*) cat made.zip ;;
    */comments*) cat comments.json ;;
    *) exit 1 ;;
esac
"""


class Pull:
    """What GitHub knows, and what a pull request's own code left in its artifact."""

    def __init__(self, folder: Path) -> None:
        """One open pull request of a fork, and no comment yet."""
        self.folder = folder
        self.picture_url = ""
        gh = folder / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text(GH, encoding="utf-8")
        gh.chmod(0o755)
        self.tell("pulls", [self.pull()])
        self.tell("artifacts", {"artifacts": [self.artifact(5)]})
        self.tell("comments", [])
        self.leave(f"{MARKER}\n### PASS\n")

    @staticmethod
    def artifact(number: int, name: str = "versus.gate", *, expired: bool = False) -> Any:
        """An artifact as the API tells it."""
        return {"id": number, "name": name, "expired": expired}

    @staticmethod
    def pull(number: int = 7, sha: str = HEAD, repository: str = "fork/versus") -> dict[str, Any]:
        """A pull request as the API tells it."""
        return {"number": number, "head": {"sha": sha, "repo": {"full_name": repository}}}

    def tell(self, name: str, answer: object) -> None:
        """What GitHub answers from now on."""
        (self.folder / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")

    def leave(
        self,
        text: str,
        name: str = "summary.md",
        method: int = zipfile.ZIP_DEFLATED,
        told: int | None = None,
    ) -> None:
        """An artifact with that in it, which may tell another size than it has."""
        with zipfile.ZipFile(self.folder / "made.zip", "w", method) as archive:
            archive.writestr("../../escaped.md", "out of its folder")
            archive.writestr(name, text)
            if told is not None:
                archive.getinfo(name).file_size = told

    def comment(self) -> subprocess.CompletedProcess[str]:
        """Run the workflow's script."""
        (script,) = values(read(COMMENT), "run")
        environment: Mapping[str, str] = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(self.folder),
            "REPOSITORY": "house/versus",
            "RUN": "3",
            "WORKFLOW": "3",
            "RUN_URL": "https://github.com/house/versus/actions/runs/3",
            "SHA": HEAD,
            "OWNER": "fork",
            "HEAD_REPOSITORY": "fork/versus",
            "BRANCH": "faster; touch broken",
            "PICTURE_URL": self.picture_url,
        }
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def changed(self) -> list[str]:
        """What GitHub was asked to change."""
        asked = (self.folder / "asked").read_text(encoding="utf-8").splitlines()
        return [line.removesuffix(" --input comment.json") for line in asked if "--input" in line]

    @property
    def body(self) -> str:
        """The comment as it was sent."""
        sent = json.loads((self.folder / "posted.json").read_text(encoding="utf-8"))
        found: str = sent["body"]
        return found


@pytest.fixture
def pull(tmp_path: Path) -> Pull:
    """A new one."""
    return Pull(tmp_path)


@needs_jq
def test_a_summary_becomes_a_comment(pull: Pull) -> None:
    """The marker first, then of what commit it is, then the summary."""
    ended = pull.comment()

    assert 0 == ended.returncode, ended.stderr
    assert ["api --method POST repos/house/versus/issues/7/comments"] == pull.changed
    assert pull.body.startswith(f"{OURS}\n0123456789ab, [measured](https://github.com/")
    assert ", `versus.gate`:\n" in pull.body
    assert pull.body.endswith(":\n\n### PASS\n")


@needs_jq
def test_the_comment_that_is_there_is_replaced(pull: Pull) -> None:
    """By its first line and its author: who copies the marker gets nothing overwritten."""
    bot = {"login": "github-actions[bot]"}
    pull.tell(
        "comments",
        [
            {"id": 1, "user": {"login": "somebody"}, "body": f"{OURS}\nmine"},
            {"id": 2, "user": bot, "body": f"another workflow's\n{OURS}"},
            {"id": 4, "user": bot, "body": f"{OURS.replace('gate', 'gate.2')}\nanother use's"},
            {"id": 3, "user": bot, "body": f"{OURS}\r\nours"},
        ],
    )
    pull.comment()

    assert ["api --method PATCH repos/house/versus/issues/comments/3"] == pull.changed


@needs_jq
@pytest.mark.parametrize(
    "found",
    [
        [],
        [Pull.pull(sha="f" * 40)],
        [Pull.pull(repository="other/versus")],
        [Pull.pull(), Pull.pull(8)],
        [{"number": 7, "head": {"sha": HEAD, "repo": None}}],
    ],
    ids=["none", "another commit", "another fork", "two", "a fork that is gone"],
)
def test_a_comment_needs_exactly_one_pull_request_at_this_commit(
    found: list[dict[str, Any]], pull: Pull
) -> None:
    """A summary of another commit, or on another pull request, would be a false statement."""
    pull.tell("pulls", found)
    ended = pull.comment()

    assert 0 == ended.returncode, ended.stderr
    assert [] == pull.changed


@needs_jq
def test_without_a_report_there_is_no_comment(pull: Pull) -> None:
    """A run that measured nothing left none."""
    pull.tell("artifacts", {"artifacts": []})

    assert 0 == pull.comment().returncode
    assert [] == pull.changed


@needs_jq
def test_each_use_has_its_own_comment(pull: Pull) -> None:
    """The newest of each name; one that cannot be read hinders no other, and fails the job."""
    pull.tell(
        "artifacts",
        {
            "artifacts": [
                pull.artifact(6, "versus.broken"),
                pull.artifact(7, "versus.gate.2"),
                pull.artifact(9),
                pull.artifact(8),
                pull.artifact(10, expired=True),
                pull.artifact(11, "coverage"),
                pull.artifact(12, "versus $(touch broken)\nversus"),
                pull.artifact(13, "versus.x --> @house/all"),
            ]
        },
    )
    ended = pull.comment()
    asked = (pull.folder / "asked").read_text(encoding="utf-8")

    assert 1 == ended.returncode
    assert ["6", "9", "7"] == re.findall(r"artifacts/(\d+)/zip", asked)
    assert ["api --method POST repos/house/versus/issues/7/comments"] * 2 == pull.changed
    assert pull.body.startswith("<!-- versus:report 3 versus.gate.2 -->\n")
    assert not (pull.folder / "broken").exists()


@needs_jq
def test_a_pull_request_cannot_flood_its_comments(pull: Pull) -> None:
    """Its own code names the artifacts, and may make hundreds."""
    pull.tell("artifacts", {"artifacts": [pull.artifact(n, f"versus.{n}") for n in range(20, 60)]})
    pull.comment()

    assert 10 == len(pull.changed)


@needs_jq
def test_only_the_summary_is_read_and_nothing_is_unpacked(pull: Pull) -> None:
    """Paths in an archive are its author's."""
    pull.comment()

    assert not (pull.folder.parent.parent / "escaped.md").exists()
    assert not (pull.folder / "summary.md").exists()
    assert not (pull.folder / "broken").exists()


@needs_jq
@pytest.mark.parametrize("told", [None, 100])
def test_a_bomb_is_refused(told: int | None, pull: Pull) -> None:
    """A few kilobytes may unpack to gigabytes, and say that they do not."""
    pull.leave("x" * 20_000_000, told=told)

    assert 0 != pull.comment().returncode
    assert [] == pull.changed


@needs_jq
@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_summary_packed_as_nobody_packs_it_is_refused(method: int, pull: Pull) -> None:
    """These methods unpack a whole piece at once, however little is asked for."""
    pull.leave("small", method=method)

    assert 0 != pull.comment().returncode
    assert [] == pull.changed


@needs_jq
@pytest.mark.parametrize(
    "name", ["../summary.md", "folder/summary.md", "summary.md/", "SUMMARY.MD"]
)
def test_an_archive_without_a_summary_is_refused(name: str, pull: Pull) -> None:
    """Under no other name."""
    pull.leave("", name)

    assert 0 != pull.comment().returncode
    assert [] == pull.changed


@needs_jq
def test_what_is_no_archive_is_refused(pull: Pull) -> None:
    """Cut, empty or something else."""
    (pull.folder / "made.zip").write_bytes((pull.folder / "made.zip").read_bytes()[:-30])

    assert 0 != pull.comment().returncode
    assert [] == pull.changed


@needs_jq
def test_a_hostile_summary_can_neither_call_nor_link(pull: Pull) -> None:
    """It is posted in the repository's name, so nothing in it may act."""
    pull.leave(
        textwrap.dedent("""\
        @house/all &#64;somebody &amp;commat;nobody #12
        [win](//evil.example) ![](https://evil.example/x.png) www.evil.example
        [x]: //evil.example
        <a href="//evil.example">x</a><img src=x><!-- hidden
        """)
    )
    pull.comment()
    summary = pull.body.split("\n\n", 1)[1]

    assert not re.search(r"@\w|://|www\.|\][(:]|#\d|<", summary)
    assert "&lt;img src=x&gt;" in summary
    assert "&amp;amp;" not in summary


@needs_jq
def test_the_page_and_the_picture_are_linked_by_the_workflow_alone(pull: Pull) -> None:
    """By the artifact's number and the caller's address; links of the summary itself are gone."""
    pull.picture_url = "https://files.example/{run}/{artifact}/first-screen.svg"
    made = [pull.artifact(5), pull.artifact(8, "versus.gate.html"), pull.artifact(9, "versus.b")]
    pull.tell("artifacts", {"artifacts": made})
    own = "![First screen](first-screen.svg)\n\n[Report](report.html)\n"
    pull.leave(f"{MARKER}\n### PASS\n\n{own}")
    pull.comment()
    asked = (pull.folder / "asked").read_text(encoding="utf-8")

    assert ["9", "5"] == re.findall(r"artifacts/(\d+)/zip", asked)
    assert pull.body.endswith(
        "`versus.gate` · [report](https://github.com/house/versus/actions/runs/3/artifacts/8)\n\n"
        "![First screen](https://files.example/3/versus.gate/first-screen.svg):\n\n### PASS\n\n\n"
    )


@needs_jq
@pytest.mark.parametrize("address", ["http://x.example", "https://x.example/a b", "x) [y](//z"])
def test_what_is_no_address_is_no_picture(address: str, pull: Pull) -> None:
    """The comment is refused, so that the caller sees it."""
    pull.picture_url = address

    assert 0 != pull.comment().returncode
    assert [] == pull.changed


@needs_jq
def test_folded_tables_of_a_summary_stay_as_they_are(pull: Pull) -> None:
    """What Versus itself writes passes unharmed, and a name looks as it did."""
    table = "| a |\n| --- |\n| 1 &lt; 2 &amp; 3 |\n"
    folded = f"<details><summary>Budgets</summary>\n\n{table}\n</details>\n"
    pull.leave(f"{MARKER}\n{folded}")
    pull.comment()

    assert pull.body.endswith(folded)


@needs_jq
def test_a_comment_fits_whatever_was_left(pull: Pull) -> None:
    """GitHub holds 65,536 characters; more would be no comment at all."""
    pull.leave("@" * CHARACTERS_MAX)
    pull.comment()

    assert 65_536 > len(pull.body)
