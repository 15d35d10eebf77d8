"""Builds the documentation as a site that needs no network: docs/ and the pages beside it.

The pages are those that GitHub shows. A copy of them gets what only the site has: an anchor for
each key and option, and links to the source where a page leads out of the documentation.

    python -m docs.site.build [SOURCE]

SOURCE is where the repository is: an address, or a path as seen from the site; by default the
folder that the site lies in. The result is site/. Ends with 1 where a link leads nowhere.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from docs.site.links import faults
from docs.site.names import Name, search_item, with_anchors

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
WORK = ROOT / ".tools" / "site"
SITE = ROOT / "site"
INDEX = ROOT / "docs" / "README.md"

FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
FILE_LINK = re.compile(r"\[[\w/-]+\.md\]\(([^()#\s]+)(#[^()\s]*)?\)")
ENTRY = re.compile(r"^- \[([^\]]+)\]\(([^)]+\.md)\)", re.MULTILINE)


def pages() -> list[Path]:
    """The pages of the site, seen from the repository."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "examples" / "README.md"]
    return sorted(page.relative_to(ROOT) for page in found)


def page_titles(index: str) -> dict[Path, str]:
    """The title of each page, by its file; as docs/README.md has them."""
    found = {(INDEX.parent / page).resolve(): title for title, page in ENTRY.findall(index)}
    return {ROOT / "README.md": "Versus", INDEX: "All pages", **found}


def navigation(index: str) -> str:
    """The groups of docs/README.md and their pages, as TOML."""
    top, *parts = index.split("\n## ")
    groups = [entry(path, title) for path, title in page_titles(top).items()]
    for part in parts:
        found = [((INDEX.parent / page).resolve(), title) for title, page in ENTRY.findall(part)]
        entries = [entry(path, title) for path, title in found]
        groups.append(f'{{ "{part.splitlines()[0].split(":")[0]}" = [{", ".join(entries)}] }}')
    return f"nav = [{', '.join(groups)}]\n"


def entry(path: Path, title: str) -> str:
    """A page in the navigation."""
    return f'{{ "{title}" = "{path.relative_to(ROOT).as_posix()}" }}'


def with_source(page: Path, text: str, source: str) -> str:
    """A page's text, in which links out of the documentation lead to the source."""

    def lead(link: re.Match[str]) -> str:
        target = link[1].split("#")[0]
        path = (ROOT / page.parent / target).resolve()
        if not target or urlsplit(target).scheme or (path.is_file() and is_copied(path)):
            return link[0]
        to_site = "" if urlsplit(source).scheme else "../" * (len(page.parts) - 1)
        return f"]({to_site}{source}/{path.relative_to(ROOT).as_posix()})"

    return LINK.sub(lead, text)


def with_titles(page: Path, text: str, titles: dict[Path, str]) -> str:
    """A page's text, in which links that show the name of a page's file show its title."""

    def show(link: re.Match[str]) -> str:
        title = titles.get((ROOT / page.parent / link[1]).resolve())
        return f"[{title}]({link[1]}{link[2] or ''})" if title else link[0]

    return FILE_LINK.sub(show, text)


def is_copied(path: Path) -> bool:
    """Whether the site has this file of the repository."""
    return path.relative_to(ROOT) in pages() or path.is_relative_to(ROOT / "docs")


def prepare(source: str) -> dict[Path, list[Name]]:
    """Write the pages and the settings from which the site is made; the names of each page."""
    shutil.rmtree(WORK, ignore_errors=True)
    copy = WORK / "source"
    shutil.copytree(ROOT / "docs", copy / "docs", ignore=shutil.ignore_patterns("*.md", "site"))
    index = INDEX.read_text(encoding="utf-8")
    titles = page_titles(index)
    names: dict[Path, list[Name]] = {}
    for page in pages():
        parts = FENCE.split((ROOT / page).read_text(encoding="utf-8"))
        names[page] = []
        # Every second part is a block of code.
        for at in range(0, len(parts), 2):
            text = with_titles(page, parts[at], titles)
            parts[at] = with_anchors(with_source(page, text, source), names[page])
        (copy / page).parent.mkdir(parents=True, exist_ok=True)
        (copy / page).write_text("".join(parts), encoding="utf-8")
    for name in ("site.css", "iframe-worker.js"):
        shutil.copy(HERE / name, copy)
    settings = (HERE / "zensical.toml").read_text(encoding="utf-8")
    (WORK / "zensical.toml").write_text(
        settings.replace("[project]\n", f"[project]\n{navigation(index)}", 1), encoding="utf-8"
    )
    return names


def add_to_search(names: dict[Path, list[Name]], site: Path) -> None:
    """Let the search find each name at its row, before the sections that use it."""
    path = site / "search.json"
    search = json.loads(path.read_text(encoding="utf-8"))
    paths = {item["location"]: item["path"] for item in search["items"]}
    for page, found in names.items():
        is_index = page.name == "README.md"
        place = page.with_name("index.html") if is_index else page.with_suffix(".html")
        search["items"] += [search_item(place, paths[place.as_posix()], name) for name in found]
    text = json.dumps(search)
    path.write_text(text, encoding="utf-8")
    # The same for a site that is opened as files.
    (site / "search.js").write_text(f"var __index = {text}", encoding="utf-8")


def main() -> None:
    """Build the site and check it."""
    names = prepare(*(sys.argv[1:] or [".."]))
    build = [sys.executable, "-m", "zensical", "build", "--clean"]
    done = subprocess.run(build, cwd=WORK, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"docs: zensical failed:\n{done.stdout}{done.stderr}")
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.move(WORK / "site", SITE)
    # Its addresses hold only at the root of a server.
    (SITE / "404.html").unlink()
    add_to_search(names, SITE)
    if wrong := list(faults(SITE)):
        sys.exit("\n".join(["docs: links lead nowhere:", *wrong]))
    sys.stdout.write(f"docs: {SITE / 'index.html'}\n")


if __name__ == "__main__":
    main()
