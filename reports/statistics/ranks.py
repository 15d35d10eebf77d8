"""The centre of units' log ratios, judged by signed ranks."""

from functools import cached_property

from reports.statistics import stats
from reports.statistics.values import FloatArray, Interval
from reports.statistics.walsh import Units


class SignedRanks:
    """What signed ranks say of units, each of them one log ratio."""

    def __init__(self, logs: FloatArray) -> None:
        """Take the log ratios, (n_units,)."""
        self._units = Units(logs)

    @cached_property
    def log_ratio(self) -> float:
        """The Hodges-Lehmann centre."""
        return stats.centre(self._units)

    def p_value(self) -> float:
        """Two-sided p-value of "no effect"."""
        return stats.signed_rank_p(self._units)

    def interval(self, confidence: float) -> Interval:
        """All centres that the test does not reject, with the confidence reached."""
        return stats.signed_rank_interval(self._units, confidence)
