"""Each revision is started alone, tried, and seen to run its own code, or other code."""

import asyncio
import json
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.run.record import RevisionsRecord
from loadtests.checking import sending
from loadtests.planning.plan import Plan
from loadtests.revisions import watching
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.target import open_both
from loadtests.revisions.trying import UNWATCHED
from loadtests.tests.repositories import Repository, new_repository

SERVER = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args):
        pass

def serve():
    HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
MAIN = "from acme.web import serve\nserve()\n"
PACKAGE = {
    ".gitignore": "versus.toml\n__pycache__/\n.venv/\nbuilt/\n*.pyz\nrun.sh\n.versus/\n",
    "src/acme/__init__.py": "",
    "src/acme/__main__.py": MAIN,
    "src/acme/web.py": SERVER,
    "src/main.py": MAIN,
    "README": "one\n",
}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "SECOND_AFTER_S", 0.0)


@pytest.fixture
def package(tmp_path: Path) -> Repository:
    """Two revisions of a package of Python in src/."""
    made = new_repository(tmp_path / "project")
    made.commit("one", PACKAGE)
    made.commit("two", {"src/acme/web.py": SERVER + "# changed\n"})
    return made


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of Python beside every repository."""
    folder = tmp_path_factory.mktemp("shared") / "env"
    venv.create(folder, symlinks=True)
    return folder


@pytest.fixture
def packages(environment: Path) -> Iterator[Path]:
    """Where it has its packages; what a test installs is removed."""
    (place,) = environment.glob("lib/python3*/site-packages")
    before = set(place.iterdir())
    yield place
    for one in set(place.iterdir()) - before:
        for file in [*sorted(one.rglob("*"), reverse=True), one]:
            file.rmdir() if file.is_dir() else file.unlink()


def planned(
    repository: Repository, *command: str, environment: str = "", revisions: str = ""
) -> Plan:
    words = json.dumps(command or [sys.executable, "-m", "acme"])
    variables = environment or '{ PYTHONPATH = "{worktree}/src" }'
    stated = f"command = {words}\nenvironment = {variables}\n"
    return repository.plan(stated, f"\n[revisions]\n{revisions}\n")


def found(repository: Repository, plan: Plan) -> RevisionsRecord:
    """What is known of both once they can be measured."""

    async def opened() -> RevisionsRecord:
        change = repository.change()
        async with open_both(plan, change, repository.folder.parent, print) as both:
            assert both.revisions is not None
            return both.revisions

    return asyncio.run(opened())


def kinds(record: RevisionsRecord) -> dict[str, tuple[str, str]]:
    return {side: (one.kind, one.name) for side, one in record.evidence.items()}


def refused(repository: Repository, plan: Plan) -> RevisionError:
    with pytest.raises(RevisionError) as caught:
        found(repository, plan)
    return caught.value


def test_both_open_the_file_that_was_changed(package: Repository) -> None:
    """Each in its own worktree, by a gap in a variable."""
    record = found(package, planned(package))

    assert record.proven
    assert package.git("rev-parse", "HEAD^", "HEAD").split() == list(record.commits.values())
    assert dict.fromkeys(("base", "head"), ("opened", "src/acme/web.py")) == kinds(record)


def test_what_nothing_opens_proves_nothing(package: Repository) -> None:
    """A change of words alone; it is no error."""
    package.commit("three", {"README": "two\n"})
    record = found(package, planned(package))

    assert (1, False) == (record.changed, record.proven)
    assert {"base": ("", ""), "head": ("", "")} == kinds(record)


def test_a_base_may_lack_all_that_the_change_adds(package: Repository) -> None:
    """The head is seen to have it."""
    package.write({"src/acme/web.py": SERVER})
    package.commit(
        "back",
        {
            "src/acme/__init__.py": "import importlib.util as u\n"
            "if u.find_spec('acme.more'):\n    from acme import more\n"
        },
    )
    package.commit("three", {"src/acme/more.py": "more = 1\n"})
    record = found(package, planned(package))

    assert record.proven
    assert {
        "base": ("lacks", "src/acme/more.py"),
        "head": ("opened", "src/acme/more.py"),
    } == kinds(record)


def test_what_each_build_makes_is_its_own(package: Repository) -> None:
    """The server opens no source at all."""
    build = json.dumps(
        [sys.executable, "-m", "zipapp", "src", "-m", "acme.web:serve", "-o", "app.pyz"]
    )
    record = found(
        package, planned(package, sys.executable, "app.pyz", revisions=f"build = {build}")
    )

    assert dict.fromkeys(("base", "head"), ("made", "app.pyz")) == kinds(record)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.slow
def test_an_editable_install_is_refused(
    package: Repository, environment: Path, packages: Path, *, compiled: bool
) -> None:
    """Both would run the working tree's code, even where Python has compiled it before."""
    (packages / "acme.pth").write_text(f"{package.folder}/src\n", encoding="utf-8")
    if compiled:
        cache = package.folder / "src/acme"
        asyncio.run(_run(str(environment / "bin/python"), "-m", "compileall", "-q", str(cache)))
    plan = planned(package, str(environment / "bin/python"), "-m", "acme", environment="{}")
    error = refused(package, plan)

    assert (State.SAME_CODE, 4) == (error.state, error.exit_code)
    assert f"runs {package.folder}/src/acme/web.py, which is the working tree's, " in str(error)
    assert "instead of its own src/acme/web.py. Let `build`" in str(error)


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    assert 0 == await process.wait()


