"""Targets of every kind keep one contract, and each says what it is."""

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import psutil
import pytest

from loadtests.targets.target import Target, open_target
from loadtests.targets.tests.check_target import check_dies_with_parent, check_target
from loadtests.targets.tests.ways import WAYS, command, make_plan

SLOW = {"stack"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in WAYS]
)
def test_every_way_keeps_the_contract(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts ready, serves, reports its end, leaves nothing running, and explains a failure."""
    monkeypatch.chdir(tmp_path)
    check_target(WAYS[name], tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux signals children of a killed parent"
)
@pytest.mark.parametrize("name", WAYS)
def test_every_way_dies_with_its_parent(name: str, tmp_path: Path) -> None:
    """A killed run leaves nothing running."""
    check_dies_with_parent(name, tmp_path)


async def state_of(
    opening: AbstractAsyncContextManager[Target],
) -> tuple[Target, list[object], list[str]]:
    """A target, what its variants' servers say of themselves, and where its processes run."""
    async with opening as target, httpx.AsyncClient() as client:
        modes = [(await client.get(f"{url}/echo")).json()["mode"] for url in target.base_urls]
        folders = [psutil.Process(pid).cwd() for pid in target.pids.values()]
    return target, modes, folders


def test_one_command_serves_all_variants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs in its folder, with its environment."""
    monkeypatch.setenv("MINE", "given")
    (tmp_path / "sub").mkdir()
    settings = '\nenvironment = { MODE = "${MINE}" }\ncwd = "sub"\nready = "/echo"'
    plan = make_plan(tmp_path, command("serve") + settings)
    target, modes, folders = asyncio.run(state_of(open_target(plan, tmp_path, print)))

    assert (["given", "given"], [str(tmp_path / "sub")]) == (modes, folders)
    assert ({"start": "command"}, {"service"}) == (target.facts, set(target.pids))


def test_variants_can_have_commands_of_their_own(tmp_path: Path) -> None:
    """A variant's command replaces the target's; the order of starts is recorded."""
    own = [f'{command("serve")}\nenvironment = {{ MODE = "{name}" }}' for name in ("a", "b")]
    plan = make_plan(tmp_path, command("fail"), *own)
    target, modes, _ = asyncio.run(state_of(open_target(plan, tmp_path, print)))

    assert ["a", "b"] == modes
    assert {"service_before", "service_after"} == set(target.pids)
    assert target.facts["separate_servers"]
    assert {"before", "after"} == set(target.facts["start_order"])


def test_the_facts_of_a_url_are_its_address(tmp_path: Path) -> None:
    """One for all variants, or one for each."""

    async def facts() -> list[object]:
        async with WAYS["url"].open(tmp_path) as first:
            (url,) = set(first.base_urls)
            own = [f'url = "{address}"' for address in (url, f"{url}/sub")]
            plan = make_plan(tmp_path, "", *own)
            async with open_target(plan, tmp_path, print) as second:
                return [url, first.facts, second.facts]

    url, first, second = asyncio.run(facts())

    assert {"url": url} == first
    assert {"urls": {"before": url, "after": f"{url}/sub"}, "separate_servers": True} == second
