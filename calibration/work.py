"""The work that calibration measures: pure Python, in proportion to the requested amount."""

STEPS = 40_000
"""About 4 ms on a machine of 2025; half a percent is still 200 steps."""

_MODULUS = 2**31 - 1
_FACTOR = 48_271


def work(extra: float) -> int:
    """Do the work and an extra fraction of it; real work, because sleeping uses no CPU time.

    Args:
        extra: 0.05 for 5 % more.

    Returns: the end of the sequence, so that the work cannot be optimized away.
    """
    # Park and Miller's generator: small numbers, and no use of memory or caches.
    value = 1
    for _ in range(round(STEPS * (1 + extra))):
        value = value * _FACTOR % _MODULUS
    return value
