"""The contract suite of targets: what every way to start or reach a service must do."""

import asyncio
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import httpx
import psutil
import pytest

from loadtests.revisions.states import RevisionError
from loadtests.targets.servers import TargetError
from loadtests.targets.tests.ways import ROOT, Way

END_WITHIN_S = 20.0


def check_target(way: Way, folder: Path) -> None:
    """It starts ready, serves, reports its end, leaves nothing running, and explains a failure."""
    asyncio.run(_check_serving(way, _new_folder(folder / "serving")))
    _check_failure(way, _new_folder(folder / "broken"))


def check_dies_with_parent(name: str, folder: Path) -> None:
    """When the process that opened it is killed, all that it has started ends."""
    holding = subprocess.Popen(
        [sys.executable, "-m", "loadtests.targets.tests.ways", name, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holding.stdout is not None
    holding.stdout.readline()
    # Not the holder's guards, which end after what they guard.
    started = [one for one in _family([holding.pid]) if one.pid != holding.pid]
    holding.kill()
    holding.communicate()

    assert started
    assert [] == _left(started)


async def _check_serving(way: Way, folder: Path) -> None:
    async with way.open(folder) as target:
        started = _family(target.pids.values())
        async with httpx.AsyncClient(headers=target.headers, trust_env=False) as client:
            answers = [await client.get(f"{url}{way.path}") for url in target.base_urls]
            assert [200, 200] == [answer.status_code for answer in answers]
            assert way.servers == len(set(target.base_urls))
            assert (way.is_started, False) == (bool(target.pids), target.died.done())
    assert [] == _left(started)
    if way.is_started:
        await _check_death(way, _new_folder(folder.with_name("dying")))


async def _check_death(way: Way, folder: Path) -> None:
    async with way.open(folder) as target:
        started = _family(target.pids.values())
        psutil.Process(next(iter(target.pids.values()))).kill()
        assert await asyncio.wait_for(asyncio.shield(target.died), END_WITHIN_S)
    assert [] == _left(started)


def _check_failure(way: Way, folder: Path) -> None:
    async def run() -> None:
        async with way.open_broken(folder):
            raise AssertionError("it cannot be ready")

    before = set(_family([psutil.Process().pid]))
    with pytest.raises((TargetError, RevisionError), match=way.failure) as caught:
        asyncio.run(run())

    assert 1 == len(str(caught.value).splitlines())
    assert [] == _left(set(_family([psutil.Process().pid])) - before)


def _new_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _family(pids: Iterable[int]) -> list[psutil.Process]:
    parents = [psutil.Process(pid) for pid in pids]
    return [one for parent in parents for one in (parent, *parent.children(recursive=True))]


def _left(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run after a while."""
    _, alive = psutil.wait_procs(list(processes), timeout=END_WITHIN_S)
    return [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]
