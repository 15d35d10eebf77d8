"""What cannot be compared is refused before anything is built."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.revisions.states import State
from loadtests.revisions.tests.shop import answers, refused, target
from loadtests.tests.repositories import Repository

PYTHON = json.dumps(sys.executable)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('url = "http://127.0.0.1:1"', "a url is one revision's address"),
    ],
)
def test_what_has_no_two_revisions_is_refused(
    shop: Repository, settings: str, expected: str
) -> None:
    """A configuration must have one server that Versus starts."""
    plan = shop.plan(settings)
    with pytest.raises(ConfigError, match=expected):
        asyncio.run(answers(plan, shop.change(), shop.folder.parent))


def test_code_outside_of_the_repository_is_refused(shop: Repository, tmp_path: Path) -> None:
    """Both revisions would run the same."""
    (tmp_path / "elsewhere").mkdir()
    (shop.folder / "ignored").mkdir()
    for cwd in (str(tmp_path / "elsewhere"), "ignored"):
        error = refused(shop.plan(target("server.py", cwd=cwd)), shop)

        assert (State.OUTSIDE, 2) == (error.state, error.state.exit_code)
        assert "both revisions would run the same code" in str(error)


@pytest.mark.parametrize(
    ("files", "settings", "missing"),
    [
        ({"shop/new.py": ""}, target("new.py"), "shop/new.py"),
        ({"new/server.py": ""}, target("server.py", cwd="new"), "new, new/server.py"),
        ({"suite/test_a.py": ""}, target("server.py", more='suite = "suite"'), "suite"),
        (
            {"service/server.py": "", "locks/requirements.lock": ""},
            'start = "service"',
            "service/server.py, locks/requirements.lock",
        ),
        ({"locks/requirements.lock": ""}, 'start = "service"', "locks/requirements.lock"),
    ],
)
def test_the_first_change_has_no_base(
    shop: Repository,
    files: dict[str, str],
    settings: str,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is new has nothing to be compared with, and that is no verdict."""
    monkeypatch.chdir(shop.folder)
    shop.commit("three", files)
    error = refused(shop.plan(settings), shop)

    assert (State.FIRST_RUN, 3) == (error.state, error.state.exit_code)
    assert f"no base yet: {missing} is not in " in str(error)


def test_a_changed_schema_is_not_measured(shop: Repository) -> None:
    """Both revisions would stand on one database; the files that differ are named."""
    migrations = "service/stack/migrations"
    program = {"service/server.py": "", "locks/requirements.lock": ""}
    shop.commit("three", program | {f"{migrations}/0001_a.sql": "1"})
    shop.commit("four", {f"{migrations}/0001_a.sql": "2", f"{migrations}/0002_b.sql": ""})
    error = refused(shop.plan('start = "service"'), shop)

    assert (State.SCHEMA_CHANGED, 3) == (error.state, error.state.exit_code)
    assert f"{migrations}/0001_a.sql, {migrations}/0002_b.sql differ" in str(error)
