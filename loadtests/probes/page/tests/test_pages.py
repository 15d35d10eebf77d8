"""Pages in a real browser: what is loaded, what is told of it, and what goes wrong."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.run.pages import Pages, read_pages
from contract.run.reading import read_run
from loadtests.engines.page_rounds import Visits, measure_pages
from loadtests.errors import MeasureError
from loadtests.machine.browsers import find_chromium
from loadtests.planning.pages import Page
from loadtests.planning.plan import load_plan
from loadtests.probes.page.address import Address
from loadtests.probes.page.chromium import running_chromium
from loadtests.probes.page.visit import Load, load_page
from loadtests.runner import measure

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]
CHROMIUM = find_chromium() or ""
TIMEOUT_S = 20.0

if not CHROMIUM:
    assert "VERSUS_REQUIRE_CHROMIUM" not in os.environ, "chromium is missing, and required here"
    pytest.skip("no chromium on this machine", allow_module_level=True)


@pytest.fixture(scope="module")
def pages_url() -> Iterator[str]:
    """Address of a server of pages."""
    script = Path(__file__).parents[4] / "loadtests" / "tests" / "pages_server.py"
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


def loads(folder: Path, *addresses: Address, timeout_s: float = TIMEOUT_S) -> list[Load]:
    """Load addresses one after the other in one browser."""

    async def in_turn() -> list[Load]:
        urls = [one.base_url for one in addresses]
        async with running_chromium(CHROMIUM, urls, folder) as browser:
            return [await load_page(browser, one, timeout_s) for one in addresses]

    return asyncio.run(in_turn())


def address(url: str, query: str, headers: Mapping[str, str] | None = None) -> Address:
    return Address(url, f"/page{query}", headers or {}, ("data-shown",), r"&X-Amz-Date=\d+")


def test_what_a_page_shows_and_asks_for(pages_url: str, tmp_path: Path) -> None:
    """Times since navigation, requests, and those that ask for what was asked for already."""
    plain, twice, signed = loads(
        tmp_path,
        address(pages_url, "?work=100"),
        address(pages_url, "?twice=1"),
        address(pages_url, "?signed=1"),
    )
    times = plain.times

    assert ["", "", ""] == [one.error for one in (plain, twice, signed)]
    assert [2, 3, 3] == [one.counts["requests"] for one in (plain, twice, signed)]
    assert [0, 1, 1] == [one.counts["requests_duplicate"] for one in (plain, twice, signed)]
    assert plain.counts["received_bytes"] < twice.counts["received_bytes"]
    assert 0 < times["response_s"] <= times["first_contentful_paint_s"]
    assert 0 < times["load_event_s"]
    assert 0.1 <= times["data_shown_s"] < TIMEOUT_S
    # What it shows at last is smaller than its heading, so that was the largest.
    assert times["largest_contentful_paint_s"] == pytest.approx(
        times["first_contentful_paint_s"], abs=1.0
    )


def test_a_page_knows_who_asks_and_nothing_of_earlier_loads(pages_url: str, tmp_path: Path) -> None:
    """Headers and token lie in the session, cookies go with the page; each load begins empty."""
    headers = {"Authorization": "Bearer abc", "Flags": "mode=new", "Cookie": "shop=7; b=2"}
    asked = Address(pages_url, "/whoami", headers, ("data-shown",))
    found = loads(tmp_path, asked, asked)
    held = [json.loads(one.error.partition("failed: ")[2]) for one in found]

    assert held[0] == held[1]
    assert 0 == held[0]["visits"]
    # A secret is taken out of what a page says, so its place alone is seen.
    assert ("abc", '{"Flags": "[removed]"}') == (held[0]["versus.token"], held[0]["versus.headers"])
    assert "[removed]; versus_session=abc" == held[0]["cookies"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?fault=mark", "the page says that it failed: no thing"),
        ("?fault=early", "data_shown_s is 0, not after navigation began"),
        ("?fault=throw", "uncaught: broken by"),
        ("?fault=print", "console: said in two lines"),
        ("?fault=missing", "GET /missing answered 404"),
        ("?fault=away", "GET / failed: net::ERR_NAME_NOT_RESOLVED"),
        ("?fault=silent", "not all of data-shown came within 2 s"),
        ("/../nowhere", "GET /nowhere answered 404"),
    ],
)
def test_a_wrong_page_says_what_is_wrong(
    pages_url: str, tmp_path: Path, query: str, told: str
) -> None:
    """It is an error, never a fast load, and what it says holds no secret."""
    (found,) = loads(
        tmp_path,
        address(pages_url, query, {"X-Key": "abc123"}),
        timeout_s=2 if "silent" in query else TIMEOUT_S,
    )

    assert found.error.startswith(told)
    assert "abc123" not in found.error
    assert {} == found.times


def test_a_service_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Nobody listens there."""
    (found,) = loads(tmp_path, address("http://127.0.0.1:9", ""))

    assert "ERR_CONNECTION_REFUSED" in found.error or "ERR_UNSAFE_PORT" in found.error


