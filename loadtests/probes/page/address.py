"""Which page to load, as whom, and which parts of that are secret."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from loadtests.planning.disclosure import blanked

TOKEN_ITEM, HEADERS_ITEM, TOKEN_COOKIE = "versus.token", "versus.headers", "versus_session"

_ERROR_LENGTH_MAX = 200
_QUERY = re.compile(r"(?<=\w)\?[^\s'\"]*")
_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """A variant's page, and as whom to load it.

    Attributes:
        base_url: of the variant's service.
        headers: for the page's own calls; they hold secrets.
        marks: what it sets once it has shown all.
        ignore: what in an address does not make it a different one.
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
        bearer = _BEARER.fullmatch(self._header("authorization"))
        return bearer[1] if bearer else ""

    @property
    def cookies(self) -> dict[str, str]:
        """The page's own request cannot have headers of ours; cookies it can."""
        stated = (pair.strip().partition("=") for pair in self._header("cookie").split(";"))
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
        shown = blanked(text, (self.token, *self.headers.values()))
        line = " ".join(_QUERY.sub("", shown).split())
        return line[:_ERROR_LENGTH_MAX]

    def _header(self, name: str) -> str:
        return next((value for key, value in self.headers.items() if key.lower() == name), "")
