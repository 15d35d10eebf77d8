"""What runs elsewhere: pinned, with the least rights, and not to be fooled by a pull request."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from reports.surfaces.summary import CHARACTERS_MAX, MARKER

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
GITLAB = ROOT / ".gitlab" / "perf.yml"
GATE = ROOT / ".ci" / "gate"
COMMENT = ROOT / ".github" / "workflows" / "perf-comment.yml"
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
    zizmor = Path(sys.executable).parent / "zizmor"
    audited = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--strict-collection", ".github", "action.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == audited.returncode, audited.stdout + audited.stderr


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is missing")
def test_nothing_is_found_by_shellcheck(tmp_path: Path) -> None:
    """The scripts, and those inside workflows."""
    scripts = [ROOT / ".ci" / "run", GATE]
    for path in (*WORKFLOWS, ACTION):
        for number, text in enumerate(values(read(path), "run")):
            script = tmp_path / f"{path.stem}-{number}.sh"
            script.write_text(f"#!/bin/bash -e\n{text}", encoding="utf-8")
            scripts.append(script)
    checked = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)

    assert "" == checked.stdout


@pytest.mark.parametrize("named", ["commit", "branch"])
def test_what_is_checked_out_reaches_back_to_the_base(named: str, tmp_path: Path) -> None:
    """The head of the pull request, not its merge, and a base that is there by its commit."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    clone.mkdir()

    def git(*words: str, folder: Path = origin) -> str:
        author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        return subprocess.check_output(["git", "-C", folder, *author, *words], text=True).strip()

    subprocess.run(["git", "init", "-q", "-b", "main", origin], check=True)
    git("config", "uploadpack.allowAnySHA1InWant", "true")
    git("commit", "-q", "--allow-empty", "-m", "left from here")
    git("checkout", "-q", "-b", "change")
    git("commit", "-q", "--allow-empty", "-m", "the change")
    head = git("rev-parse", "HEAD")
    git("checkout", "-q", "main")
    git("commit", "-q", "--allow-empty", "-m", "by others")
    base = git("rev-parse", "HEAD")
    script = next(values(read(ROOT / ".github" / "workflows" / "perf.yml"), "run"))
    subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=clone,
        env={
            "PATH": os.environ["PATH"],
            "GITHUB_SERVER_URL": f"file://{tmp_path}",
            "GITHUB_REPOSITORY": "origin",
            "GITHUB_OUTPUT": str(tmp_path / "output"),
            "TOKEN": "none",
            "BASE": base if named == "commit" else "main",
            "HEAD": head,
        },
        check=True,
    )

    assert head == git("rev-parse", "HEAD", folder=clone)
    assert f"base={base}\n" == (tmp_path / "output").read_text(encoding="utf-8")
    assert "left from here" == git(
        "show", "-s", "--format=%s", git("merge-base", base, head, folder=clone), folder=clone
    )
    assert "" == git("status", "--porcelain", folder=clone)


# The gate's steps, run for real. A program that ends as it is told and leaves a run's folder stands
# where Versus does: measuring takes minutes, and not every verdict can be had to order.

VERDICTS = {
    0: "pass",
    1: "regression",
    2: "usage",
    3: "inconclusive",
    4: "invalid",
    127: "usage",
    130: "interrupted",
}
WORDS = ("regression", "inconclusive", "invalid")
SUBSETS = [
    ",".join(words)
    for number in range(len(WORDS) + 1)
    for words in itertools.combinations(WORDS, number)
]
VERSUS = """\
#!/bin/sh
printf '%s\\n' "$@" >asked
case $CODE in 0 | 1 | 3 | 4) ;; *) exit "$CODE" ;; esac
mkdir -p runs/made
echo "$CODE" >runs/made/report.html
echo '<!-- versus:report -->' >runs/made/summary.md
ln -sfn made runs/latest
exit "$CODE"
"""


