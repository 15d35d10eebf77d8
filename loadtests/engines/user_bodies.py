"""Bounds the bodies that a Locust file's users read, in both of Locust's clients.

The clients themselves keep a body whole, however long it is, and whatever it unpacks to.
"""

from collections.abc import Callable, Iterator
from typing import Any

import requests
from geventhttpclient.response import HTTPResponse
from geventhttpclient.useragent import CompatResponse

from loadtests.probes.http.codings import CodingError, GrowthError, decoded, shown_limit


class LargeBodyError(requests.RequestException):
    """A body is larger than it may be."""


def bound_bodies(bytes_max: int, report: Callable[[str], None]) -> None:
    """From now on refuse larger bodies, before and after decoding.

    Args:
        bytes_max: of a body.
        report: takes what was found, because a user's task may catch the error.
    """

    def refuse(what: str) -> LargeBodyError:
        line = f"{what} is larger than {shown_limit(bytes_max)}"
        report(line)
        return LargeBodyError(line)

    _bound_requests(bytes_max, refuse)
    _bound_gevent(bytes_max, refuse)


def _bound_requests(bytes_max: int, refuse: Callable[[str], LargeBodyError]) -> None:
    """HttpUser: everything reads a body through `iter_content`, which decodes piece by piece."""
    iterate = requests.Response.iter_content

    def iter_content(self: requests.Response, *args: Any, **options: Any) -> Iterator[Any]:
        # Content that was read already is counted again, and is not larger then.
        size = 0
        for piece in iterate(self, *args, **options):
            size += len(piece)
            if size > bytes_max:
                self.close()
                raise refuse("an answer's body")
            yield piece

    requests.Response.iter_content = iter_content  # type: ignore[method-assign]


def _bound_gevent(bytes_max: int, refuse: Callable[[str], LargeBodyError]) -> None:
    """FastHttpUser: what is parsed waits in a buffer, and is decoded at once."""
    parse = HTTPResponse.feed

    def feed(self: HTTPResponse, data: str | bytes) -> None:
        parse(self, data)
        if len(self._body_buffer) > bytes_max:
            raise refuse("an answer's body")

    def unzipped(self: CompatResponse, gzip: bool = True, br: bool = False) -> bytes:
        coding = "gzip" if gzip else "br" if br else "deflate"
        try:
            return decoded(self._response.read(), [coding], bytes_max)[0]
        except GrowthError:
            raise refuse("an answer's decoded body") from None
        except CodingError as broken:
            raise ValueError(str(broken)) from None

    HTTPResponse.feed = feed  # type: ignore[method-assign]
    CompatResponse.unzipped = unzipped  # type: ignore[method-assign]
