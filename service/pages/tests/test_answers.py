import re

import httpx
import pytest

from service.pages.answers import ASSETS_PATH
from service.pages.tests.support import visit
from service.stack import Endpoints
from service.tests.support import assert_problem


def test_pages_load_nothing_from_elsewhere(
    stranger: httpx.Client, stack: Endpoints, preview_path: str, token: str
) -> None:
    """Scripts and styles are the service's own files; images may come from the store as well."""
    pages = ["/dashboard", f"{preview_path}?rendering=client", preview_path]
    for page in (visit(stranger, path, token) for path in pages):
        assert page.status_code == 200
        policy = dict(
            one.split(" ", 1) for one in page.headers["Content-Security-Policy"].split("; ")
        )
        assert "'none'" == policy["default-src"] == policy["frame-ancestors"]
        assert "'self'" == policy["script-src"] == policy["style-src"] == policy["connect-src"]
        assert f"'self' {stack.s3_endpoint}" == policy["img-src"]
        assert "nosniff" == page.headers["X-Content-Type-Options"]
        assert "no-referrer" == page.headers["Referrer-Policy"]
        assert "no-store" == page.headers["Cache-Control"]
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", page.text)


def test_assets_are_cached(stranger: httpx.Client) -> None:
    """On a second visit no asset is sent again, in any variant."""
    page = stranger.get("/dashboard").text
    assets = set(re.findall(rf'"({ASSETS_PATH}/[^"]+)"', page))

    assert len(assets) > 5
    for path in assets:
        first = stranger.get(path)
        again = stranger.get(path, headers={"If-None-Match": first.headers["ETag"]})

        assert (200, 304) == (first.status_code, again.status_code)
        assert "public, max-age=31536000, immutable" == first.headers["Cache-Control"]
        assert "nosniff" == first.headers["X-Content-Type-Options"]
        assert re.match(r"text/(css|javascript)|image/svg\+xml", first.headers["Content-Type"])


@pytest.mark.parametrize("name", ["", "missing.js", "..%2fanswers.py", "%2e%2e/routes.py"])
def test_nothing_but_assets_is_served(stranger: httpx.Client, name: str) -> None:
    """No other file and no folder listing can be requested."""
    assert_problem(stranger.get(f"{ASSETS_PATH}/{name}"), 404)
