"""Loads pages in rounds: every variant's once, in random order, until the time is up.

A page that is loaded twice shares the state of browser, server and machine with its neighbour and
with no other, so the unit is the round, as with requests. One browser loads all: what it is like
from start to start befalls all variants alike. Each load has a context of its own, which is a new
process for the page and an empty cache.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.async_api import Browser, Error

from contract.run.pages import PageLoad, PageRecord, PagesRecord, write_pages
from loadtests.engines.allotment import has_time, time_left_s
from loadtests.errors import MeasureError
from loadtests.planning.pages import Page
from loadtests.planning.sequences import merged_headers
from loadtests.probes.page.address import Address
from loadtests.probes.page.chromium import running_chromium
from loadtests.probes.page.visit import load_page

ERRORS_MAX = 3
"""So many wrong loads end the rounds: the run is not valid any more."""
_REPORT_EVERY_S = 5.0


@dataclass(frozen=True)
class Visits:
    """What to load, and for whom.

    Attributes:
        variants: the baseline first.
        base_urls: where each of them answers.
        headers: that all of them send; they hold secrets.
        timeout_s: the longest wait for one load.
        body_bytes_max: the largest body of an answer, as decoded.
    """

    pages: tuple[Page, ...]
    variants: tuple[str, ...]
    base_urls: tuple[str, ...]
    headers: Mapping[str, str]
    timeout_s: float
    body_bytes_max: int

    def address(self, page: Page, variant: int) -> Address:
        """Where one variant's page is."""
        return Address(
            base_url=self.base_urls[variant],
            path=page.paths[variant],
            headers=merged_headers(self.headers, page.headers[variant]),
            marks=page.marks,
            ignore=page.ignore,
        )


async def measure_pages(
    program: str,
    visits: Visits,
    folder: Path,
    seconds: float,
    seed: int,
    say: Callable[[str], None],
) -> None:
    """Load pages for about so long, and write what came of it.

    Args:
        program: the browser.
        visits: what to load.
        folder: of the run; takes pages.json and pages.parquet.
        seconds: for all of it.
        seed: of the order within each round.
        say: takes a line of progress.

    Raises:
        MeasureError: the browser does not start or died, or pages fail.
    """
    began_s = time.monotonic()
    names = ", ".join(page.name for page in visits.pages)
    say(f"loading pages in a browser: {names} ({seconds:.0f} s)")
    async with running_chromium(program, visits.base_urls, folder) as browser:
        rounds = _Rounds(browser, visits, seed)
        try:
            # Nobody compares the first round: code is compiled, and the service's caches fill.
            for page in visits.pages:
                await rounds.play(page, warmup=True)
            rounds.check(errors_max=0)
            await rounds.play_for(seconds - (time.monotonic() - began_s), say)
        except Error as error:
            raise MeasureError(
                f"the browser died ({error.message.splitlines()[0]}). Is there memory left for it? "
                "Measure again."
            ) from None
        finally:
            if rounds.loads:
                write_pages(folder, rounds.record(), rounds.loads)


@dataclass
class _Rounds:
    """The rounds so far."""

    browser: Browser
    visits: Visits
    seed: int
    loads: list[PageLoad] = field(default_factory=list)
    measured_s: float = 0.0

    def __post_init__(self) -> None:
        # Five numbers, so that it is no coin of the schedule, the servers' start or a suite's.
        self._coins = np.random.default_rng([self.seed, 0, 0, 0, 3])
        self._began_s = time.monotonic()
        self._numbers = {page.name: 0 for page in self.visits.pages}

    async def play(self, page: Page, *, warmup: bool = False) -> float:
        """One round of a page; the seconds it took. One that was interrupted is none."""
        began_s = time.monotonic()
        number = self._numbers[page.name]
        of_round = []
        for position, index in enumerate(self._coins.permutation(len(self.visits.variants))):
            start_s = time.monotonic() - self._began_s
            loaded = await load_page(
                self.browser,
                self.visits.address(page, index),
                self.visits.timeout_s,
                self.visits.body_bytes_max,
            )
            of_round.append(
                PageLoad(
                    page=page.name,
                    variant=self.visits.variants[index],
                    round=number,
                    position=position,
                    warmup=warmup,
                    start_s=start_s,
                    error=loaded.error,
                    times=loaded.times,
                    counts=loaded.counts,
                )
            )
        self.loads += of_round
        self._numbers[page.name] += 1
        took_s = time.monotonic() - began_s
        self.measured_s += 0.0 if warmup else took_s
        return took_s

    async def play_for(self, seconds: float, say: Callable[[str], None]) -> None:
        """Rounds of all pages by turns, each page as long as its share of the time lasts."""
        spent_s = {page.name: 0.0 for page in self.visits.pages}
        longest_s = dict(spent_s)
        rounds = dict.fromkeys(spent_s, 0)

        def goes_on(page: Page) -> bool:
            name = page.name
            return has_time(rounds[name], spent_s[name], longest_s[name], page.share * seconds)

        reported_s = time.monotonic()
        while left := [page for page in self.visits.pages if goes_on(page)]:
            page = min(left, key=lambda page: spent_s[page.name] / page.share)
            took_s = await self.play(page)
            spent_s[page.name] += took_s
            longest_s[page.name] = max(longest_s[page.name], took_s)
            rounds[page.name] += 1
            self.check(errors_max=ERRORS_MAX - 1)
            if time.monotonic() - reported_s >= _REPORT_EVERY_S:
                reported_s = time.monotonic()
                counted = ", ".join(f"{name} {count}" for name, count in rounds.items())
                left_s = sum(
                    time_left_s(rounds[page.name], spent_s[page.name], page.share * seconds)
                    for page in self.visits.pages
                )
                say(f"pages: rounds of {counted} · about {left_s:.0f} s left")

    def check(self, errors_max: int) -> None:
        """Make sure that there is something to compare.

        Raises:
            MeasureError: more loads than that were wrong; it names the last one's page and variant.
        """
        wrong = [load for load in self.loads if load.error]
        if len(wrong) > errors_max:
            last = wrong[-1]
            several = f"; {len(wrong)} loads failed" if len(wrong) > 1 else ""
            raise MeasureError(
                f"the page {last.page} failed in {last.variant}: {last.error}{several}. Look at "
                "it in a browser, or at the service's log"
            )

    def record(self) -> PagesRecord:
        """How these were loaded."""
        return PagesRecord(
            browser=f"Chromium {self.browser.version}",
            variants=self.visits.variants,
            pages=tuple(
                PageRecord(
                    name=page.name, description=page.description, path=page.path, marks=page.marks
                )
                for page in self.visits.pages
            ),
            measured_s=self.measured_s,
        )
