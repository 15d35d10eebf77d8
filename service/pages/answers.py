"""Answers with pages and their assets: templates, security headers, caching."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from service.settings import Settings
from service.telemetry import stage

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
_ASSETS = _HERE / "assets"
_YEAR_S = 31_536_000


def _version() -> str:
    """A hash of all assets, part of their address, so that browsers may cache them for ever."""
    digest = hashlib.sha256()
    for path in sorted(_ASSETS.iterdir()):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


ASSETS_PATH = f"/assets/{_version()}"


@cache
def _templates() -> "Environment":
    # Importing jinja2 takes a tenth of the service's start, and most runs show no page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    # Names and payloads are text of any user, so everything is escaped.
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    template: str,
    settings: Settings,
    values: Mapping[str, object],
    status: int = 200,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """A page; it is not cached, because it may show one caller's data."""
    with stage("serialize"):
        text = _templates().get_template(template).render(values, assets=ASSETS_PATH)
    return HTMLResponse(text, status, {**headers, **_page_headers(settings)})


def _page_headers(settings: Settings) -> dict[str, str]:
    store = settings.s3_endpoint
    store_origin = f"{store.scheme}://{store.host}:{store.port}"
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": f"'self' {store_origin}",
        # Only scripts send the forms; otherwise a token would become part of an address.
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        # Neither the store nor a linked page learns which page was open.
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


class Assets(StaticFiles):
    """Scripts, styles and icon, at an address that changes with their content."""

    def __init__(self) -> None:
        super().__init__(directory=_ASSETS)

    def file_response(self, *args: Any, **options: Any) -> Response:
        """One asset, or 304 if the browser has it already."""
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
