"""What servers that start together share, so that they differ by their code alone.

Two processes that run identical code differ in speed for as long as they live: each draws a hash
seed, which orders Python's sets, and the kernel puts its memory at addresses of its own. What both
servers of a pair share cancels in their ratio. It is drawn anew for every pair, so that no verdict
rests on one lucky layout.
"""

import ctypes
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np

HASH_SEED = "PYTHONHASHSEED"
"""Python's variable; a person's own value is kept."""

PADDING = "VERSUS_PADDING"
"""Its length moves a process's stack, within one page of memory."""

_HASH_SEED_MAX = 2**32 - 1
_PAGE_BYTES = 4096
_ADDR_NO_RANDOMIZE = 0x0040000
_QUERY = 0xFFFFFFFF


@dataclass(frozen=True)
class SharedStart:
    """What was drawn for one pair of starts.

    Attributes:
        hash_seed: for Python.
        padding_bytes: of the environment.
    """

    hash_seed: int
    padding_bytes: int

    def environment(self) -> Mapping[str, str]:
        """The variables of both servers, except those that a person sets."""
        drawn = {HASH_SEED: str(self.hash_seed), PADDING: "x" * self.padding_bytes}
        return {name: value for name, value in drawn.items() if name not in os.environ}


def draw_shared(random: np.random.Generator) -> SharedStart:
    """Draw what the servers of the next pair share."""
    return SharedStart(
        hash_seed=int(random.integers(1, _HASH_SEED_MAX, endpoint=True)),
        padding_bytes=int(random.integers(_PAGE_BYTES)),
    )


@contextmanager
def same_addresses() -> Iterator[bool]:
    """Programs that this thread starts meanwhile get the same addresses at every start.

    Linux keeps the setting for each thread and hands it on to what the thread starts, so no code
    has to run between fork and exec. Yields whether it was allowed: containers may refuse it.
    """
    own = _own_personality()
    allowed = own >= 0 and _personality(own | _ADDR_NO_RANDOMIZE) >= 0
    try:
        yield allowed
    finally:
        if allowed:
            _personality(own)


def can_have_same_addresses() -> bool:
    """Whether this machine lets addresses be the same."""
    with same_addresses() as allowed:
        return allowed


@cache
def _own_personality() -> int:
    # Once: where two programs are started at the same time, the one must not restore the other's.
    return _personality(_QUERY)


def _personality(value: int) -> int:
    """The setting before, or -1: it was refused, or this is not Linux."""
    if sys.platform != "linux":
        return -1
    call = ctypes.CDLL(None).personality
    call.argtypes = [ctypes.c_ulong]
    return int(call(value))
