"""Reads the pages of a site and says which of their links lead nowhere."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """A page's anchors, its links, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag names."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in {"href", "src"} and value:
                (self.links if tag == "a" else self.loaded).add(value)


def faults(site: Path) -> Iterator[str]:
    """Each link that leads nowhere, and each file that is missing or loaded from elsewhere."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for target in sorted(page.links | page.loaded):
            if fault := fault_of(target, path, pages, is_loaded=target in page.loaded):
                yield f"{path.relative_to(site)}: {target}: {fault}"


def fault_of(target: str, path: Path, pages: dict[Path, Page], *, is_loaded: bool) -> str:
    """What is wrong with a link of the page at a path; empty if nothing is."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return "is loaded from elsewhere" if is_loaded and parts.scheme != "data" else ""
    goal = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not goal.exists():
        return "no such file"
    if parts.fragment and goal in pages and unquote(parts.fragment) not in pages[goal].anchors:
        return "no such heading"
    return ""
