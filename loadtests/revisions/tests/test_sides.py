"""Two revisions of a server are built, started and asked, each from files of its own."""

import asyncio
import json
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from contract.errors import ConfigError
from loadtests.planning.plan import Plan, load_plan
from loadtests.revisions.resolving import Change, resolve
from loadtests.revisions.sides import Revision, open_revisions, server_of
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.target import open_both
from loadtests.tests.repositories import Repository, new_repository

ROOT = Path(__file__).parents[3]
STRANGE = (Path(__file__).parents[3] / "loadtests" / "tests" / "strange_server.py").read_text(
    encoding="utf-8"
)
MODE = """
import os, runpy
os.environ["MODE"] = {mode!r}
runpy.run_path("strange.py", None, "__main__")
"""
PYTHON = json.dumps(sys.executable)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A change of a server that tells which of the two it is."""
    made = new_repository(tmp_path / "project")
    made.write({".gitignore": "versus.toml\n", "shop/strange.py": STRANGE})
    made.commit("one", {"shop/server.py": MODE.format(mode="one")})
    made.commit("two", {"shop/server.py": MODE.format(mode="two")})
    return made


def target(*words: str, cwd: str = "shop", more: str = "") -> str:
    return f"command = {json.dumps([sys.executable, *words])}\ncwd = {cwd!r}\n{more}"


async def answers(plan: Plan, change: Change, folder: Path) -> list[str]:
    """What the servers say of themselves, base first."""
    async with open_both(plan, change, folder, print) as both, httpx.AsyncClient() as client:
        return [(await client.get(f"{url}/echo")).json()["mode"] for url in both.base_urls]


def refused(plan: Plan, repository: Repository) -> RevisionError:
    with pytest.raises(RevisionError) as caught:
        asyncio.run(answers(plan, repository.change(), repository.folder.parent))
    assert 1 == len(str(caught.value).splitlines())
    assert [str(repository.folder)] == repository.worktrees()
    return caught.value


def test_each_revision_serves_its_own_code(repository: Repository) -> None:
    """Both at once, with one configuration, by paths that are relative or absolute."""
    folder = repository.folder.parent
    for word in ("server.py", str(repository.folder / "shop" / "server.py")):
        plan = repository.plan(target(word, "serve", more='ready = "/echo"'))
        found = asyncio.run(answers(plan, repository.change(), folder))

        assert ["one", "two"] == found, word
    assert (folder / "service_base.log").exists()
    assert (folder / "service_head.log").exists()


def test_a_revision_says_what_it_is(repository: Repository) -> None:
    """Its commit, who named it, and where it runs."""
    change = repository.change("HEAD~1")
    plan = repository.plan(target("server.py", "serve"))

    async def seen() -> list[tuple[Revision, str, str]]:
        async with open_revisions(plan, change, repository.folder.parent, print) as revisions:
            servers = [server_of(plan, change, revision) for revision in revisions]
            pairs = zip(revisions, servers, strict=True)
            return [(revision, server.title, server.cwd) for revision, server in pairs]

    (base, base_title, base_cwd), (head, head_title, head_cwd) = asyncio.run(seen())

    assert ("base", "HEAD~1", "one") == (base.side, base.ref, base.subject)
    assert ("head", "HEAD", "two", change.head.id) == (
        head.side,
        head.ref,
        head.subject,
        head.commit,
    )
    assert ("the service of base", "the service of head") == (base_title, head_title)
    assert (f"{base.folder}/shop", f"{head.folder}/shop") == (base_cwd, head_cwd)
    assert (None, None) == (base.python, head.python)


def test_each_revision_is_built_where_it_runs(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the build makes is its own, and what was meant for our own make is not its."""
    monkeypatch.setenv("MAKEFLAGS", "PYTHON=other")
    script = "cp server.py built.py; echo told:$MAKEFLAGS"
    build = f'\n[revisions]\nbuild = ["sh", "-c", "{script}"]\n'
    plan = repository.plan(target("built.py", "serve"), build)
    folder = repository.folder.parent

    assert ["one", "two"] == asyncio.run(answers(plan, repository.change(), folder))
    assert "told:\n" == (folder / "build_head.log").read_text()
    assert not (repository.folder / "shop" / "built.py").exists()


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ('["sh", "-c", "echo missing: tar; exit 3"]', "sh exited with 3; last output: missing: t"),
        ('["/no/where"]', "where exited with 12"),
    ],
)
def test_a_build_that_fails_is_said(repository: Repository, build: str, expected: str) -> None:
    """Whose it was, the last line of its log, and where the others are."""
    error = refused(
        repository.plan(target("server.py", "serve"), f"\n[revisions]\nbuild = {build}\n"),
        repository,
    )

    assert (State.NOT_BUILT, 4) == (error.state, error.state.exit_code)
    assert f"base ({repository.change().base.short}): {expected}" in str(error)
    assert "build_base.log" in str(error)


