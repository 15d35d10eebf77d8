"""What a page requests while it is loaded, and what goes wrong with it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, ConsoleMessage, Page

from contract.run.pages import DUPLICATES, RECEIVED, REQUESTS
from loadtests.planning.expressions import Ignored
from loadtests.probes.http.codings import shown_limit
from loadtests.probes.page.address import Address


@dataclass
class Traffic:
    """What a page requests, and what goes wrong with it, by the browser's events.

    Attributes:
        body_bytes_max: the largest body of an answer, as decoded.
        trouble: the first thing that went wrong; empty while nothing did.
        troubled: set as soon as something did.
        idle: set while no request is under way.
    """

    address: Address
    body_bytes_max: int
    trouble: str = ""
    troubled: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    _requests: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    _received: int = 0
    _body_bytes: dict[str, int] = field(default_factory=dict)
    _ignored: Ignored | None = field(init=False)

    def __post_init__(self) -> None:
        """Parse what does not make an address a different one."""
        self._ignored = Ignored.of(self.address.ignore)

    async def watch(self, page: Page, session: CDPSession) -> None:
        """Listen to what happens in a page from now on."""
        page.on("pageerror", lambda error: self.report_trouble(f"uncaught: {error.message}"))
        page.on("console", self._printed)
        page.on("crash", lambda _: self.report_trouble("the page crashed"))
        for name, take in (
            ("requestWillBeSent", self._sent),
            ("requestServedFromCache", self._not_sent),
            ("responseReceived", self._answered),
            ("dataReceived", self._grown),
            ("loadingFinished", self._finished),
            ("loadingFailed", self._broken),
        ):
            session.on(f"Network.{name}", take)
        await session.send("Network.enable")

    @property
    def counts(self) -> dict[str, int]:
        """Requests, duplicates among them, and bytes received."""
        sent = [request for several in self._requests.values() for request in several]
        return {
            REQUESTS: len(sent),
            DUPLICATES: len(sent) - len(set(sent)),
            RECEIVED: self._received,
        }

    def report_trouble(self, reason: str) -> None:
        """Keep what went wrong first."""
        self.trouble = self.trouble or self.address.without_secrets(reason)
        self.troubled.set()

    def _printed(self, message: ConsoleMessage) -> None:
        # The browser has more exact events for requests that failed.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.report_trouble(f"console: {message.text}")

    def _sent(self, event: Mapping[str, Any]) -> None:
        url, number = event["request"]["url"], event["requestId"]
        # An icon is for the browser's own window; addresses with data in them go nowhere.
        icon = (event.get("type"), event["initiator"]["type"]) == ("Other", "other")
        if icon or urlsplit(url).scheme not in {"http", "https"}:
            return
        if "redirectResponse" in event:
            self._received += int(event["redirectResponse"]["encodedDataLength"])
        self._requests.setdefault(number, []).append((event["request"]["method"], self._same(url)))
        self._open.add(number)
        self.idle.clear()

    def _same(self, url: str) -> str:
        """An address without what does not make it a different one."""
        if self._ignored is None:
            return url
        return self._ignored.removed_from(url.encode()).decode(errors="replace")

    def _not_sent(self, event: Mapping[str, Any]) -> None:
        self._requests.pop(event["requestId"], None)
        self._done(event)

    def _answered(self, event: Mapping[str, Any]) -> None:
        answer = event["response"]
        if event["requestId"] not in self._requests:
            return
        if answer.get("fromDiskCache") or answer.get("fromPrefetchCache"):
            self._requests.pop(event["requestId"])
        elif answer["status"] >= 400:
            method, url = self._requests[event["requestId"]][-1]
            self.report_trouble(f"{method} {urlsplit(url).path} answered {answer['status']}")

    def _grown(self, event: Mapping[str, Any]) -> None:
        number = event["requestId"]
        size = self._body_bytes[number] = self._body_bytes.get(number, 0) + event["dataLength"]
        if size > self.body_bytes_max and number in self._requests:
            method, url = self._requests[number][-1]
            self.report_trouble(
                f"{method} {urlsplit(url).path:.80}: its body is larger than "
                f"{shown_limit(self.body_bytes_max)}"
            )

    def _finished(self, event: Mapping[str, Any]) -> None:
        if event["requestId"] in self._requests:
            self._received += int(event["encodedDataLength"])
        self._done(event)

    def _broken(self, event: Mapping[str, Any]) -> None:
        if event["requestId"] in self._requests and not event.get("canceled"):
            method, url = self._requests[event["requestId"]][-1]
            self.report_trouble(f"{method} {urlsplit(url).path} failed: {event['errorText']}")
        self._done(event)

    def _done(self, event: Mapping[str, Any]) -> None:
        self._open.discard(event["requestId"])
        if not self._open:
            self.idle.set()
