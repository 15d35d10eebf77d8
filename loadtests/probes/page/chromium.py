"""The browser, started so that nothing but the page keeps it busy."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Error, async_playwright

from loadtests.errors import MeasureError

BROWSER_LOG = "browser.log"

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
# Beside what Playwright itself turns off: updates, synchronisation, throttling, first-run pages.
# A proxy that the environment names would be measured too.
_QUIET = (
    *("--disable-gpu", "--disable-quic", "--disable-domain-reliability", "--no-pings"),
    "--no-proxy-server",
)


@asynccontextmanager
async def running_chromium(
    program: str, base_urls: Sequence[str], folder: Path
) -> AsyncIterator[Browser]:
    """One browser for the length of a `with`.

    Args:
        program: its path.
        base_urls: of the services whose pages it will load.
        folder: the run's; takes what a browser said that did not start.

    Raises:
        MeasureError: it does not start.
    """
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=program,
                args=[*_QUIET, *_at_home(base_urls)],
                # Chromium refuses its sandbox to root.
                chromium_sandbox=os.geteuid() != 0,
                # Signals are the runner's to hear, which closes it.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except Error as error:
            log = folder / BROWSER_LOG
            log.write_text(str(error), encoding="utf-8")
            raise MeasureError(
                f"the browser {program} does not start; see {log}. Does `{program} --headless "
                "--dump-dom about:blank` work?"
            ) from None
        try:
            yield browser
        finally:
            with suppress(Error):  # It may have died.
                await browser.close()


def _at_home(base_urls: Sequence[str]) -> Sequence[str]:
    """Options that keep the browser off the network where all services are on this machine."""
    hosts = {urlsplit(url).hostname or "" for url in base_urls}
    if not hosts <= _LOOPBACK:
        return ()
    spared = ", ".join(f"EXCLUDE {host}" for host in sorted(_LOOPBACK))
    return (f"--host-resolver-rules=MAP * ~NOTFOUND, {spared}",)