class House:
    """A folder with nothing in it but the gate's script and what stands where Versus does."""

    def __init__(self, folder: Path) -> None:
        """Copy the script there."""
        self.folder = folder
        self.output = folder / "output"
        self.summary = folder / "summary"
        (folder / ".ci").mkdir()
        shutil.copy(GATE, folder / ".ci" / "gate")
        (folder / "versus").write_text(VERSUS, encoding="utf-8")
        (folder / "versus").chmod(0o755)

    def gate(self, code: int, cwd: Path | None = None, **environment: str) -> int:
        """How the script ends where Versus ends so."""
        ended = subprocess.run(
            [self.folder / ".ci" / "gate"],
            cwd=cwd or self.folder,
            env={
                "PATH": os.environ["PATH"],
                "VERSUS": "./versus",
                "BASE": "main",
                "CODE": str(code),
                "GITHUB_OUTPUT": str(self.output),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode

    def outputs(self) -> dict[str, str]:
        """What later steps can read."""
        lines = self.output.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A new one."""
    return House(tmp_path)


@pytest.mark.parametrize("fail_on", SUBSETS)
@pytest.mark.parametrize("code", VERDICTS)
def test_the_job_fails_on_what_was_asked_for(code: int, fail_on: str, house: House) -> None:
    """A pass never fails it, what was not judged always does, the rest as FAIL_ON says."""
    verdict = VERDICTS[code]
    told = {"pass": False, "usage": True, "interrupted": True}
    fails = told.get(verdict, verdict in fail_on.split(","))

    assert (code if fails else 0) == house.gate(code, FAIL_ON=fail_on)
    assert verdict == house.outputs()["verdict"]


def test_a_report_is_handed_on_whatever_the_verdict(house: House) -> None:
    """Its folder, its page and its summary."""
    made = house.folder / "runs" / "made"

    assert 1 == house.gate(1, KEEP="kept")
    assert {
        "verdict": "regression",
        "folder": str(made),
        "report": str(made / "report.html"),
    } == house.outputs()
    assert f"{MARKER}\n" == house.summary.read_text(encoding="utf-8")
    assert "1\n" == (house.folder / "kept" / "report.html").read_text(encoding="utf-8")


def test_the_report_of_an_earlier_run_is_not_handed_on(house: House) -> None:
    """Where nothing was measured, the summary says so instead of telling of another commit."""
    house.gate(0)
    house.output.unlink()
    house.summary.unlink()

    assert 2 == house.gate(2)
    assert {"verdict": "usage"} == house.outputs()
    assert "Nothing was judged" in house.summary.read_text(encoding="utf-8")


def test_regression_and_invalid_fail_where_nothing_is_said(house: House) -> None:
    """Undecided is no fault of a change, and most jobs should not block on it."""
    assert [0, 1, 0, 4] == [house.gate(code) for code in (0, 1, 3, 4)]


@pytest.mark.parametrize("fail_on", ["regresion", "regression,all", "REGRESSION", "pass"])
def test_a_misspelt_verdict_is_refused_before_measuring(fail_on: str, house: House) -> None:
    """It would let through what it was to stop."""
    assert 2 == house.gate(0, FAIL_ON=fail_on)
    assert "usage" == house.outputs()["verdict"]
    assert not (house.folder / "asked").exists()


def test_spaces_between_verdicts_are_allowed(house: House) -> None:
    """As people write lists."""
    assert 3 == house.gate(3, FAIL_ON="regression, inconclusive")


def test_without_a_base_nothing_is_measured(house: House) -> None:
    """A run that no pull request started has none of its own."""
    assert 2 == house.gate(0, BASE="")
    assert not (house.folder / "asked").exists()


def test_inputs_are_words_and_never_commands(house: House) -> None:
    """A branch may be called anything."""
    hostile = '$(touch broken);`touch broken` "x" --help'
    house.gate(0, BASE=hostile, CONFIG=hostile, PROFILE=hostile)
    asked = (house.folder / "asked").read_text(encoding="utf-8").splitlines()

    assert [
        "gate",
        f"--base={hostile}",
        f"--config={hostile}",
        f"--profile={hostile}",
    ] == asked
    assert not (house.folder / "broken").exists()


def test_a_configuration_is_found_from_where_the_gate_is_called(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The action runs in the folder of who uses it, not in its own."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    house.gate(0, cwd=elsewhere, CONFIG="mine.toml")
    asked = (house.folder / "asked").read_text(encoding="utf-8")

    assert f"--config={elsewhere / 'mine.toml'}\n" in asked


@pytest.mark.parametrize(
    ("named", "handed_on"),
    [
        ("", []),
        ("kept here", ["--history={elsewhere}/kept here"]),
        ("/srv/kept", ["--history=/srv/kept"]),
        ("s3://bucket/$(x) y", ["--history=s3://bucket/$(x) y"]),
    ],
)
def test_a_history_is_handed_on_where_one_is_named(
    named: str, handed_on: list[str], house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A folder counts from where the gate is called, a bucket from nowhere."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    house.gate(0, cwd=elsewhere, HISTORY=named)
    asked = (house.folder / "asked").read_text(encoding="utf-8").splitlines()

    assert [one.replace("{elsewhere}", str(elsewhere)) for one in handed_on] == asked[4:]


def test_action_and_include_say_no_more_than_the_gate_understands() -> None:
    """A variable that is spelt differently on both sides would do nothing, unseen."""
    script = GATE.read_text(encoding="utf-8")
    named = {*read(GITLAB)["versus"]["variables"]} - {"GIT_DEPTH"}
    (environment,) = values(read(ACTION)["runs"], "env")

    for name in {*environment} | named:
        assert f"${{{name}" in script, name
    assert {"base", "config", "profile", "fail-on"} == {*read(ACTION)["inputs"]}
    assert {"verdict", "report"} == {*read(ACTION)["outputs"]}
    for expression in re.findall(r"inputs\.([\w-]+)", json.dumps(environment)):
        assert expression in read(ACTION)["inputs"]


def test_gitlab_keeps_the_report_and_warns_of_the_undecided() -> None:
    """What failed is looked at; exit code 3 is no failure, and no success either."""
    job = read(GITLAB)["versus"]

    assert [".ci/gate"] == job["script"]
    assert {"exit_codes": [3]} == job["allow_failure"]
    assert "inconclusive" in job["variables"]["FAIL_ON"]
    assert "always" == job["artifacts"]["when"]
    for path in job["artifacts"]["reports"].values():
        assert path.startswith(job["variables"]["KEEP"])


# The comment's script, run for real but for GitHub itself: a program named gh answers from files,
# and writes down what it was asked to change.

HEAD = "0123456789abcdef0123456789abcdef01234567"
GH = """\
#!/bin/sh
echo "$*" >>asked
case "$*" in
    *--input*) cp comment.json posted.json ;;
    */pulls*) cat pulls.json ;;
    */runs/*/artifacts*) cat artifacts.json ;;
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
        gh = folder / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text(GH, encoding="utf-8")
        gh.chmod(0o755)
        self.tell("pulls", [self.pull()])
        self.tell("artifacts", {"artifacts": [{"id": 5, "expired": False}]})
        self.tell("comments", [])
        self.leave(f"{MARKER}\n### PASS\n")

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
            "RUN_URL": "https://github.com/house/versus/actions/runs/3",
            "SHA": HEAD,
            "OWNER": "fork",
            "HEAD_REPOSITORY": "fork/versus",
            "BRANCH": "faster; touch broken",
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
    assert pull.body.startswith(f"{MARKER}\n0123456789ab, [measured](https://github.com/")
    assert pull.body.endswith(":\n\n### PASS\n")


@needs_jq
def test_the_comment_that_is_there_is_replaced(pull: Pull) -> None:
    """By its first line and its author: who copies the marker gets nothing overwritten."""
    bot = {"login": "github-actions[bot]"}
    pull.tell(
        "comments",
        [
            {"id": 1, "user": {"login": "somebody"}, "body": f"{MARKER}\nmine"},
            {"id": 2, "user": bot, "body": f"another workflow's\n{MARKER}"},
            {"id": 3, "user": bot, "body": f"{MARKER}\r\nours"},
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
