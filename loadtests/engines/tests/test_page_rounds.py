"""Rounds of pages in a real browser, and a browser that dies."""

import asyncio
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.run.pages import Pages, read_pages
from loadtests.engines.page_rounds import Visits, measure_pages
from loadtests.errors import MeasureError
from loadtests.planning.pages import Page
from loadtests.probes.page.tests.browsing import CHROMIUM, TIMEOUT_S, browsers_below, needs_chromium

pytestmark = [pytest.mark.slow, needs_chromium]


def page_of(*paths: str, name: str = "page", share: float = 1.0) -> Page:
    return Page(name, "", "/page", paths, ({},) * len(paths), ("data-shown",), None, share)


def measured(
    folder: Path, url: str, *pages: Page, seconds: float = 3.0, said: list[str] | None = None
) -> Pages:
    visits = Visits(pages, ("before", "after"), (url, url), {}, TIMEOUT_S, 2**26)
    lines = [] if said is None else said
    asyncio.run(measure_pages(CHROMIUM, visits, folder, seconds, 7, lines.append))
    found = read_pages(folder)
    assert found is not None
    return found


def test_rounds_hold_every_variant_once(pages_url: str, tmp_path: Path) -> None:
    """The first of each page warms up; then they go on until the time is up, in drawn order."""
    found = measured(
        tmp_path,
        pages_url,
        page_of("/page?work=1", "/page?work=2", name="one"),
        page_of("/page?work=3", "/page?work=4", name="two"),
    )
    rounds: dict[tuple[str, int], list[Any]] = {}
    for load in found.loads:
        rounds.setdefault((load.page, load.round), []).append(load)

    assert {"one", "two"} == {name for name, number in rounds if number == 1}
    for (_, number), of_round in rounds.items():
        assert {"before", "after"} == {load.variant for load in of_round}
        assert [0, 1] == [load.position for load in of_round]
        assert {number == 0} == {load.warmup for load in of_round}
    assert found.record.browser.startswith("Chromium ")
    assert 0 < found.record.measured_s


def test_a_page_that_fails_in_one_variant_ends_it_at_once(pages_url: str, tmp_path: Path) -> None:
    """Nobody waits for a whole minute of wrong loads, and it says which page and which variant."""
    with pytest.raises(MeasureError) as caught:
        measured(tmp_path, pages_url, page_of("/page", "/page?fault=mark"), seconds=60)
    found = read_pages(tmp_path)

    assert str(caught.value).startswith(
        "the page page failed in after: the page says that it failed: no thing. Look at"
    )
    assert found is not None
    assert 2 == len(found.loads)


def test_a_browser_that_dies_is_said(pages_url: str, tmp_path: Path) -> None:
    """What was loaded before is kept, and nothing of it runs any more."""

    async def killed() -> None:
        visits = Visits(
            (page_of("/page", "/page"),),
            ("before", "after"),
            (pages_url,) * 2,
            {},
            TIMEOUT_S,
            2**26,
        )
        work = asyncio.ensure_future(
            measure_pages(CHROMIUM, visits, tmp_path, 60, 7, lambda _: None)
        )
        try:
            while not (mine := own_browsers()):  # noqa: ASYNC110 - a process sends no event
                await asyncio.sleep(0.05)
            # The first of them has started the others.
            min(mine, key=lambda browser: browser.create_time()).kill()
            await work
        finally:
            work.cancel()

    with pytest.raises(MeasureError, match=r"the browser (died|.* does not start)"):
        asyncio.run(killed())
    assert [] == own_browsers(within_s=10)


def own_browsers(within_s: float = 0.0) -> list[psutil.Process]:
    """Browsers that descend from this process; waits for them to be gone so long at most."""
    deadline_s = time.monotonic() + within_s
    while True:
        found = browsers_below(psutil.Process())
        if not found or time.monotonic() >= deadline_s:
            return found
        time.sleep(0.05)
