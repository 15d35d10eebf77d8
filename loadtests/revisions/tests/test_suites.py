"""A suite in two revisions, in real repositories and processes: whose code is measured."""

import io
import re
from pathlib import Path

import pytest

from contract.run.micro import MicroRecord, read_micro
from loadtests.measure_suite import measure_alone
from loadtests.planning.suite import Suite, SuiteVariant, parse_variant
from loadtests.revisions.resolving import Change
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.suites import changed_files, files_changed, resolve_suite
from loadtests.revisions.tests.test_environments import locked
from loadtests.tests.repositories import Repository, new_repository

ROOT = Path(__file__).parents[3]
SUITE = """
import os
import time
from pathlib import Path

import codec
import pytest


@pytest.mark.parametrize("how", ["slow", "fast"])
def test_work(benchmark, how):
    \"\"\"Tells whose code it is, and whose tests these are.\"\"\"
    with Path(os.environ["TOLD"]).open("a") as told:
        told.write(f"{codec.NAME} {how} of suite 1\\n")
    benchmark(time.sleep, 0.001)
"""
PATH = "benchmarks/bench_codec.py"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A package in `src`, of which two revisions tell their names."""
    made = new_repository(tmp_path / "project")
    made.commit("One", {"src/codec/__init__.py": "NAME = 'one'\n", PATH: SUITE})
    made.git("tag", "v1")
    made.commit("Two", {"src/codec/__init__.py": "NAME = 'two'\n"})
    return made


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the processes say what they ran."""
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    # Other plugins make a start longer.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_benchmark.plugin")
    return tmp_path / "told"


def variants(before: str, after: str) -> list[SuiteVariant]:
    typed = (("before", before), ("after", after))
    return [parse_variant(name, list(filter(None, words.split(",")))) for name, words in typed]


def resolved(repository: Repository, before: str, after: str = "", path: str = PATH) -> Change:
    suite = Suite(str(repository.folder / path), tuple(variants(before, after)))
    return resolve_suite(suite, lambda _: None)


def measured(
    repository: Repository, before: str, after: str
) -> tuple[int, str, MicroRecord | None]:
    """The exit code, what was said, and the record, after as few processes as can be."""
    out = io.StringIO()
    runs = repository.folder.parent / "runs"
    path = repository.folder / PATH
    folder, exit_code = measure_alone(path, variants(before, after), runs, 1, 7, out)
    micro = read_micro(folder)
    assert [str(repository.folder)] == repository.worktrees()
    return exit_code, out.getvalue(), micro.record if micro else None


@pytest.mark.slow
def test_each_revision_runs_its_own_code(repository: Repository, told: Path) -> None:
    """Which both are stands in the record, and the Python that they share is told."""
    exit_code, said, record = measured(repository, "rev:v1,how=slow", "rev:HEAD,how=fast")

    assert 0 == exit_code, said
    assert {"one slow of suite 1", "two fast of suite 1"} == set(told.read_text().splitlines())
    assert record is not None
    assert ["before", "after"] == list(record.revisions)
    assert [True, True] == [
        name in revision
        for name, revision in zip(("'One'", "'Two'"), record.revisions.values(), strict=True)
    ]
    assert (1, ("src/codec/__init__.py",)) == (record.changed, record.changed_imported)
    assert ((), False, ["codec.work"]) == (
        record.files_changed,
        record.by_parameters,
        [one.name for one in record.benchmarks],
    )
    assert "with its packages" in said


@pytest.mark.slow
def test_without_a_revision_it_is_the_files_as_they_are(repository: Repository, told: Path) -> None:
    """Committed or not, and the suite's own as well, of which the record tells that they differ."""
    repository.write(
        {
            "src/codec/__init__.py": "from codec.new import NAME\n",
            "src/codec/new.py": "NAME = 'not committed'\n",
            PATH: SUITE.replace("suite 1", "suite 2"),
        }
    )
    exit_code, said, record = measured(repository, "rev:v1,how=fast", "how=fast")

    assert 0 == exit_code, said
    assert {"one fast of suite 1", "not committed fast of suite 2"} == set(
        told.read_text().splitlines()
    )
    assert record is not None
    assert (PATH,) == record.files_changed
    assert record.revisions["after"].startswith("the working tree, based on ")


