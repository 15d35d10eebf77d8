"""Uses one core in bursts: `python disturber.py PARENT SEED`, until the process PARENT ends.

It simulates a neighbour on a shared machine: bursts and pauses of 0.05 to 1 s, random by seed.
It is not pinned to a core, so the scheduler decides what it disturbs.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

SPAN_S = (0.05, 1.0)
STEP_S = 0.02


@contextmanager
def disturbed(seed: int) -> Iterator[None]:
    """Run the disturber for the length of a `with`."""
    command = [sys.executable, __file__, str(os.getpid()), str(seed)]
    # In its own session, so that a terminal's Ctrl-C reaches only us.
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as disturber:
        try:
            yield
        finally:
            disturber.kill()


def main(parent: int, seed: int) -> None:
    """Alternate bursts and pauses."""
    rng = random.Random(seed)  # noqa: S311 - noise, no secret
    busy = False
    while os.getppid() == parent:
        busy = not busy
        end_s = time.monotonic() + rng.uniform(*SPAN_S)
        # In short steps, so that the parent's end is noticed soon.
        while time.monotonic() < end_s and os.getppid() == parent:
            if busy:
                _spin(STEP_S)
            else:
                time.sleep(STEP_S)


def _spin(length_s: float) -> None:
    end_s = time.monotonic() + length_s
    while time.monotonic() < end_s:
        pass


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
