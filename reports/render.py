"""Places pages and their charts in one HTML file each, which asks nothing of any network."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.history.words import HistoryPage
from reports.page import Page

_TEMPLATES = Path(__file__).parent / "templates"


def render_html(page: Page, charts: Mapping[str, str]) -> str:
    """The report as one offline file.

    Args:
        page: everything it says.
        charts: SVG elements by the ids the page gives them; a page is complete without any.
    """
    return _render("report.html.j2", page, charts)


def render_history(page: HistoryPage, charts: Mapping[str, str]) -> str:
    """A history as one offline file; arguments as above."""
    return _render("history.html.j2", page, charts)


def _render(template: str, page: Page | HistoryPage, charts: Mapping[str, str]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(
        page=page,
        # Our own style sheet and drawings; matplotlib has escaped the names inside.
        charts={name: Markup(svg) for name, svg in charts.items()},  # noqa: S704
        style=Markup(style),  # noqa: S704
        style_hash=_source_hash(style),
    )


def _source_hash(source: str) -> str:
    """What a content security policy wants to know of an inline element."""
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
