"""A repository with two revisions of a server, for the tests of this room."""

import asyncio
import json
import sys
from pathlib import Path

import httpx
import pytest

from loadtests.planning.plan import Plan
from loadtests.revisions.resolving import Change
from loadtests.revisions.states import RevisionError
from loadtests.revisions.target import open_both
from loadtests.tests.repositories import Repository, new_repository

STRANGE = (Path(__file__).parents[2] / "tests" / "strange_server.py").read_text(encoding="utf-8")
MODE = """
import os, runpy
os.environ["MODE"] = {mode!r}
runpy.run_path("strange.py", None, "__main__")
"""


def new_shop(folder: Path) -> Repository:
    """A change of a server, which answers with the name of its revision."""
    made = new_repository(folder)
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
