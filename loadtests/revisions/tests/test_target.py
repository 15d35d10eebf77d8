"""Two revisions of a server are started and asked, each from its own files."""

import asyncio
from pathlib import Path

import httpx
import psutil
import pytest

from loadtests.planning.plan import load_plan
from loadtests.revisions.resolving import resolve
from loadtests.revisions.states import State
from loadtests.revisions.target import open_both
from loadtests.revisions.tests.shop import answers, refused, target
from loadtests.tests.repositories import Repository

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_each_revision_serves_its_own_code(shop: Repository) -> None:
    """Both at once, with one configuration, by paths that are relative or absolute."""
    folder = shop.folder.parent
    for word in ("server.py", str(shop.folder / "shop" / "server.py")):
        plan = shop.plan(target(word, "serve", more='ready = "/echo"'))
        found = asyncio.run(answers(plan, shop.change(), folder))

        assert ["one", "two"] == found, word
    assert (folder / "service_base.log").exists()
    assert (folder / "service_head.log").exists()


def test_a_revision_that_does_not_start_is_named(shop: Repository) -> None:
    """With its server's last words."""
    shop.commit("broken", {"shop/server.py": "raise SystemExit('no database')\n"})
    error = refused(shop.plan(target("server.py", "serve")), shop)

    assert (State.NOT_STARTED, 4) == (error.state, error.state.exit_code)
    assert "the service of head exited with 1; output: no database; see " in str(error)


def test_the_same_commit_is_measured_twice(shop: Repository) -> None:
    """Two processes, each from a worktree of its own."""
    plan = shop.plan(target("server.py", "serve"))
    change = shop.change("HEAD")

    async def folders() -> list[str]:
        async with open_both(plan, change, shop.folder.parent, print) as both:
            return [psutil.Process(both.pids[f"service_{side}"]).cwd() for side in change.commits]

    base, head = asyncio.run(folders())

    assert base != head


@pytest.mark.slow
@pytest.mark.alone
def test_two_revisions_of_the_reference_service_stand_on_one_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both answer whoever has the stack's token, from worktrees of this very shop."""
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
                    any(
                        word.startswith(f"{own.cwd}/")
                        for word in psutil.Process(both.pids[f"service_{own.name}"]).cmdline()[1:]
                    ),
                )
                for url, own in zip(both.base_urls, both.suite.variants, strict=True)
            ]

    (base, base_own), (head, head_own) = asyncio.run(asked())

    assert (200, 200) == (base.status_code, head.status_code)
    assert base.json() == head.json()
    assert "Versus-Cost" in base.headers
    assert (True, True) == (base_own, head_own)
