"""Evidence that grows with every run, whoever decides when to stop (an e-process).

At the limit itself a unit's log ratio lies above it as often as below, because a coin drew the
order (`rounds`). So a bet of 1 on "above" that pays 1 + tanh(k z), for a z that the unit's own
distance to the limit decides, is fair: it pays 1 on average, whatever came before. Playing on from
unit to unit, and from run to run with coins of their own, what is left of 1 is the **e-value**. By
Ville's inequality it ever reaches e with a chance of at most 1 / e, however often somebody looks,
stops, or measures again (Ramdas, Grünwald, Vovk & Shafer 2023, "Game-theoretic statistics and safe
anytime-valid inference"; of symmetry: Vovk & Wang 2024, "Nonparametric e-tests of symmetry").

1 + tanh(x) is exp(x) / cosh(x), the best that a bet on a normal shift can pay under symmetry (de la
Peña's exp(x - x^2 / 2) is always less). z is clipped, since noise comes in bursts, and measured in
the spread of earlier units, since a bet may know the past alone. Nobody knows how large the shift
is, so equal parts of the stake are played at several k.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from reports.statistics.values import FloatArray, Interval

STAKES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""How boldly each part of the stake is played: k, best for a shift of as many spreads."""

# In spreads: from here on a unit's distance counts no further.
_CLIPPED_AT = 1.5
# A normal distribution's standard deviation in median absolute deviations.
_SPREAD_PER_MAD = 1.4826


def spreads(units: FloatArray) -> FloatArray:
    """The spread of a run's units as far as those before each one tell it.

    It is taken anew before the 3rd, 5th, 9th, 17th, ... unit, from all before it.

    Inputs: (n,) log ratios in order of time. Returns: (n,); 0 where there are fewer than two
    before, or all are alike.
    """
    known = np.zeros(len(units))
    start = 2
    while start < len(units):
        before = units[:start]
        deviation = np.median(np.abs(before - np.median(before)))
        known[start:] = _SPREAD_PER_MAD * deviation
        start *= 2
    return known


class Evidence:
    """The units of some runs of one metric, each run with coins of its own.

    A run's z depend on its own units alone, so the order of runs does not matter.
    """

    def __init__(self, runs: Sequence[FloatArray]) -> None:
        """Take log ratios, (n_units,) each, in order of time."""
        self._units = np.concatenate([[], *runs])
        self._spreads = np.concatenate([[], *(spreads(units) for units in runs)])

    def above(self, limit: float) -> float:
        """Log e-value against "the centre is at most this log ratio"."""
        return _log_e(self._distances(limit))

    def below(self, limit: float) -> float:
        """Log e-value against "the centre is at least this log ratio"."""
        return _log_e(-self._distances(limit))

    def interval(self, log_e: float) -> Interval:
        """All log ratios against which there is less evidence than this, on either side.

        Each end errs with a chance of at most exp(-log_e), however often it is looked at.
        Unbounded where so few units cannot tell so much, whatever they say.
        """
        low, high = (self._end(log_e, side) for side in (1, -1))
        if math.isinf(low):
            return Interval(low, high, 1.0)
        return Interval(low, high, 1 - 2 * math.exp(-log_e))

    def _distances(self, limit: float) -> FloatArray:
        """Each unit's distance to the limit, in spreads; of 1 where there is no spread yet."""
        distance = self._units - limit
        known = self._spreads > 0
        # Beyond the clip it does not matter how far, not even where a spread is next to nothing.
        with np.errstate(over="ignore"):
            scaled = np.divide(distance, self._spreads, out=np.sign(distance), where=known)
        clipped: FloatArray = np.clip(scaled, -_CLIPPED_AT, _CLIPPED_AT)
        return clipped

    def _end(self, log_e: float, side: int) -> float:
        """The limit at which evidence on one side reaches log_e; it falls as the limit comes in."""

        def missing(limit: float) -> float:
            return _log_e(side * self._distances(limit)) - log_e

        if not len(self._units):
            return -side * math.inf
        reach = _CLIPPED_AT * self._spreads.max() + 1e-9
        outer, inner = self._units.min() - reach, self._units.max() + reach
        if side < 0:
            outer, inner = inner, outer
        if missing(outer) < 0:
            return -side * math.inf
        # It takes a fifth of a second to load, and only several runs together need it.
        from scipy import optimize  # noqa: PLC0415

        return float(optimize.brentq(missing, outer, inner, xtol=1e-12))


def _log_e(distances: FloatArray) -> float:
    """What is left of a stake of 1, on the log scale."""
    # log(1 + tanh(x)) = log(2 / (1 + exp(-2 x)))
    won = [np.sum(special.log_expit(2 * k * distances)) for k in STAKES]
    return float(special.logsumexp(won) - math.log(len(STAKES)) + len(distances) * math.log(2))
