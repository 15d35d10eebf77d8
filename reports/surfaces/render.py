"""Fills a template; each page is one file, which sends no request anywhere."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.clean import visible

_TEMPLATES = Path(__file__).parent / "templates"


def render(
    template: str,
    page: object,
    charts: Mapping[str, str],
    folder: Path = _TEMPLATES,
    **more: object,
) -> bytes:
    """One HTML file.

    Args:
        template: its name, such as `report.html.j2`.
        page: all words and cells that the template places.
        charts: SVG elements by the ids that the page gives them; a page is complete without any.
        folder: holds the template; it may use the macros of the reports.
        more: what else the template names.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    text = environment.get_template(template).render(
        page=page,
        # Our own style sheet and drawings; these have escaped the names inside.
        charts={name: Markup(svg) for name, svg in charts.items()},  # noqa: S704
        style=Markup(style),  # noqa: S704
        style_hash=_source_hash(style),
        script=Markup(script),  # noqa: S704
        script_hash=_source_hash(script),
        **more,
    )
    return text.encode()


def _shown(value: object) -> object:
    """A text as it may stand in a page; what is markup already is our own."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(" ".join(value.splitlines()))
    return value


def _source_hash(source: str) -> str:
    """The hash by which a content security policy allows an inline element."""
    return base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