def page_of(*paths: str, name: str = "page", share: float = 1.0) -> Page:
    return Page(name, "", "/page", paths, ({},) * len(paths), ("data-shown",), None, share)


def measured(
    folder: Path, url: str, *pages: Page, seconds: float = 3.0, said: list[str] | None = None
) -> Pages:
    visits = Visits(pages, ("before", "after"), (url, url), {}, TIMEOUT_S)
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
            (page_of("/page", "/page"),), ("before", "after"), (pages_url,) * 2, {}, TIMEOUT_S
        )
        work = asyncio.ensure_future(
            measure_pages(CHROMIUM, visits, tmp_path, 60, 7, lambda _: None)
        )
        try:
            while not (mine := own_browsers()):  # noqa: ASYNC110 - nobody tells of a process
                await asyncio.sleep(0.05)
            # The first of them has started the others.
            min(mine, key=lambda one: one.create_time()).kill()
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
        found = [
            one
            for one in psutil.Process().children(recursive=True)
            if "chrom" in one.name() and one.status() != psutil.STATUS_ZOMBIE
        ]
        if not found or time.monotonic() >= deadline_s:
            return found
        time.sleep(0.05)


CONFIG = """
[target]
url = "{url}"

[variants.before]
page = {{ work = "40" }}
[variants.after]
page = {{ work = "{after}" }}

[[scenarios]]
name = "thing"
request = "GET /thing"

[[pages]]
name = "page"
path = "/page?work={{work}}"
marks = ["data-shown", "images-shown"]

[profiles.default]
measure_s = 0.5
pages_s = 3
suite_s = 0
"""


def test_a_run_holds_its_pages(tmp_path: Path) -> None:
    """They lie beside its samples, with a checksum; the server is one that Versus starts."""
    config = tmp_path / "versus.toml"
    command = [
        sys.executable,
        str(Path(__file__).parents[4] / "loadtests" / "tests" / "pages_server.py"),
        "{port}",
    ]
    text = CONFIG.format(url="", after="1").replace('url = ""', f"command = {json.dumps(command)}")
    config.write_text(text, encoding="utf-8")
    out = io.StringIO()
    ending = measure(load_plan(config, seed=1), ROOT, tmp_path / "runs", "", out)
    run = read_run(ending.folder)

    assert 0 == ending.exit_code, out.getvalue()
    assert {"pages.json", "pages.parquet"} <= run.record.files.keys()


def test_without_a_browser_all_else_is_measured(
    pages_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what is missing and how to get it."""
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG.format(url=pages_url, after="1"), encoding="utf-8")
    monkeypatch.setattr("loadtests.runner.find_chromium", lambda: None)
    out = io.StringIO()
    ending = measure(load_plan(config, seed=1), ROOT, tmp_path / "runs", "", out)

    assert 0 == ending.exit_code
    assert (
        "no page is loaded: Chromium is missing; install it so that it is on PATH" in out.getvalue()
    )


@pytest.mark.skipif(sys.platform != "linux", reason="certain on Linux alone")
@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGINT])
def test_no_browser_outlives_a_run(
    pages_url: str, tmp_path: Path, ended_by: signal.Signals
) -> None:
    """Versus itself is killed while a page is loaded, or somebody types Ctrl-C."""
    config = tmp_path / "versus.toml"
    text = CONFIG.format(url=pages_url, after="1").replace("pages_s = 3", "pages_s = 60")
    config.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "versus", "bench", "--config", str(config)]
    with subprocess.Popen(
        [*command, "--runs", str(tmp_path / "runs")],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as bench:
        own = psutil.Process(bench.pid)
        deadline_s = time.monotonic() + 60
        browsers: list[psutil.Process] = []
        while len(browsers) < 3 and time.monotonic() < deadline_s:
            time.sleep(0.1)
            browsers = [one for one in own.children(recursive=True) if "chrom" in one.name()]
        # A terminal's Ctrl-C reaches everything that was started with it.
        os.killpg(bench.pid, ended_by)
    _, alive = psutil.wait_procs(browsers, timeout=15)

    assert browsers
    assert (-9 if ended_by is signal.SIGKILL else 130) == bench.returncode
    assert [] == [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]
