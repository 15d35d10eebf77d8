"""One load of a page, from an empty cache, and what the browser tells of it."""

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Error, Page

from reports.records.pages import (
    DUPLICATES,
    FAILED_MARK,
    FIRST_PAINT,
    LARGEST_PAINT,
    LOAD_EVENT,
    RECEIVED,
    REQUESTS,
    RESPONSE,
    mark_metric,
)

SETTLE_S = 0.1
"""Between an empty tab and its page, in which the browser puts the one before away."""

IDLE_WITHIN_S = 5.0
"""So long may requests go on after the page has shown all; what comes later is not counted."""

TOKEN_ITEM, HEADERS_ITEM, TOKEN_COOKIE = "versus.token", "versus.headers", "versus_session"

_OBSERVE = Path(__file__).with_name("observe.js").read_text(encoding="utf-8")
_SHOWN, _PAINTED = (
    f'window[Symbol.for("versus")].{name}()' for name in ("toldShown", "toldPainted")
)
_VIEWPORT = {"width": 1280, "height": 900}
_ERROR_LENGTH_MAX = 200
_QUERY = re.compile(r"(?<=\w)\?[^\s'\"]*")
_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """What one variant's page is, and who asks for it.

    Attributes:
        base_url: of the variant's service.
        headers: for the page's own calls; they hold secrets.
        marks: what it sets once it has shown all.
        ignore: what of an address does not make it another one.
    """

    base_url: str
    path: str
    headers: Mapping[str, str]
    marks: tuple[str, ...]
    ignore: str | None = None

    @property
    def origin(self) -> str:
        """Where secrets may go."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        """The bearer token among the headers; empty without one."""
        found = _BEARER.fullmatch(self._header("authorization"))
        return found[1] if found else ""

    @property
    def cookies(self) -> dict[str, str]:
        """The page's own request cannot have headers of ours; cookies it can."""
        stated = (one.strip().partition("=") for one in self._header("cookie").split(";"))
        cookies = {name: value for name, _, value in stated if name}
        return cookies | ({TOKEN_COOKIE: self.token} if self.token else {})

    @property
    def items(self) -> dict[str, str]:
        """What the page finds in its session storage."""
        others = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in {"authorization", "cookie"}
        }
        return {HEADERS_ITEM: json.dumps(others)} | ({TOKEN_ITEM: self.token} if self.token else {})

    def without_secrets(self, text: str) -> str:
        """A page's words as one short line that anybody may read."""
        for secret in sorted((self.token, *self.headers.values()), key=len, reverse=True):
            if len(secret) > 3:
                text = text.replace(secret, "[removed]")
        line = " ".join(_QUERY.sub("", text).split())
        return line[:_ERROR_LENGTH_MAX]

    def _header(self, name: str) -> str:
        return next((value for key, value in self.headers.items() if key.lower() == name), "")


@dataclass(frozen=True)
class Load:
    """What became of one load; as in `PageLoad`."""

    error: str
    times: Mapping[str, float]
    counts: Mapping[str, int]


async def load_page(browser: Browser, address: Address, timeout_s: float) -> Load:
    """Load a page once, in a context of its own: no cache, no cookie, no storage of earlier ones.

    Raises:
        Error: the browser has died.
    """
    context = await browser.new_context(viewport=_VIEWPORT)  # type: ignore[arg-type]
    try:
        return await _loaded(context, address, timeout_s)
    finally:
        await context.close()


async def _loaded(context: BrowserContext, address: Address, timeout_s: float) -> Load:
    cookies = [
        {"name": name, "value": value, "url": address.origin, "httpOnly": True, "sameSite": "Lax"}
        for name, value in address.cookies.items()
    ]
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    told = {
        "origin": address.origin,
        "items": address.items,
        "marks": address.marks,
        "failed": FAILED_MARK,
    }
    await context.add_init_script(f"({_OBSERVE.strip().rstrip(';')})({json.dumps(told)});")
    page = await context.new_page()
    traffic = Traffic(address)
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
        traffic.trouble_with(f"not all of {awaited} came within {timeout_s:g} s")
    except _TroubleError:
        pass
    except Error as error:
        if not context.browser or not context.browser.is_connected():
            raise
        traffic.trouble_with(error.message.splitlines()[0])
    return Load(traffic.trouble, times, traffic.counts)


class _TroubleError(Exception):
    """The page is no right one; what is wrong with it stands in its traffic."""


