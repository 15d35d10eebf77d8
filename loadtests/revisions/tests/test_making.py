"""Each revision is built and prepared for itself; where both fail, the head is named."""

import asyncio
import json

import pytest

from loadtests.revisions.making import Making
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.tests.shop import target
from loadtests.revisions.worktrees import checked_out
from loadtests.tests.repositories import Repository


def make(repository: Repository, build: list[str], prepare: list[str]) -> None:
    revisions = f"build = {json.dumps(build)}\nprepare = {json.dumps(prepare)}\n"
    plan = repository.plan(target("server.py"), f"\n[revisions]\n{revisions}")
    change = repository.change()

    async def made() -> None:
        with checked_out(change, print) as checkout:
            making = Making(plan, change, checkout, repository.folder.parent, print)
            await making.build()
            await making.prepare()

    asyncio.run(made())


def test_gaps_are_filled_in_build_and_prepare(shop: Repository) -> None:
    """With the side, the whole commit, and the top folder of its files."""
    out = shop.folder.parent / "out"
    line = f"echo NAME {{side}} {{commit}} $(cd {{worktree}} && pwd) >>{out}"
    make(shop, *(["sh", "-c", line.replace("NAME", name)] for name in ("build", "prepare")))
    rows = [line.split() for line in out.read_text(encoding="utf-8").splitlines()]
    change = shop.change()

    assert [
        [name, side, commit.id]
        for name in ("build", "prepare")
        for side, commit in change.commits.items()
    ] == [row[:3] for row in rows]
    assert all(row[3].endswith(f"/{row[1]}-{row[2][:12]}") for row in rows)


@pytest.mark.parametrize(
    ("fails_in", "state", "title"),
    [
        ("base", State.UNUSABLE_BASE, "base"),
        ("head", State.NOT_BUILT, "head"),
        ("base head", State.NOT_BUILT, "head"),
    ],
)
@pytest.mark.parametrize("step", ["build", "prepare"])
def test_a_base_that_cannot_be_made_is_no_usable_base(
    shop: Repository, fails_in: str, state: State, title: str, step: str
) -> None:
    """A head that cannot is to blame, also where both cannot."""
    fails = ["sh", "-c", f"case ' {fails_in} ' in *' {{side}} '*) echo missing: tar; exit 3; esac"]
    commands = {"build": ["true"], "prepare": ["true"]} | {step: fails}
    with pytest.raises(RevisionError) as caught:
        make(shop, **commands)

    assert state is caught.value.state
    assert f"{title} (" in str(caught.value)
    assert "): sh exited with 3; output: missing: tar; see " in str(caught.value)


@pytest.mark.parametrize(
    ("build", "refused"),
    [
        (["sh", "-c", "python3 -m venv .venv && .venv/bin/pip install ."], False),
        (["sh", "-c", "pip install -t lib ."], False),
        ([".venv/bin/python", "-m", "pip", "install", "."], False),
        (["/env/bin/pip", "install", "--target", "lib", "."], False),
        (["/env/bin/pip", "download", "."], False),
        (["/env/bin/pip3", "--quiet", "install", "."], True),
        (["/env/bin/python3.11", "-m", "pip", "install", "."], True),
        (["sh", "-c", "make x; /env/bin/python -m pip --quiet install -e ."], True),
        (["sh", "-c", "'/env/bin/pip' install ."], True),
    ],
)
@pytest.mark.slow
def test_an_environment_outside_is_refused_before_anything_is_installed(
    shop: Repository, build: list[str], *, refused: bool
) -> None:
    """Whatever installs by a pip of the copy's own, or by one that no path names, may go on."""
    with pytest.raises(RevisionError) as caught:
        make(shop, [*build, "; exit 1"], ["true"])

    assert refused == ("installs into /env/bin, which both" in str(caught.value))