@pytest.mark.parametrize("folder", ["", "elsewhere/src"])
@pytest.mark.slow
def test_a_shared_install_is_refused(
    package: Repository, environment: Path, packages: Path, folder: str
) -> None:
    """A copy in the environment's packages, or another clone that it leads to."""
    place = package.folder.parent / folder if folder else packages
    if folder:
        (packages / "acme.pth").write_text(f"{place}\n", encoding="utf-8")
    for name in ("__init__.py", "__main__.py", "web.py"):
        (place / "acme").mkdir(parents=True, exist_ok=True)
        text = PACKAGE[f"src/acme/{name}"]
        (place / "acme" / name).write_text(text, encoding="utf-8")
    plan = planned(package, str(environment / "bin/python"), "-m", "acme", environment="{}")
    error = refused(package, plan)

    assert State.SAME_CODE is error.state
    assert f"runs {place}/acme/web.py, which is installed where both revisions find it" in str(
        error
    )


@pytest.mark.slow
def test_a_path_that_is_found_while_it_runs_is_refused(package: Repository) -> None:
    """No word of the command names it."""
    (package.folder.parent / "where").write_text(f"{package.folder}/src/main.py", encoding="utf-8")
    script = f'cat "{package.folder.parent}/where" | xargs {sys.executable}'
    error = refused(package, planned(package, "sh", "-c", script, environment="{}"))

    assert State.SAME_CODE is error.state
    assert "which is the working tree's" in str(error)


@pytest.mark.parametrize(
    ("command", "build"),
    [
        (["python3", "{out}/main.py"], ["cp", "-r", "src/acme", "src/main.py", "{out}"]),
        (["{env}/bin/python", "-m", "acme"], ["cp", "-r", "src/acme", "{packages}"]),
        (["{env}/bin/python", "-m", "acme"], ["{env}/bin/pip", "install", "."]),
        (["python3", "x"], ["sh", "-c", "make x && {env}/bin/python -m pip install -e ."]),
    ],
)
def test_a_build_into_one_place_for_both_is_refused(
    package: Repository, environment: Path, packages: Path, command: list[str], build: list[str]
) -> None:
    """The last one would serve both."""
    out = package.folder.parent / "out"
    out.mkdir()
    (out / "main.py").touch()
    places = {"{out}": str(out), "{env}": str(environment), "{packages}": str(packages)}
    for place, path in places.items():
        command, build = ([one.replace(place, path) for one in row] for row in (command, build))
    plan = planned(package, *command, environment="{}", revisions=f"build = {json.dumps(build)}")
    error = refused(package, plan)

    assert (State.SAME_CODE, 4) == (error.state, error.exit_code)
    assert "`build` in [revisions] " in str(error)


