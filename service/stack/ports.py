"""Free TCP ports on the loopback address."""

import random
import socket
from contextlib import ExitStack

from service.stack.errors import StackError

LOOPBACK = "127.0.0.1"

# Below Linux's and macOS's ephemeral ranges: between our choice and a child's bind, no outgoing
# connection of a busy machine can be given the same port.
_FIRST, _LAST = 20_000, 32_000


def free_ports(count: int) -> list[int]:
    """Different ports that nothing listens on; all are held open together while choosing."""
    # Two stacks that start at the same moment must not draw the same ports.
    candidates = random.SystemRandom().sample(range(_FIRST, _LAST), 50 * count)
    chosen: list[int] = []
    with ExitStack() as held:
        for port in candidates:
            holder = held.enter_context(socket.socket())
            try:
                holder.bind((LOOPBACK, port))
            except OSError:
                continue
            chosen.append(port)
            if len(chosen) == count:
                return chosen
    raise StackError(
        f"{LOOPBACK}: only {len(chosen)} of {count} ports are free among {len(candidates)} tried "
        f"between {_FIRST} and {_LAST}. Stop what holds them."
    )
