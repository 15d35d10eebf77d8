"""The work that calibration measures: pure Python, in proportion to what is asked for."""

STEPS = 40_000
"""About 4 ms on a machine of 2025; half a percent of it are still 200 steps."""

_MODULUS = 2**31 - 1
_FACTOR = 48_271


def work(extra: float) -> int:
    """Do the work, and an extra fraction of it: real work, because sleeping burns no core.

    Args:
        extra: 0.05 for 5 % more.

    Returns: where the sequence ended, so that nobody can leave the work out.
    """
    # Park and Miller's generator: numbers stay small, memory and cache stay out of it.
    value = 1
    for _ in range(round(STEPS * (1 + extra))):
        value = value * _FACTOR % _MODULUS
    return value