@pytest.mark.parametrize(
    ("command", "environment"),
    [
        ([".venv/bin/python", "-m", "acme"], ""),
        (["sh", "-c", "exec .venv/bin/python -m acme"], ""),
        (["python3", "-m", "acme"], '{{ PYTHONPATH = "src:{top}/built/lib" }}'),
    ],
)
def test_what_git_ignores_is_refused_until_it_is_linked(
    package: Repository, command: list[str], environment: str
) -> None:
    """The remedy names it."""
    for name in (".venv/bin", "built/lib"):
        (package.folder / name).mkdir(parents=True)
    (package.folder / ".venv/bin/python").symlink_to(sys.executable)
    variables = environment.format(top=package.folder)
    error = refused(package, planned(package, *command, environment=variables))

    assert (State.IGNORED, 2) == (error.state, error.exit_code)
    assert "Let `build` or `prepare` in [revisions] make it in each copy" in str(error)
    assert 'link = [".venv"]' in str(error) or 'link = ["built"]' in str(error)


def test_a_container_that_is_built_twice_under_one_name_is_refused(
    package: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tag decides; the program is a stand-in, because an engine needs rights."""
    tools, images = package.folder.parent / "tools", package.folder.parent / "images"
    for folder in (tools, images):
        folder.mkdir()
    (tools / "docker").write_text(DOCKER.format(images=images, python=sys.executable))
    (tools / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    run = ["docker", "run", "--rm", "app"]
    revisions = 'build = ["docker", "build", "-t", "app", "."]'
    error = refused(package, planned(package, *run, environment="{}", revisions=revisions))

    assert (State.SAME_CODE, 4) == (error.state, error.exit_code)
    assert "base and head run one and the same container image" in str(error)
    own = [*run[:3], "app:{commit}"]
    built = 'build = ["docker", "build", "-t", "app:{commit}", "."]'
    record = found(package, planned(package, *own, environment="{}", revisions=built))

    assert record.proven
    assert {"image"} == {one.kind for one in record.evidence.values()}


DOCKER = """#!/bin/sh
cd {images} || exit 1
case "$1" in
    build) rm -rf "$3"; cp -r "$OLDPWD/src" "$3" ;;
    image) test -d "$5" && cat "$5/acme/web.py" | sha256sum ;;
    run) PYTHONPATH="$3" exec {python} -m acme ;;
