"""Gates with given results, for the tests of calibration."""

from calibration.findings import (
    Condition,
    Gate,
    Mode,
)


def make_gate(
    verdict: str = "INCONCLUSIVE",
    effect: float = 0.0,
    measured_s: float = 1.0,
    mode: Mode = "replay",
    condition: Condition = "quiet",
    ratio: float = 1.0,
) -> Gate:
    """A gate with 1 % around its ratio as both intervals."""
    ends = (ratio * 0.99, ratio * 1.01)
    return Gate(mode, condition, effect, verdict, measured_s, ratio, *ends, *ends, 0.995)
