"""The page in a real browser: what a reader, a keyboard and a screen reader get."""

import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from reports.history.entry import entry_json
from reports.history.history import publish_history
from reports.history.places import Folder
from reports.history.tests.entries import gate
from reports.publish import compare_runs_of, publish
from reports.tests.hostile import hostile_run
from reports.tests.loads import pages_of, run_with
from reports.tests.runs import Behaviour, LoadMade, Made, Scenario, make_load_run, make_run

pytestmark = pytest.mark.slow

SCENARIOS = (
    Scenario("b list", {"baseline": Behaviour(0.02), "optimized": Behaviour(0.03)}),
    Scenario("a list", {"baseline": Behaviour(0.07), "optimized": Behaviour(0.002)}),
    Scenario("c list", {"baseline": Behaviour(0.01), "optimized": Behaviour(0.01)}, canary=True),
)
LOADED = {"list": {"baseline": Behaviour(0.02), "optimized": Behaviour(0.01)}}
WIDTHS = (1280, 390)
KINDS = ("valid", "broken", "empty", "load", "pages", "history", "gates", "compared")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published run of three scenarios."""
    folder = make_run(tmp_path_factory.mktemp("runs") / "run", Made(SCENARIOS))
    publish(folder, io.StringIO())
    return folder / "report.html"


@pytest.fixture(scope="module")
def pages(report: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every kind of page: valid, broken, empty, under load, of pages, histories, two runs."""
    folder = tmp_path_factory.mktemp("pages")
    broken = {"state": "invalid", "reasons": ("the service died",)}
    made = {
        "broken": Made(SCENARIOS, changes=broken),
        "empty": Made(tuple(replace(one, rounds=0, warmup_rounds=0) for one in SCENARIOS)),
    }
    found = {"valid": report}
    for name, one in made.items():
        publish(make_run(folder / name, one), io.StringIO())
        found[name] = folder / name / "report.html"
    publish(make_load_run(folder / "load", LoadMade(LOADED)), io.StringIO())
    found["load"] = folder / "load" / "report.html"
    publish(run_with(folder / "pages", pages_of(14, 0.5)), io.StringIO())
    found["pages"] = folder / "pages" / "report.html"
    publish_history(Folder(report.parent.parent), report.parent.parent, io.StringIO())
    found["history"] = report.parent.parent / "history.html"
    gates = [gate(at, 1.01, at, at + 1) for at in (0, 1, 2, 5, 6)]
    (folder / "gates").mkdir()
    for at, one in enumerate([*gates, gate(9, 1.1, 7, 8, machine="m2")]):
        (folder / "gates" / f"{at}.json").write_bytes(entry_json(one))
    publish_history(Folder(folder / "gates"), folder / "gates", io.StringIO())
    found["gates"] = folder / "gates" / "history.html"
    found["compared"] = folder / "compared.html"
    later = make_run(folder / "later", Made(SCENARIOS, seed=2))
    compare_runs_of(report.parent, later, io.StringIO(), found["compared"])
    return found


def opened(
    browser: Browser,
    path: Path,
    width: int = 1280,
    scheme: str = "light",
    *,
    unfolded: bool = True,
) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page.goto(path.as_uri())
    # As if everything had been scrolled to: what is not laid out neither overflows nor says a word.
    page.evaluate(
        "document.querySelectorAll('section').forEach("
        "one => { one.style.contentVisibility = 'visible'; })"
    )
    if unfolded:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    return page


