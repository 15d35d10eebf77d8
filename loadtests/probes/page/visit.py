"""One load of a page from an empty cache, and what the browser measures of it."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page

from contract.config.scenarios import FAILED_MARK
from contract.metrics import mark
from contract.run.pages import FIRST_PAINT, LARGEST_PAINT, LOAD_EVENT, RESPONSE
from loadtests.probes.page.address import Address
from loadtests.probes.page.traffic import Traffic

SETTLE_S = 0.1
"""Between an empty tab and its page, in which the browser cleans up after the page before."""

IDLE_WITHIN_S = 5.0
"""So long may requests go on after the page has shown all; what comes later is not counted."""

_OBSERVE = Path(__file__).with_name("observe.js").read_text(encoding="utf-8")
_SHOWN, _PAINTED = (
    f'window[Symbol.for("versus")].{name}()' for name in ("whenShown", "whenPainted")
)
_VIEWPORT = {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Load:
    """The outcome of one load; as in `PageLoad`."""

    error: str
    times: Mapping[str, float]
    counts: Mapping[str, int]


async def load_page(
    browser: Browser, address: Address, timeout_s: float, body_bytes_max: int
) -> Load:
    """Load a page once, in a context of its own: no cache, no cookie, no storage of earlier ones.

    Raises:
        Error: the browser has died.
    """
    context = await browser.new_context(viewport=_VIEWPORT)  # type: ignore[arg-type]
    try:
        return await _loaded(context, Traffic(address, body_bytes_max), timeout_s)
    finally:
        await context.close()


async def _loaded(context: BrowserContext, traffic: Traffic, timeout_s: float) -> Load:
    address = traffic.address
    cookies = [
        {"name": name, "value": value, "url": address.origin, "httpOnly": True, "sameSite": "Lax"}
        for name, value in address.cookies.items()
    ]
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    setting = {
        "origin": address.origin,
        "items": address.items,
        "marks": address.marks,
        "failed": FAILED_MARK,
    }
    await context.add_init_script(f"({_OBSERVE.strip().rstrip(';')})({json.dumps(setting)});")
    page = await context.new_page()
    await traffic.watch(page, await context.new_cdp_session(page))
    await asyncio.sleep(SETTLE_S)
    times: dict[str, float] = {}
    try:
        async with asyncio.timeout(timeout_s):
            times = await _shown(page, address, traffic)
            with suppress(TimeoutError):
                await asyncio.wait_for(traffic.idle.wait(), IDLE_WITHIN_S)
            times |= _seconds(await page.evaluate(_PAINTED))
    except TimeoutError:
        awaited = ", ".join(address.marks) or "its load event"
        traffic.report_trouble(f"not all of {awaited} came within {timeout_s:g} s")
    except _TroubleError:
        pass
    except Error as error:
        if not context.browser or not context.browser.is_connected():
            raise
        traffic.report_trouble(error.message.splitlines()[0])
    return Load(traffic.trouble, times, traffic.counts)


class _TroubleError(Exception):
    """The page is wrong; its traffic says why."""


async def _shown(page: Page, address: Address, traffic: Traffic) -> dict[str, float]:
    """The times of the page, once it has shown all that it is waited for."""
    await page.goto(address.base_url + address.path, wait_until="commit", timeout=0)
    showing = asyncio.ensure_future(page.evaluate(_SHOWN))
    troubled = asyncio.ensure_future(traffic.troubled.wait())
    try:
        await asyncio.wait({showing, troubled}, return_when=asyncio.FIRST_COMPLETED)
        if traffic.trouble:
            raise _TroubleError
        observed = await showing
    finally:
        troubled.cancel()
        showing.cancel()
        await asyncio.gather(showing, troubled, return_exceptions=True)
    if observed["failed"]:
        why = f": {observed['said']}" if observed["said"] else ""
        traffic.report_trouble(f"the page says that it failed{why}")
        raise _TroubleError
    times_s = _seconds(observed)
    times_s |= {mark(name).name: observed["marks"][name] / 1000 for name in address.marks}
    # A page may date its marks as it likes.
    odd = next((name for name, time_s in times_s.items() if not time_s > 0), None)
    if odd is not None:
        traffic.report_trouble(f"{odd} is {times_s[odd]:g}, not after navigation began")
        raise _TroubleError
    return times_s


def _seconds(observed: Mapping[str, Any]) -> dict[str, float]:
    """The metrics among what the page's observers measured, in milliseconds."""
    names = {
        "response": RESPONSE,
        "load": LOAD_EVENT,
        "first": FIRST_PAINT,
        "largest": LARGEST_PAINT,
    }
    return {
        names[name]: milliseconds / 1000
        for name, milliseconds in observed.items()
        if name in names and milliseconds is not None
    }
