"""The cookies of one session with one service (RFC 6265), without what only browsers need.

All requests of a variant go to one address, so a cookie of another host is not kept, and which
cookies other hosts would get is no question. What answers set is bounded in number and length.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

from contract.config.sections import HEADER_VALUE
from loadtests.planning.setups import Cookie

COOKIES_MAX = 50
COOKIE_LENGTH_MAX = 4096


class Jar:
    """The cookies of one variant."""

    def __init__(
        self,
        host: str,
        *,
        tls: bool,
        cookies: Iterable[Cookie] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Begin with these cookies.

        Args:
            host: that is asked, without a port.
            tls: whether it is asked over TLS.
            cookies: that were kept before.
            clock: seconds since 1970.
        """
        self._host = host.lower()
        # As browsers do: what goes to this machine is read by nobody between.
        self._is_secure = tls or is_local(self._host)
        self._tls = tls
        self._clock = clock
        self._cookies = {_key(cookie): cookie for cookie in cookies}

    @property
    def cookies(self) -> tuple[Cookie, ...]:
        """What is kept, the oldest first."""
        return tuple(self._cookies.values())

    def copy(self) -> "Jar":
        """Another jar with the same cookies."""
        return Jar(self._host, tls=self._tls, cookies=self.cookies, clock=self._clock)

    def keep(self, lines: Sequence[str], target: str) -> None:
        """Keep, replace and delete what the Set-Cookie lines of an answer say.

        Args:
            lines: the header's values; what is no cookie is passed over.
            target: path and query that were asked.
        """
        now_s = self._clock() if lines else 0.0
        for line in lines:
            cookie = self._parsed(line, target.partition("?")[0], now_s)
            if cookie is None:
                continue
            if cookie.expires_s is not None and cookie.expires_s <= now_s:
                self._cookies.pop(_key(cookie), None)
                continue
            self._cookies[_key(cookie)] = cookie
            if len(self._cookies) > COOKIES_MAX:
                del self._cookies[next(iter(self._cookies))]

    def field(self, target: str) -> str:
        """The value of the Cookie header for a path and query; empty where none is sent."""
        if not self._cookies:
            return ""
        path, now_s = target.partition("?")[0], self._clock()
        sent = [
            cookie
            for cookie in self._cookies.values()
            if _covers(cookie.path, path)
            and (cookie.expires_s is None or cookie.expires_s > now_s)
            and (self._is_secure or not cookie.secure)
        ]
        # Of two with one name the more special comes first (RFC 6265, 5.4).
        sent.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent)

    def _parsed(self, line: str, path: str, now_s: float) -> Cookie | None:
        pair, *stated = line.split(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name or len(pair) > COOKIE_LENGTH_MAX:
            return None
        attributes = dict(_attributes(stated))
        domain = attributes.get("domain", "").lower().removeprefix(".")
        is_foreign = domain and domain != self._host and not self._host.endswith(f".{domain}")
        if is_foreign or not HEADER_VALUE.fullmatch(f"{name}={value}"):
            return None
        stated_path = attributes.get("path", "")
        return Cookie(
            name,
            value,
            domain,
            stated_path if stated_path.startswith("/") else path[: path.rfind("/")] or "/",
            "secure" in attributes,
            _expiry(attributes, now_s),
        )


def _attributes(stated: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name, in small letters, and value of each; of one that stands twice the last counts."""
    for attribute in stated:
        name, _, value = attribute.partition("=")
        yield name.strip().lower(), value.strip()


def _expiry(attributes: dict[str, str], now_s: float) -> float | None:
    """When a cookie ends; None with the session. Max-Age wins over Expires."""
    age = attributes.get("max-age", "")
    if age.removeprefix("-").isdecimal() and age.isascii() and len(age) <= 12:
        return now_s + int(age)
    try:
        return parsedate_to_datetime(attributes["expires"]).timestamp()
    except (KeyError, ValueError, OverflowError, TypeError, IndexError):
        return None


def _key(cookie: Cookie) -> tuple[str, str, str]:
    return cookie.name, cookie.domain, cookie.path


def _covers(cookie_path: str, path: str) -> bool:
    """Whether a path lies at or below that of a cookie."""
    if not path.startswith(cookie_path):
        return False
    return cookie_path.endswith("/") or path[len(cookie_path) :][:1] in {"", "/"}


def is_local(host: str) -> bool:
    """Whether a host, without a port, is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