def test_a_revision_that_does_not_start_is_named(repository: Repository) -> None:
    """With its server's last words."""
    repository.commit("broken", {"shop/server.py": "raise SystemExit('no database')\n"})
    error = refused(repository.plan(target("server.py", "serve")), repository)

    assert (State.NOT_STARTED, 4) == (error.state, error.state.exit_code)
    assert "the service of head exited with 1; last output: no database; see " in str(error)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('url = "http://127.0.0.1:1"', "a url is one revision's address"),
        (f'command = ["sh"]\n[variants.own]\ncommand = [{PYTHON}]', "servers of their own"),
    ],
)
def test_what_has_no_two_revisions_is_refused(
    repository: Repository, settings: str, expected: str
) -> None:
    """A configuration must have one server that Versus starts."""
    plan = repository.plan(settings)
    with pytest.raises(ConfigError, match=expected):
        asyncio.run(answers(plan, repository.change(), repository.folder.parent))


def test_code_outside_of_the_repository_is_refused(repository: Repository, tmp_path: Path) -> None:
    """Both revisions would run the same."""
    (tmp_path / "elsewhere").mkdir()
    (repository.folder / "ignored").mkdir()
    for cwd in (str(tmp_path / "elsewhere"), "ignored"):
        error = refused(repository.plan(target("server.py", cwd=cwd)), repository)

        assert (State.OUTSIDE, 2) == (error.state, error.state.exit_code)
        assert "both revisions would run the same code" in str(error)


@pytest.mark.parametrize(
    ("files", "settings", "missing"),
    [
        ({"shop/new.py": ""}, target("new.py"), "shop/new.py"),
        ({"new/server.py": ""}, target("server.py", cwd="new"), "new, new/server.py"),
        ({"suite/test_a.py": ""}, target("server.py", more='suite = "suite"'), "suite"),
        (
            {"service/app.py": "", "locks/requirements.lock": ""},
            'start = "service"',
            "service/app.py, locks/requirements.lock",
        ),
        ({"locks/requirements.lock": ""}, 'start = "service"', "locks/requirements.lock"),
    ],
)
def test_the_first_change_has_no_base(
    repository: Repository,
    files: dict[str, str],
    settings: str,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is new has nothing to be compared with, and that is no verdict."""
    monkeypatch.chdir(repository.folder)
    repository.commit("three", files)
    error = refused(repository.plan(settings), repository)

    assert (State.FIRST_RUN, 3) == (error.state, error.state.exit_code)
    assert f"no base yet: {missing} is not in " in str(error)


def test_a_changed_schema_is_not_measured(repository: Repository) -> None:
    """Both revisions would stand on one database; the files that differ are named."""
    migrations = "service/stack/migrations"
    files = {"service/app.py": "", "locks/requirements.lock": "", f"{migrations}/0001_a.sql": "1"}
    repository.commit("three", files)
    repository.commit("four", {f"{migrations}/0001_a.sql": "2", f"{migrations}/0002_b.sql": ""})
    error = refused(repository.plan('start = "service"'), repository)

    assert (State.SCHEMA_CHANGED, 3) == (error.state, error.state.exit_code)
    assert f"{migrations}/0001_a.sql, {migrations}/0002_b.sql differ" in str(error)


def test_the_same_commit_is_measured_twice(repository: Repository) -> None:
    """Two processes, each from a worktree of its own."""
    plan = repository.plan(target("server.py", "serve"))
    change = repository.change("HEAD")

    async def folders() -> list[str]:
        async with open_both(plan, change, repository.folder.parent, print) as both:
            return [psutil.Process(both.pids[f"service_{side}"]).cwd() for side in change.commits]

    base, head = asyncio.run(folders())

    assert base != head


@pytest.mark.slow
@pytest.mark.alone
def test_two_revisions_of_the_reference_service_stand_on_one_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both answer whoever has the stack's token, from worktrees of this very repository."""
    monkeypatch.chdir(ROOT)
    plan = load_plan(ROOT / "versus.toml", profile="smoke", seed=1)
    change = resolve(ROOT, "HEAD", print)

    async def asked() -> list[tuple[httpx.Response, bool]]:
        async with (
            open_both(plan, change, tmp_path, print) as both,
            httpx.AsyncClient(headers=both.headers, trust_env=False) as client,
        ):
            assert both.suite is not None
            return [
                (
                    await client.get(f"{url}/v1/me"),
                    str(own.cwd) in psutil.Process(both.pids[f"service_{own.name}"]).cmdline(),
                )
                for url, own in zip(both.base_urls, both.suite.variants, strict=True)
            ]

    (base, base_own), (head, head_own) = asyncio.run(asked())

    assert (200, 200) == (base.status_code, head.status_code)
    assert base.json() == head.json()
    assert "Versus-Cost" in base.headers
    assert (True, True) == (base_own, head_own)
