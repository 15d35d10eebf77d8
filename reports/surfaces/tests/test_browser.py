"""The page in a real browser: what a reader, a keyboard and a screen reader get."""

import gzip
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
    for at, entry in enumerate([*gates, gate(9, 1.1, 7, 8, machine="m2")]):
        (folder / "gates" / f"{at}.json").write_bytes(entry_json(entry))
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
        contents[name] = gzip.decompress(Path(waiting.value.path()).read_bytes())
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


def shown_values(page: Page) -> list[str]:
    """The lines of values that a reader sees."""
    lines: list[str] = page.evaluate(
        "[...document.querySelectorAll('[role=option] text')]"
        ".filter(one => getComputedStyle(one).opacity === '1'"
        " && getComputedStyle(one).visibility === 'visible').map(one => one.textContent)"
    )
    return lines


def stops(page: Page, chart: str) -> list[str]:
    """Where the Tab key stops inside a chart, by the values shown there."""
    page.evaluate(
        f"document.querySelector('{chart}').closest('.charts').querySelector('input').focus()"
    )
    found = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.closest('{chart}') !== null"):
            found.append(" ".join(shown_values(page)))
        elif found:
            break
    return found


CHART = "#latency-1-b-list"


def test_a_chart_is_one_stop_and_arrows_move_inside(browser: Browser, report: Path) -> None:
    """Values and counts are seen at each place, and so is the place."""
    page = opened(browser, report)
    (first,) = stops(page, CHART)
    values = page.locator(f"{CHART} [role=option]")
    values.first.focus()
    seen = []
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "End", "ArrowDown", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(" ".join(shown_values(page)).partition(":")[0])
    shade = page.evaluate("getComputedStyle(document.activeElement.firstChild).fillOpacity")
    again = stops(page, CHART)
    hint = page.locator(f"{CHART} .hint").is_visible()
    page.close()

    assert re.fullmatch(r"p5 of 400 requests: baseline [\d.]+ ms; optimized [\d.]+ ms", first)
    assert [
        *("p25 of 400 requests", "p50 of 400 requests", "p25 of 400 requests"),
        *("optimized, 400 requests", "optimized, 400 requests"),
        *("p5 of 400 requests", "p5 of 400 requests"),
    ] == seen
    assert float(shade) > 0
    assert [first] == again
    assert hint


def test_without_a_script_each_value_is_a_stop(browser: Browser, report: Path) -> None:
    """Nothing is out of reach of a keyboard."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    values = page.locator(f"{CHART} [role=option]")
    reached = [values.nth(place).get_attribute("tabindex") for place in range(values.count())]
    page.locator("summary:has(#scenario-1-b-list)").click()
    values.nth(2).focus()
    opacity = (
        page.locator(f"{CHART} [role=option] text")
        .nth(2)
        .evaluate("one => getComputedStyle(one).opacity")
    )
    context.close()

    assert ["0"] * 9 == reached
    assert "1" == opacity


def test_who_points_at_a_chart_sees_values(browser: Browser, report: Path) -> None:
    """Those of the part below the pointer, also while another one has the focus."""
    page = opened(browser, report)
    values = page.locator(f"{CHART} [role=option]")
    values.nth(0).focus()
    values.nth(3).locator("path").hover(position={"x": 30, "y": 5})
    seen = shown_values(page)
    hint = page.evaluate(f"getComputedStyle(document.querySelector('{CHART} .hint')).visibility")
    page.mouse.move(0, 0)
    left = shown_values(page)
    page.close()

    assert ["p75 of 400 requests"] == [one.partition(":")[0] for one in seen]
    assert "hidden" == hint
    assert ["p5 of 400 requests"] == [one.partition(":")[0] for one in left]


@pytest.mark.parametrize("script", [True, False])
def test_the_axis_is_chosen(browser: Browser, report: Path, script: bool) -> None:
    """For all scenarios at once; without a script, for each one."""
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(report.as_uri())
    for name in ("b", "a"):
        page.locator(f"summary:has(#scenario-{1 if name == 'b' else 2}-{name}-list)").click()
    charts = [page.locator(one) for one in (CHART, "#latency-2-a-list")]
    chosen = []
    for _ in range(3):
        chosen.append([one.get_by_text("latency (log scale)").is_visible() for one in charts])
        assert chosen[-1] != [one.get_by_text("latency", exact=True).is_visible() for one in charts]
        page.get_by_label("linear axis").first.click()
    context.close()

    assert [[True, True], [False, not script], [True, True]] == chosen
