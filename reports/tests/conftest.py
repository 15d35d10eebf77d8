"""A real browser for the pages."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; a test without one is skipped, or fails where one is required.

    Of one module: while it runs, no other test could start an event loop.
    """
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        assert "VERSUS_REQUIRE_CHROMIUM" not in os.environ, "chromium is missing, and required here"
        pytest.skip("no chromium on this machine; the other tests read the page as text")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()
