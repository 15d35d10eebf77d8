"""Gates with given results, for the tests of calibration."""

from calibration.deciding import Found
from calibration.findings import Condition, Gate, Mode
from calibration.questions import TYPICAL_ONLY, WHOLE
from calibration.slowdown import Slowdown, slower
from contract.metrics import TYPICAL
from reports.statistics.values import Interval


def make_gate(  # noqa: PLR0917 - what a gate is
    verdict: str = "INCONCLUSIVE",
    effect: float = 0.0,
    measured_s: float = 1.0,
    mode: Mode = "replay",
    condition: Condition = "quiet",
    ratio: float = 1.0,
    low: float | None = None,
    slowdown: Slowdown | None = None,
    question: str = "",
) -> Gate:
    """A gate with 1 % around its ratio as both intervals, or with another lower end."""
    planted = slowdown or slower(effect)
    low = 0.99 * ratio if low is None else low
    found = Found(
        TYPICAL,
        verdict,
        ratio,
        Interval(low, 1.01 * ratio, 0.9),
        Interval(low, 1.01 * ratio, 0.995),
    )
    return Gate(
        *(mode, condition, question or (TYPICAL_ONLY if effect else WHOLE), planted),
        *(verdict, measured_s, round(100 * measured_s), (found,)),
        {TYPICAL: planted.factor} if mode == "replay" else {},
    )