@pytest.mark.slow
def test_a_path_to_the_working_tree_does_not_win(
    repository: Repository, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands in the path where a package is installed in editable mode."""
    monkeypatch.setenv("PYTHONPATH", str(repository.folder / "src"))
    exit_code, said, _ = measured(repository, "rev:v1,how=fast", "rev:HEAD,how=fast")

    assert 0 == exit_code, said
    assert {"one fast of suite 1", "two fast of suite 1"} == set(told.read_text().splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("lazily", [False, True])
@pytest.mark.parametrize("place", ["src", "lib/python"])
def test_code_of_the_working_tree_is_not_measured(
    repository: Repository, told: Path, place: str, lazily: bool
) -> None:
    """By its name or its place it is found out, even if a benchmark imports it."""
    conftest = f"import sys\nsys.path.insert(0, {str(repository.folder / place)!r})\n"
    suite = SUITE.replace("import codec\n", "")
    suite = suite.replace("    with Path", "    import codec\n    with Path") if lazily else SUITE
    files = {"conftest.py": conftest, f"{place}/codec/__init__.py": "NAME = 'x'\n", PATH: suite}
    repository.commit("Three", files)
    exit_code, said, record = measured(repository, "rev:HEAD", "how=fast")

    assert (4, None) == (exit_code, record)
    assert ", before: codec was imported from " in said
    assert f"{repository.folder / place}/codec/__init__.py, which is not of this revision" in said


@pytest.mark.slow
def test_a_copy_that_is_installed_elsewhere_is_not_measured(
    repository: Repository, told: Path, tmp_path: Path
) -> None:
    """By its name: it is the same in both variants, wherever it lies."""
    (tmp_path / "site-packages" / "codec").mkdir(parents=True)
    (tmp_path / "site-packages" / "codec" / "__init__.py").write_text("NAME = 'installed'\n")
    path = str(tmp_path / "site-packages")
    repository.commit("Three", {"conftest.py": f"import sys\nsys.path.insert(0, {path!r})\n"})
    exit_code, said, _ = measured(repository, "rev:HEAD", "rev:HEAD")

    assert 4 == exit_code
    assert f"codec was imported from {path}/codec/__init__.py" in said


@pytest.mark.slow
@pytest.mark.alone
def test_each_revision_has_the_packages_that_it_locks(
    repository: Repository, told: Path, tmp_path: Path
) -> None:
    """Where both lock them in the way that is known here."""
    code = "import tiny\nNAME = f'tiny {tiny.VERSION}'\n"
    for version in ("1.0", "2.0"):
        lock = _pytest_locked() + locked(tmp_path, version)
        files = {"src/codec/__init__.py": code, "locks/requirements.lock": lock}
        repository.commit(version, files)
    exit_code, said, _ = measured(repository, "rev:HEAD~1,how=fast", "rev:HEAD,how=fast")

    assert 0 == exit_code, said
    assert {"tiny 1.0 fast of suite 1", "tiny 2.0 fast of suite 1"} == set(
        told.read_text().splitlines()
    )
    assert 2 == said.count("installing the packages of ")


def _pytest_locked() -> str:
    """What a suite's processes need, from this project's own lock."""
    names = {"iniconfig", "packaging", "pluggy", "py-cpuinfo2", "pygments", "pytest"}
    names.add("pytest-benchmark")
    lock = (ROOT / "locks" / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^\S+==.*(?:\n    .*)*\n", lock, re.MULTILINE)
    return "".join(pin for pin in pins if pin.partition("==")[0] in names)


def refused(
    repository: Repository, before: str, after: str = "", path: str = PATH
) -> RevisionError:
    with pytest.raises(RevisionError) as caught:
        resolved(repository, before, after, path)
    assert 1 == len(str(caught.value).splitlines())
    return caught.value


@pytest.mark.parametrize("name", ["no/where", "-x", "v2", "v1:README.md", "\x1b[2J"])
def test_a_revision_that_is_unknown_is_named(repository: Repository, name: str) -> None:
    """Nothing is guessed, and nothing of it acts on a terminal."""
    error = refused(repository, f"rev:{name}")

    assert (State.UNKNOWN_REVISION, 2) == (error.state, error.state.exit_code)
    assert f"revision unknown: {name!r} is no branch, tag or commit of " in str(error)


def test_a_shallow_clone_says_how_to_deepen_it(repository: Repository, tmp_path: Path) -> None:
    """What is named may well be there, only not here."""
    clone = repository.clone(tmp_path / "clone", "--depth", "1", "--no-tags")
    error = refused(clone, "rev:v1")

    assert (State.SHALLOW, 2) == (error.state, error.state.exit_code)
    assert "`git fetch --unshallow --tags`" in str(error)


@pytest.mark.parametrize(
    ("before", "after"), [("rev:v1", ""), ("", "rev:v1"), ("rev:v1", "rev:HEAD")]
)
def test_a_suite_that_a_revision_lacks(repository: Repository, before: str, after: str) -> None:
    """It is said which one, whether or not the suite is committed."""
    path = "benchmarks/bench_new.py"
    repository.write({path: SUITE})
    if after == "rev:HEAD":
        repository.commit("Three")
    error = refused(repository, before, after, path)

    assert (State.NO_SUITE, 2) == (error.state, error.state.exit_code)
    side = "base" if before else "head"
    assert f"suite missing: {path} is not in {side} (" in str(error)


def test_a_suite_outside_of_any_repository(tmp_path: Path) -> None:
    """There is nothing that could be checked out."""
    (tmp_path / "bench_it.py").write_text(SUITE)
    error = refused(Repository(tmp_path), "rev:HEAD", "", "bench_it.py")

    assert (State.NO_REPOSITORY, 2) == (error.state, error.state.exit_code)


def test_what_is_committed_is_taken_from_the_commit(repository: Repository) -> None:
    """A variant without a revision is HEAD where nothing else lies in the working tree."""
    clean = resolved(repository, "rev:v1")
    repository.write({"new.py": ""})
    dirty = resolved(repository, "rev:v1")

    assert (None, "head") == (clean.uncommitted_side, dirty.uncommitted_side)
    assert "Two" == clean.head.subject
    assert "head (the working tree)" == dirty.title("head")


def test_a_revision_is_the_commit_that_was_named(repository: Repository) -> None:
    """Not what it has in common with the other one, as the base of a change is."""
    repository.git("checkout", "--quiet", "-b", "other", "v1")
    repository.commit("Other")
    change = resolved(repository, "rev:main", "rev:other")

    assert ["Two", "Other"] == [one.subject for one in change.commits.values()]


def test_the_files_that_differ_between_two_revisions(repository: Repository) -> None:
    """Also those that are not committed, but none that git ignores."""
    repository.commit("Three", {".gitignore": "*.so\n"})
    clean = changed_files(resolved(repository, "rev:v1", "rev:HEAD"))
    repository.write({"new é.py": "", "built.so": "", PATH: "# other\n"})
    dirty = changed_files(resolved(repository, "rev:HEAD"))

    assert {".gitignore", "src/codec/__init__.py"} == clean
    assert {"new é.py", PATH} == dirty
    assert dirty == changed_files(resolved(repository, "", "rev:HEAD"))


def test_the_files_that_a_suite_consists_of(tmp_path: Path) -> None:
    """Those below its path and each conftest.py above, but no bytecode and none of the code."""
    texts = {"base": "1", "head": "2"}
    changed = ["a/conftest.py", "a/bench/bench_x.py", "a/bench/deep/data.json", "a/code.py"]
    changed += ["a/bench/__pycache__/bench_x.pyc", "b/conftest.py"]
    for side, text in texts.items():
        for name in (*changed, "a/bench/same.py"):
            path = tmp_path / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("0" if name.endswith("same.py") else text)
    (tmp_path / "head" / "a/bench/bench_new\x1b.py").write_text("")
    trees = [tmp_path / side for side in texts]

    assert (
        "a/bench/bench_new?.py",
        "a/bench/bench_x.py",
        "a/bench/deep/data.json",
        "a/conftest.py",
    ) == files_changed(trees, Path("a/bench"))
    assert ("a/bench/bench_x.py", "a/conftest.py") == files_changed(
        trees, Path("a/bench/bench_x.py")
    )
