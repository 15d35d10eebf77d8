"""TCP ports on the loopback address: finding free ones, and asking whether a server is ready."""

import http.client
import random
import socket
from contextlib import ExitStack

from service.stack.errors import StackError

LOOPBACK = "127.0.0.1"

# Below Linux's and macOS's ephemeral ranges, so that no outgoing connection can take the port
# between our choice and a child's bind.
_FIRST, _LAST = 20_000, 32_000


def free_ports(count: int) -> list[int]:
    """Different ports that nothing listens on."""
    # Two stacks that start at the same moment must not draw the same ports.
    candidates = random.SystemRandom().sample(range(_FIRST, _LAST), 50 * count)
    chosen: list[int] = []
    with ExitStack() as bound:
        for port in candidates:
            candidate = bound.enter_context(socket.socket())
            try:
                candidate.bind((LOOPBACK, port))
            except OSError:
                continue
            chosen.append(port)
            if len(chosen) == count:
                return chosen
    raise StackError(
        f"{LOOPBACK}: only {len(chosen)} of {count} ports are free among {len(candidates)} tried "
        f"between {_FIRST} and {_LAST}. Stop the programs that use them."
    )


def answers_ok(port: int, path: str, timeout_s: float) -> bool:
    """Whether a GET request to a port on this machine is answered with 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