def test_what_nobody_has_scrolled_to_is_not_laid_out(browser: Browser, report: Path) -> None:
    """The first screen stands sooner for it, and a link from afar still finds its place."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{report.as_uri()}#again")
    page.wait_for_function(
        "Math.abs(document.querySelector('#again').getBoundingClientRect().top) < 900"
    )
    skipped = page.evaluate("getComputedStyle(document.querySelector('section')).contentVisibility")
    page.close()

    assert "auto" == skipped


@pytest.mark.parametrize("width", WIDTHS)
def test_the_first_screen_holds_the_answer(browser: Browser, report: Path, width: int) -> None:
    """A folded page is short, a link opens what it leads to, and no row is cut."""
    page = opened(browser, report, width, unfolded=False)
    height = page.evaluate("document.documentElement.scrollHeight")
    chip = page.locator(".chip").bounding_box()
    cut = page.evaluate(
        "[...document.querySelectorAll('.changes td')]"
        ".filter(one => one.scrollWidth > one.clientWidth + 1).length"
    )
    page.locator(".changes a").first.click()
    section = page.url.partition("#")[2]
    page.wait_for_function(f"document.getElementById('{section}').closest('details').open")
    page.close()

    assert height < 6_000
    assert chip is not None
    assert chip["y"] < 120
    assert 0 == cut


def first_column(page: Page) -> list[str]:
    return page.locator("#verdicts tbody tr th").all_text_contents()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(
    browser: Browser, pages: dict[str, Path], kind: str, scheme: str
) -> None:
    """Contrast, names, landmarks, order of headings; everything unfolded."""
    page = opened(browser, pages[kind], scheme=scheme)
    found = Axe().run(page)
    page.close()

    assert 0 == found.violations_count, found.generate_report()


def test_tables_sort_by_their_heads(browser: Browser, report: Path) -> None:
    """Up, down and back to the order of importance; numbers as numbers; the head says which."""
    page = opened(browser, report)
    important = first_column(page)
    head = page.locator("#verdicts thead th").first
    seen, told = [], []
    for _ in range(3):
        head.locator("button").click()
        seen.append(first_column(page))
        told.append(head.get_attribute("aria-sort"))
    page.locator("#verdicts thead th", has_text="baseline").locator("button").click()
    by_latency = first_column(page)
    page.close()

    assert "b list" == important[0]
    assert [sorted(important), sorted(important, reverse=True), important] == seen
    assert ["ascending", "descending", None] == told
    assert ["c list", "b list", "a list"] == list(dict.fromkeys(by_latency))


def test_a_keyboard_sorts_and_a_link_keeps_it(browser: Browser, report: Path) -> None:
    """The order stands in the address, so that it can be passed on."""
    page = opened(browser, report)
    page.locator("#verdicts thead th button").first.focus()
    page.keyboard.press("Enter")
    address, sorted_rows = page.url, first_column(page)
    page.close()
    again = browser.new_page()
    again.goto(address)
    rows = first_column(again)
    again.close()

    assert address.endswith("#sort=verdicts~0~ascending")
    assert sorted(rows) == sorted_rows == rows


@pytest.mark.parametrize("told", ["#sort=verdicts~99~ascending", "#sort=x~0~up", "#sort=%00~~"])
def test_a_strange_address_changes_nothing(browser: Browser, report: Path, told: str) -> None:
    """Whoever passes on an address may have written anything into it."""
    errors: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(error.message))
    page.goto(report.as_uri() + told)
    rows = first_column(page)
    page.close()

    assert [] == errors
    assert "b list" == rows[0]


def test_without_a_script_nothing_is_missing(browser: Browser, report: Path) -> None:
    """All that is said with one is said without."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    without = page.locator("main").text_content()
    context.close()
    page = opened(browser, report)
    said = page.locator("main").text_content()
    page.close()

    assert without
    assert re.findall(r"\S+", without) == re.findall(r"\S+", said or "")


def test_the_numbers_can_be_taken_along(browser: Browser, report: Path) -> None:
    """What is saved is the file beside the page, with the checksum that stands there."""
    page = opened(browser, report)
    told = page.locator(".downloads").inner_text()
    contents = {}
    for name in ("comparison.json", "comparison.csv"):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name).click()
        contents[name] = Path(waiting.value.path()).read_bytes()
    page.close()

    assert {name: (report.parent / name).read_bytes() for name in contents} == contents
    for content in contents.values():
        assert hashlib.sha256(content).hexdigest() in told


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_page_scrolls_sideways(
    browser: Browser, pages: dict[str, Path], kind: str, width: int
) -> None:
    """Wide tables and charts scroll inside themselves."""
    page = opened(browser, pages[kind], width)
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.close()

    assert overflow <= 0


@pytest.mark.parametrize("kind", ["valid", "gates", "compared"])
def test_paper_shows_what_is_folded(browser: Browser, pages: dict[str, Path], kind: str) -> None:
    """Nothing can be opened on paper."""
    page = opened(browser, pages[kind], unfolded=False)
    page.emulate_media(media="print")
    hidden = page.evaluate(
        "[...document.querySelectorAll('details table')]"
        ".filter(one => one.getBoundingClientRect().height === 0).length"
    )
    page.close()

    assert 0 == hidden


@pytest.mark.parametrize("which", ["ordinary", "hostile"])
def test_a_browser_shows_the_page_and_nothing_else(
    browser: Browser, which: str, report: Path, tmp_path: Path
) -> None:
    """No dialog, no request, no complaint, and no sideways scrolling on a telephone."""
    if which == "hostile":
        publish(hostile_run(tmp_path), io.StringIO())
        report = tmp_path / "report.html"
    events: list[str] = []
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    tab.on("dialog", lambda dialog: events.append(dialog.message))
    tab.on("console", lambda message: events.append(message.text))
    tab.on("request", lambda request: events.append(request.url))
    tab.goto(report.as_uri())
    overflow = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
    tab.close()

    assert [report.as_uri()] == events
    assert overflow <= 0
