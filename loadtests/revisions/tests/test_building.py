"""Each revision is built by its own command, in its own folder."""

import asyncio
import json
import sys

import pytest

from loadtests.revisions.states import State
from loadtests.revisions.tests.shop import answers, refused, target
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
