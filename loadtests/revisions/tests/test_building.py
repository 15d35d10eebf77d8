"""Each revision is built by its own command, in its own folder."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from loadtests.revisions.building import build, build_once
from loadtests.revisions.builds import Recipe
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.tests.shop import answers, refused, target
from loadtests.revisions.worktrees import checked_out
from loadtests.tests.repositories import Repository

PYTHON = json.dumps(sys.executable)


def test_each_revision_is_built_where_it_runs(
    shop: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the build makes is its own, and what was meant for our own make is not its."""
    monkeypatch.setenv("MAKEFLAGS", "PYTHON=other")
    script = "cp server.py built.py; echo told:$MAKEFLAGS"
    build = f'\n[revisions]\nbuild = ["sh", "-c", "{script}"]\n'
    plan = shop.plan(target("built.py", "serve"), build)
    folder = shop.folder.parent

    assert ["one", "two"] == asyncio.run(answers(plan, shop.change(), folder))
    assert "told:\n" == (folder / "build_head.log").read_text()
    assert not (shop.folder / "shop" / "built.py").exists()


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ('["sh", "-c", "echo missing: tar; exit 3"]', "sh exited with 3; output: missing: t"),
        ('["/no/where"]', "where exited with 12"),
    ],
)
def test_a_build_that_fails_is_said(shop: Repository, build: str, expected: str) -> None:
    """Whose it was, the last line of its log, and where the others are."""
    error = refused(
        shop.plan(target("server.py", "serve"), f"\n[revisions]\nbuild = {build}\n"),
        shop,
    )

    assert (State.NOT_BUILT, 4) == (error.state, error.state.exit_code)
    assert f"head ({shop.change().head.short}): {expected}" in str(error)
    assert "build_head.log" in str(error)


def test_the_end_of_a_long_log_is_shown(tmp_path: Path) -> None:
    """Beside the line that tells most, without secrets of the build's own environment."""
    script = "echo error: no disk; echo token=$TOKEN; echo 1; echo 2; echo $TOKEN; exit 3"
    with pytest.raises(RevisionError) as caught:
        asyncio.run(
            build("base", ["sh", "-c", script], tmp_path, tmp_path / "log", {"TOKEN": "s3cr3t-5"})
        )

    expected = "base: sh exited with 3; output: error: no disk; its end: 1 | 2 | [removed]; see "
    assert expected in str(caught.value)


def test_a_folder_that_a_revision_lacks_is_said(tmp_path: Path) -> None:
    """It is not the program that is missing."""
    with pytest.raises(RevisionError, match=r"base: .*/gone is no folder ") as caught:
        asyncio.run(build("base", ["true"], tmp_path / "gone", tmp_path / "log"))

    assert State.NOT_BUILT == caught.value.state


def test_a_build_is_made_once(shop: Repository) -> None:
    """The second time it comes from the cache; both times a line says so."""
    said: list[str] = []

    async def work() -> None:
        said.append("working")

    for _ in range(2):
        with checked_out(shop.change(), said.append, recipe=Recipe(("make",))) as checkout:
            asyncio.run(build_once(checkout, "base", "base (1)", work, said.append))

    short = shop.change().base.short
    assert [
        "building base (1)",
        "working",
        "built base (1) in 0 s",
        f"base ({short}) comes from the cache of builds",
    ] == said
