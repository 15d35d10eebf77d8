"""The documentation as a site: `make docs` builds it, and it needs nothing from elsewhere."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
import typer
from playwright.sync_api import Browser, Page

from docs.site.build import INDEX, ROOT, SITE, navigation, pages, with_source, with_titles
from docs.site.links import Page as ReadPage
from docs.site.links import faults
from docs.site.names import Name, with_anchors
from versus import app

TABLE = """
## `[load]`

| key | meaning | default |
|---|---|---|
| `rate`, `rows` | how *often*, see [below](#x) | 1 |
| `rate` | again | |
"""


def test_each_name_of_a_table_is_its_own_anchor() -> None:
    """The anchor is heading and name; the second one of the same name has another."""
    names: list[Name] = []
    text = with_anchors(TABLE, names)

    assert ["load.rate", "load.rows", "load.rate_"] == [name.anchor for name in names]
    assert Name("`[load]`", "load.rows", "rows", "how *often*, see below: 1") == names[1]
    assert "[`rows`](#load.rows){ #load.rows } | how *often*, see [below](#x) | 1 |" in text
    assert "|---|---|---|" in text


def test_a_term_is_a_name_without_being_code() -> None:
    """The glossary's terms have anchors, too."""
    names: list[Name] = []
    text = with_anchors("| term | meaning |\n|---|---|\n| base, head | two |", names)

    assert ["base, head"] == [name.text for name in names]
    assert text.endswith("| [base, head](#.base-head){ #.base-head } | two |")


def test_other_columns_name_nothing() -> None:
    """Words of code elsewhere in a table stay as they are."""
    names: list[Name] = []
    text = "| what | when |\n|---|---|\n| `x` | `y` |"

    assert text == with_anchors(text, names)
    assert [] == names


@pytest.mark.parametrize(
    ("source", "led"),
    [("..", "../../versus.py"), ("https://example.org/tree", "https://example.org/tree/versus.py")],
)
def test_a_link_out_of_the_documentation_leads_to_the_source(source: str, led: str) -> None:
    """Beside the site or at an address; links to pages and pictures stay."""
    page = Path("docs", "gate.md")
    text = "[a](../versus.py) [b](ci.md#github) [c](#d) [e](../README.md) ![f](report.png)"

    assert text.replace("../versus.py", led) == with_source(page, text, source)


def test_a_link_shows_a_title_instead_of_a_file() -> None:
    """Where GitHub shows the name of a page's file; other words stay."""
    titles = {ROOT / "docs" / "gate.md": "Judge a run"}
    text = "[gate.md](gate.md), [docs/gate.md](../docs/gate.md#x), [judging](gate.md)"

    assert (
        "[Judge a run](gate.md), [Judge a run](../docs/gate.md#x), [judging](gate.md)"
        == with_titles(Path("docs", "ci.md"), text, titles)
    )


def test_the_navigation_has_every_page() -> None:
    """The groups of docs/README.md, and the pages of each."""
    nav = navigation(INDEX.read_text("utf-8"))

    for title in ("Tutorial", "How-to guides", "Reference", "Explanation"):
        assert f'{{ "{title}" = [' in nav
    assert [page.as_posix() for page in pages()] == sorted(re.findall(r'"([^"]+\.md)"', nav))


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ('<a href="other.html#here">', ""),
        ('<a href="other.html#there">', "no such heading"),
        ('<a href="nothing.html">', "no such file"),
        ('<img src="nothing.png">', "no such file"),
        ('<a href="https://example.org">', ""),
        ('<script src="https://example.org/x.js">', "is loaded from elsewhere"),
        ('<link href="//example.org/x.css">', "is loaded from elsewhere"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(target: str, fault: str, tmp_path: Path) -> None:
    """Missing files, missing headings, and what would need a network."""
    (tmp_path / "other.html").write_text('<h1 id="here">')
    (tmp_path / "page.html").write_text(target)

    assert [fault] * bool(fault) == [line.split(": ")[-1] for line in faults(tmp_path)]


def test_the_pictures_are_small() -> None:
    """All pictures of docs/ together have less than 1 MB."""
    assert 1_000_000 > sum(picture.stat().st_size for picture in (ROOT / "docs").glob("*.png"))


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built as a person builds it; a link that leads nowhere fails this."""
    done = subprocess.run(
        ["make", "docs"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return SITE


@pytest.mark.slow
def test_every_option_and_key_has_an_anchor_and_is_found(site: Path) -> None:
    """The search has an entry for each option of each command and each key of versus.toml."""
    search = json.loads((site / "search.json").read_text("utf-8"))["items"]
    places = {item["location"] for item in search}
    schema = json.loads((ROOT / "docs" / "versus.schema.json").read_text("utf-8"))
    keys = {key for one in schema["$defs"].values() for key in one["properties"]}
    command = typer.main.get_command(app)
    options = {
        max(parameter.opts, key=len)
        for part in command.commands.values()  # type: ignore[attr-defined] # a group has them
        for parameter in part.params
    }
    options = {option for option in options if option.startswith("--")} - {"--help"}

    assert {"--base", "--json"} <= options
    assert {"measure_s", "ratio_max"} <= keys
    for page, names in (("commands.html", options), ("configuration.html", keys)):
        anchors = ReadPage(site / "docs" / page).anchors
        found = {anchor for anchor in anchors if f"docs/{page}#{anchor}" in places}
        assert set() == names - {anchor.split(".")[-1] for anchor in found}


def results(page: Page, words: str) -> list[str]:
    """Where the search leads, best first."""
    page.keyboard.press("/")
    page.keyboard.type(words)
    found = page.locator("a[href*='h=']")
    found.first.wait_for()
    return [
        unescape(str(link.get_attribute("href"))).split("/site/")[-1] for link in found.all()[:3]
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("measure_s", "docs/configuration.html?h=measure_s#profilesname.measure_s"),
        ("--locustfile", "docs/commands.html?h=--locustfile#options.--locustfile"),
        ("canary", "docs/glossary.html?h=canary#what-is-compared.canary"),
    ],
)
def test_the_search_works_without_a_server(
    words: str, place: str, site: Path, browser: Browser
) -> None:
    """Opened as a file, an option, a key or a term is among the first three results."""
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())

    assert place in results(page, words)
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [
        ["index.html", "docs/commands.html", "docs/results.html"],
        pytest.param(["**/*.html"], id="all", marks=pytest.mark.long),
    ],
)
def test_a_page_fits_and_needs_no_network(names: list[str], site: Path, browser: Browser) -> None:
    """No page is wider than the window, and none loads anything but files of the site."""
    page = browser.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path in (path for name in names for path in sorted(site.glob(name))):
        page.goto(path.as_uri())
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.close()

    assert [] == [url for url in requested if not url.startswith((site.as_uri(), "data:"))]
    assert [] == errors
