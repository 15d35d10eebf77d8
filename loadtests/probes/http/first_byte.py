"""When the first byte of a response's body arrives.

Locust's client reads heads and bodies by itself and gives a response away only when its head has
come. The parser calls one method for each piece of a body, so the clock is read there. A piece that
comes in the same packet as the head is timed when it is parsed.
"""

import math
import time
from typing import Any

from geventhttpclient import client
from geventhttpclient.response import HTTPSocketPoolResponse


class TimedResponse(HTTPSocketPoolResponse):
    """A response that knows when its body began.

    Attributes:
        body_began_s: by `time.perf_counter`; None where no byte of a body has come.
    """

    body_began_s: float | None = None

    def _on_body(self, buf: bytearray) -> None:
        if self.body_began_s is None:
            self.body_began_s = time.perf_counter()
        self._body_buffer += buf


def time_first_bytes() -> None:
    """Have the HTTP client of this process make timed responses, from the next request on."""
    # The client has no setting for its class of responses; it looks the name up at each request.
    setattr(client, HTTPSocketPoolResponse.__name__, TimedResponse)


def first_byte_s(response: Any) -> float:
    """When a response's body began, by `time.perf_counter`; NaN where it has none.

    Args:
        response: Locust's, also the one that it makes up where none came.
    """
    received = getattr(response, "_response", None)
    if received is None or received.body_began_s is None:
        return math.nan
    began_s: float = received.body_began_s
    return began_s