async def _shown(page: Page, address: Address, traffic: "Traffic") -> dict[str, float]:
    """The times of the page, once it has shown all that it is waited for."""
    await page.goto(address.base_url + address.path, wait_until="commit", timeout=0)
    telling = asyncio.ensure_future(page.evaluate(_SHOWN))
    troubled = asyncio.ensure_future(traffic.troubled.wait())
    try:
        await asyncio.wait({telling, troubled}, return_when=asyncio.FIRST_COMPLETED)
        if traffic.trouble:
            raise _TroubleError
        told = await telling
    finally:
        troubled.cancel()
        telling.cancel()
        await asyncio.gather(telling, troubled, return_exceptions=True)
    if told["failed"]:
        said = f": {told['said']}" if told["said"] else ""
        traffic.trouble_with(f"the page says that it failed{said}")
        raise _TroubleError
    found_s = _seconds(told)
    found_s |= {mark_metric(mark): told["marks"][mark] / 1000 for mark in address.marks}
    # A page may date its marks as it likes.
    odd = next((name for name, time_s in found_s.items() if not time_s > 0), None)
    if odd is not None:
        traffic.trouble_with(f"{odd} is {found_s[odd]:g}, not after navigation began")
        raise _TroubleError
    return found_s


def _seconds(told: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that the page's observers told in milliseconds."""
    names = {
        "response": RESPONSE,
        "load": LOAD_EVENT,
        "first": FIRST_PAINT,
        "largest": LARGEST_PAINT,
    }
    return {
        names[name]: found / 1000
        for name, found in told.items()
        if name in names and found is not None
    }


@dataclass
class Traffic:
    """What a page asks for, and what goes wrong with it, as the browser tells while loading.

    Attributes:
        trouble: the first thing that went wrong; empty while nothing did.
        troubled: set as soon as something did.
        idle: set while no request is under way.
    """

    address: Address
    trouble: str = ""
    troubled: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    _received: int = 0

    async def watch(self, page: Page, session: CDPSession) -> None:
        """Listen to what happens in a page from now on."""
        page.on("pageerror", lambda error: self.trouble_with(f"uncaught: {error.message}"))
        page.on("console", self._printed)
        page.on("crash", lambda _: self.trouble_with("the page crashed"))
        for name, take in (
            ("requestWillBeSent", self._sent),
            ("requestServedFromCache", self._not_sent),
            ("responseReceived", self._answered),
            ("loadingFinished", self._finished),
            ("loadingFailed", self._broken),
        ):
            session.on(f"Network.{name}", take)
        await session.send("Network.enable")

    @property
    def counts(self) -> dict[str, int]:
        """Requests, duplicates among them, and bytes received."""
        asked = [one for several in self._asked.values() for one in several]
        return {
            REQUESTS: len(asked),
            DUPLICATES: len(asked) - len(set(asked)),
            RECEIVED: self._received,
        }

    def trouble_with(self, told: str) -> None:
        """Keep what went wrong first."""
        self.trouble = self.trouble or self.address.without_secrets(told)
        self.troubled.set()

    def _printed(self, message: ConsoleMessage) -> None:
        # Of requests that failed the browser tells more exactly by itself.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.trouble_with(f"console: {message.text}")

    def _sent(self, event: Mapping[str, Any]) -> None:
        url, number = event["request"]["url"], event["requestId"]
        # An icon is for the browser's own window; addresses with data in them go nowhere.
        icon = (event.get("type"), event["initiator"]["type"]) == ("Other", "other")
        if icon or urlsplit(url).scheme not in {"http", "https"}:
            return
        if "redirectResponse" in event:
            self._received += int(event["redirectResponse"]["encodedDataLength"])
        same = re.sub(self.address.ignore, "", url) if self.address.ignore else url
        self._asked.setdefault(number, []).append((event["request"]["method"], same))
        self._open.add(number)
        self.idle.clear()

    def _not_sent(self, event: Mapping[str, Any]) -> None:
        self._asked.pop(event["requestId"], None)
        self._done(event)

    def _answered(self, event: Mapping[str, Any]) -> None:
        answer = event["response"]
        if event["requestId"] not in self._asked:
            return
        if answer.get("fromDiskCache") or answer.get("fromPrefetchCache"):
            self._asked.pop(event["requestId"])
        elif answer["status"] >= 400:
            method, url = self._asked[event["requestId"]][-1]
            self.trouble_with(f"{method} {urlsplit(url).path} answered {answer['status']}")

    def _finished(self, event: Mapping[str, Any]) -> None:
        if event["requestId"] in self._asked:
            self._received += int(event["encodedDataLength"])
        self._done(event)

    def _broken(self, event: Mapping[str, Any]) -> None:
        if event["requestId"] in self._asked and not event.get("canceled"):
            method, url = self._asked[event["requestId"]][-1]
            self.trouble_with(f"{method} {urlsplit(url).path} failed: {event['errorText']}")
        self._done(event)

    def _done(self, event: Mapping[str, Any]) -> None:
        self._open.discard(event["requestId"])
        if not self._open:
            self.idle.set()