esac
"""


def test_each_side_is_prepared_once_with_its_own_gaps(package: Repository) -> None:
    """As the server would run: a database of its own for each side."""
    out = package.folder.parent / "prepared"
    script = f'echo "$DATABASE $(pwd)" >>{out}'
    revisions = f"prepare = {json.dumps(['sh', '-c', script + ' # {side} {commit}'])}"
    variables = '{ PYTHONPATH = "{worktree}/src", DATABASE = "app_{side}" }'
    record = found(package, planned(package, environment=variables, revisions=revisions))

    lines = out.read_text(encoding="utf-8").splitlines()
    assert record.proven
    assert ["app_base", "app_head"] == [line.split()[0] for line in lines]
    assert all("/.versus/" in line for line in lines)


@pytest.mark.parametrize(
    ("base", "head", "state", "exit_code"),
    [
        ("raise SystemExit('no disk')", "", State.UNUSABLE_BASE, 3),
        ("", "raise SystemExit('no disk')", State.NOT_STARTED, 4),
        ("raise SystemExit('no disk')", "raise SystemExit('no disk') #", State.NOT_STARTED, 4),
    ],
)
def test_a_side_that_does_not_start_is_told(
    package: Repository, base: str, head: str, state: State, exit_code: int
) -> None:
    """A broken base can be mended by a head; a broken head is to blame."""
    package.commit("three", {"src/acme/web.py": base + "\n" + SERVER})
    package.commit("four", {"src/acme/web.py": head + "\n" + SERVER + "# four\n"})
    error = refused(package, planned(package))

    assert (state, exit_code) == (error.state, error.exit_code)
    assert "exited with 1; output: no disk; see " in str(error)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            (
                "mkdir -p {out} && cp -r src/acme src/main.py {out} && cat README && cd {out} && "
                "exec {python} main.py"
            ),
            "writes {out}/acme/web.py when it starts",
        ),
        ("cat README && cd {out} && exec {python} -m acme", "runs {out}/acme/web.py, which is "),
    ],
)
@pytest.mark.slow
def test_code_in_a_folder_that_both_use_is_refused(
    package: Repository, script: str, expected: str
) -> None:
    """Also where each revision opens another file of its own that the change touches."""
    out = package.folder.parent / "out"
    for name in ("__init__.py", "__main__.py", "web.py"):
        (out / "acme").mkdir(parents=True, exist_ok=True)
        (out / "acme" / name).write_text(PACKAGE[f"src/acme/{name}"], encoding="utf-8")
    package.write({"README": "three\n"})
    package.commit("three", {"src/acme/web.py": SERVER + "# three\n"})
    places = {"out": str(out), "python": sys.executable}
    plan = planned(package, "sh", "-c", script.format(**places), environment="{}")
    error = refused(package, plan)

    assert State.SAME_CODE is error.state
    assert expected.format(**places) in str(error)


def test_a_program_that_a_build_puts_into_the_path_is_refused(
    package: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No path of it stands in the command."""
    programs = package.folder.parent / "bin"
    programs.mkdir()
    (programs / "acmed").touch(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    build = f'build = ["sh", "-c", "cp src/main.py {programs}/acmed"]'
    error = refused(package, planned(package, "acmed", environment="{}", revisions=build))

    assert State.SAME_CODE is error.state
    assert f"changed {programs}/acmed, from which both" in str(error)


def test_another_program_of_the_same_name_is_no_copy(
    package: Repository, environment: Path, packages: Path
) -> None:
    """The change touches a package that the server does not use; it uses one of others."""
    (packages / "redisx").mkdir()
    other = "first = 1\nsecond = 2\nthird = 3\n"
    (packages / "redisx" / "__init__.py").write_text(other, encoding="utf-8")
    package.write({"src/main.py": "import redisx\n" + MAIN})
    package.commit("use", {"other/redisx/__init__.py": "anything = 4\n"})
    package.commit("change", {"other/redisx/__init__.py": "anything = 5\n"})
    record = found(package, planned(package, str(environment / "bin/python"), "src/main.py"))

    assert not record.proven


def test_what_a_process_keeps_is_no_change(package: Repository) -> None:
    """Its number, its port and when it began differ from start to start."""
    answer = 'b\'{"pid": %d, "a": 1}\' % os.getpid()'
    body = SERVER.replace('b"ok"', answer).replace('"2"', f"str(len({answer}))")
    package.commit("three", {"src/acme/web.py": body})
    package.commit("four", {"src/acme/web.py": body + "# four\n"})

    async def opened() -> tuple[tuple[str, ...], bool]:
        plan, change = planned(package), package.change()
        async with open_both(plan, change, package.folder.parent, print) as both:
            (first,) = both.first_answers
            return first.shown_noise, first.pair is None

    assert (("/pid",), True) == asyncio.run(opened())


def test_what_could_not_be_watched_is_noted(
    package: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is proven then, and the record says why."""
    monkeypatch.setattr(watching, "OPENED_MAX", 0)
    record = found(package, planned(package))

    assert not record.proven
    assert UNWATCHED in record.notes
