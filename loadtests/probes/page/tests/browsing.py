"""Pages for tests that load them in a real browser."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from loadtests.machine.browsers import find_chromium
from loadtests.probes.page.address import Address
from loadtests.probes.page.chromium import running_chromium
from loadtests.probes.page.visit import Load, load_page

CHROMIUM = find_chromium() or ""
TIMEOUT_S = 20.0

needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")
if not CHROMIUM:
    assert "VERSUS_REQUIRE_CHROMIUM" not in os.environ, "chromium is missing, and required here"


def loads(
    folder: Path, *addresses: Address, timeout_s: float = TIMEOUT_S, bytes_max: int = 2**26
) -> list[Load]:
    """Load addresses one after the other in one browser."""

    async def in_turn() -> list[Load]:
        urls = [address.base_url for address in addresses]
        async with running_chromium(CHROMIUM, urls, folder) as browser:
            return [
                await load_page(browser, address, timeout_s, bytes_max) for address in addresses
            ]

    return asyncio.run(in_turn())


def page_address(url: str, query: str, headers: Mapping[str, str] | None = None) -> Address:
    """Address of the server's page with a query."""
    return Address(url, f"/page{query}", headers or {}, ("data-shown",), r"&X-Amz-Date=\d+")


def browsers_below(process: psutil.Process) -> list[psutil.Process]:
    """The browsers among a process's living descendants."""
    browsers = []
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # It has ended meanwhile.
            if "chrom" in child.name() and child.status() != psutil.STATUS_ZOMBIE:
                browsers.append(child)
    return browsers
