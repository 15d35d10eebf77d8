"""Places pages and their charts in one HTML file each, which asks nothing of any network."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import units
from reports.history.words import HistoryPage
from reports.page.runs_words import RunsPage
from reports.page.shapes import FunctionsPart, Page

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class _Download:
    """A file inside the page."""

    name: str
    size: str
    sha256: str
    address: str

    @classmethod
    def of(cls, name: str, content: bytes) -> Self:
        encoded = base64.b64encode(content).decode()
        return cls(
            name,
            units.size(len(content)),
            hashlib.sha256(content).hexdigest(),
            f"data:{_TYPES[Path(name).suffix]};base64,{encoded}",
        )


_TYPES = {".csv": "text/csv", ".json": "application/json"}


def render_html(page: Page, charts: Mapping[str, str], downloads: Mapping[str, bytes]) -> str:
    """The report as one offline file.

    Args:
        page: everything it says.
        charts: SVG elements by the ids the page gives them; a page is complete without any.
        downloads: files that the page carries along, by name.
    """
    carried = [_Download.of(name, content) for name, content in downloads.items()]
    return _render("report.html.j2", page, charts, downloads=carried)


def render_history(page: HistoryPage, charts: Mapping[str, str]) -> str:
    """A history as one offline file; arguments as above."""
    return _render("history.html.j2", page, charts)


def render_runs(page: RunsPage) -> str:
    """Two runs side by side as one offline file."""
    return _render("runs.html.j2", page, {})


def render_suite(suite: str, page: FunctionsPart, charts: Mapping[str, str]) -> str:
    """A suite that was measured by itself, as one offline file.

    Args:
        suite: its path.
        page: everything it says.
        charts: as above.
    """
    return _render("suite.html.j2", page, charts, suite=suite)


def _render(
    template: str,
    page: Page | HistoryPage | RunsPage | FunctionsPart,
    charts: Mapping[str, str],
    **more: object,
) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    return environment.get_template(template).render(
        page=page,
        # Our own style sheet and drawings; matplotlib has escaped the names inside.
        charts={name: Markup(svg) for name, svg in charts.items()},  # noqa: S704
        style=Markup(style),  # noqa: S704
        style_hash=_source_hash(style),
        script=Markup(script),  # noqa: S704
        script_hash=_source_hash(script),
        **more,
    )


def _source_hash(source: str) -> str:
    """What a content security policy wants to know of an inline element."""
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
