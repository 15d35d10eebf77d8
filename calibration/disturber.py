"""Burns one core in bursts: `python disturber.py PARENT SEED`, until the process PARENT is gone.

A neighbour as shared machines have them: bursts and pauses of 0.05 to 1 s, drawn by seed. It is
kept to no core, so the scheduler decides whom it disturbs.
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
    """Burn for the length of a `with`."""
    command = [sys.executable, __file__, str(os.getpid()), str(seed)]
    # A session of its own: a terminal's Ctrl-C is for us to handle.
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as burning:
        try:
            yield
        finally:
            burning.kill()


def main(parent: int, seed: int) -> None:
    """Burn and pause in turn."""
    draw = random.Random(seed)  # noqa: S311 - noise, no secret
    burning = False
    while os.getppid() == parent:
        burning = not burning
        end_s = time.monotonic() + draw.uniform(*SPAN_S)
        # In steps, so that a parent's end is noticed at once.
        while time.monotonic() < end_s and os.getppid() == parent:
            if burning:
                _burn(STEP_S)
            else:
                time.sleep(STEP_S)


def _burn(length_s: float) -> None:
    end_s = time.monotonic() + length_s
    while time.monotonic() < end_s:
        pass


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
