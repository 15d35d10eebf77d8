"""Ratios of pooled quantiles and means, judged by the coins that ordered each unit.

If the variant takes `r` times as long as the baseline, then dividing its times by `r` leaves two
members of each unit that the order of sending alone tells apart. So swapping them by fresh, fair
coins gives values that are as likely as those observed, whatever the noise is and however it
wanders. The interval holds every `r` at which the observed statistic is not extreme among the
re-drawn ones.

The statistic of a quantile is how many of the variant's requests, less how many of the baseline's,
are beyond a threshold: the same quantile of both together, which no swap moves. It is positive
exactly where the variant's quantile is the larger one, and a swap only changes a unit's sign. For
rounds, the re-drawn statistic is a binomial variable, as in McNemar's test (1947, "Note on the
sampling error of the difference between correlated proportions"); so chances are exact and need no
simulation, however small. Where a unit has many rounds, its difference is a whole number and its
sign is drawn. The statistic of a mean is the sum of differences, likewise.

The ratio of the re-drawn quantiles itself would tell a change of all requests by one factor from
fewer rounds. But where only some requests are slower, as when 8 % of them wait for 30 ms, an
interval of 99 % from 60 rounds misses the true ratio in a quarter of the runs (docs/method.md). So
that reading (`OneFactorCoins`) is only for rounds that are too few for the other.
"""

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from reports.statistics.values import FloatArray, IntArray, Interval

# Up to so many units a sum's distribution is listed, in so many steps where it is of no counts.
_LISTED_UNITS_MAX, _STEPS = 100, 20_000
# Of a sum of many, so many of the largest keep their own shape; the others are nearly normal.
_OWN_SHAPE_MAX = 2000
# Where one number has a larger share of the variance, a sum of many is far from any smooth shape.
_SHARE_MAX = 0.05
# On the log scale: ends of intervals are first looked for here, and found to this.
_FIRST_REACH, _CLOSE = 0.01, 1e-6


class Coins(ABC):
    """What the coins say of the ratio of one statistic of two variants.

    Attributes:
        log_ratio: of the statistics of all rounds, on the log scale.
    """

    log_ratio: float

    @abstractmethod
    def differences(self, log_ratio: float, side: int = 1) -> FloatArray:
        """What each unit adds to the statistic if this were the true ratio, (n_units,).

        Args:
            log_ratio: of the statistics, on the log scale.
            side: whether the statistic is held to be too large (1) or too small (-1).
        """

    @property
    @abstractmethod
    def widest(self) -> float:
        """A log ratio far beyond any that the rounds could have."""

    def chance(self, log_ratio: float, side: int) -> float:
        """How often coins give as much as observed at this ratio, or more (1), or less (-1)."""
        parts = self.differences(log_ratio, side)
        if not parts.all():
            parts = parts[parts != 0]
        return chance_of_sum(np.abs(parts), side * float(parts.sum()))

    def p_value(self) -> float:
        """Two-sided p-value of "no effect"."""
        # Among tied values the coins may be extreme, and no interval excludes the estimate.
        if not self.log_ratio:
            return 1.0
        # The other side's is more than a half.
        return min(1.0, 2 * self.chance(0.0, 1 if self.log_ratio > 0 else -1))

    def interval(self, confidence: float) -> Interval:
        """Every ratio that is not rejected, found from the estimate outwards.

        Returns: log ratios; an infinite end where the coins cannot reach the confidence.
        """
        tail = (1 - confidence) / 2
        if tail <= 0:
            return Interval(-math.inf, math.inf, 1.0)
        return Interval(self._end(tail, -1), self._end(tail, 1), confidence)

    def _end(self, tail: float, side: int) -> float:
        """The ratio beyond which all are rejected, below (-1) or above (1)."""

        def rejected(distance: float) -> bool:
            # At too high a ratio the variant's divided times are too short: sums are too small.
            return self.chance(self.log_ratio + side * distance, -side) <= tail

        widest = self.widest
        if not rejected(widest):
            return side * math.inf
        # Ends lie near the estimate: double the distance, then halve what is left.
        kept, reach = 0.0, _FIRST_REACH
        while reach < widest and not rejected(reach):
            kept, reach = reach, 2 * reach
        reach = min(reach, widest)
        while reach - kept > _CLOSE:
            middle = (kept + reach) / 2
            kept, reach = (kept, middle) if rejected(middle) else (middle, reach)
        return self.log_ratio + side * reach


class QuantileCoins(Coins):
    """Of a quantile."""

    def __init__(
        self, before: FloatArray, after: FloatArray, q: float, unit: IntArray | None = None
    ) -> None:
        """Take the rounds of two variants.

        Args:
            before: (n_rounds,) positive, the baseline's.
            after: (n_rounds,) of the same unit, the variant's in the same rounds.
            q: of the quantile, at least 0.5.
            unit: (n_rounds,) which unit a round is of, from 0, where one has several rounds.
        """
        self.log_ratio = math.log(np.quantile(after, q) / np.quantile(before, q))
        self._beyond = values_beyond(len(before), q)
        # Only those can be beyond the threshold, whatever the ratio is.
        high = [one >= _largest(one, self._beyond + 1) for one in (before, after)]
        rounds = np.flatnonzero(high[0] | high[1])
        self._before, self._after = before[rounds], after[rounds]
        self._unit = None if unit is None else unit[rounds]

    @property
    def widest(self) -> float:
        """Beyond it all late values are of one variant."""
        both = np.concatenate([self._before, self._after])
        return math.log(both.max() / both.min()) + abs(self.log_ratio) + 1

    def differences(self, log_ratio: float, side: int = 1) -> FloatArray:
        """Twice the variant's values beyond the threshold less the baseline's, in each unit."""
        after = self._after * math.exp(-log_ratio)
        threshold = self._threshold(after, side)
        # A value at the threshold counts half, so that a swap still only changes signs.
        parts = _doubled(after, threshold) - _doubled(self._before, threshold)
        return parts if self._unit is None else _summed(self._unit, parts)

    def _threshold(self, after: FloatArray, side: int) -> float:  # noqa: ARG002 - the same for both
        """The quantile of both variants together."""
        return _largest(np.concatenate([self._before, after]), self._beyond + 1)


class OneFactorCoins(QuantileCoins):
    """Of a quantile of rounds, where one factor applies to all requests alike.

    Where too few requests are beyond a quantile, it tells a change by all the others: re-drawn, the
    baseline's quantile is hardly ever as low as observed if the variant's other requests are all
    slower, and likewise the other way round.
    """

    def __init__(self, before: FloatArray, after: FloatArray, q: float) -> None:
        """Take the rounds of two variants, as `QuantileCoins` does."""
        super().__init__(before, after, q)
        # All of one variant may be beyond the quantile of the other.
        self._before, self._after = before, after
        self._rank = len(before) - math.ceil(len(before) * q - 1e-9) + 1

    def _threshold(self, after: FloatArray, side: int) -> float:
        """The quantile of the variant that seems faster."""
        return _largest(self._before if side > 0 else after, self._rank)


class MeanCoins(Coins):
    """Of a mean."""

    def __init__(self, before: FloatArray, after: FloatArray, unit: IntArray | None = None) -> None:
        """Take the rounds of two variants.

        Args:
            before: (n_rounds,) positive, the baseline's.
            after: (n_rounds,) of the same unit, the variant's in the same rounds.
            unit: as of `QuantileCoins`.
        """
        self.log_ratio = math.log(after.mean() / before.mean())
        if unit is not None:
            before, after = _summed(unit, before), _summed(unit, after)
        self._before, self._after = before, after

    @property
    def widest(self) -> float:
        """Beyond it every unit's difference has one sign."""
        farthest = float(np.abs(np.log(self._after / self._before)).max())
        return farthest + abs(self.log_ratio) + 1

    def differences(self, log_ratio: float, side: int = 1) -> FloatArray:  # noqa: ARG002
        """The variant's divided times less the baseline's, summed in each unit."""
        return self._after * math.exp(-log_ratio) - self._before


def _summed(unit: IntArray, values: FloatArray) -> FloatArray:
    return np.bincount(unit, values).astype(np.float64)


def values_beyond(n_rounds: int, q: float) -> int:
    """How many of both variants' values are beyond their common quantile."""
    # A hair less, so that 0.95 of 40 is 38 and not 39.
    return 2 * n_rounds - math.ceil(2 * n_rounds * q - 1e-9)


def rounds_to_bound(confidence: float, q: float) -> int:
    """The fewest rounds with which a quantile's interval of this confidence can be bounded.

    All values beyond the threshold, and the one at it, must then be of one variant.
    """
    heads = math.ceil(1 - math.log2(1 - confidence))
    return math.ceil((heads - 1) / (2 * (1 - q)) - 1e-9)


def _largest(values: FloatArray, rank: int) -> float:
    place = max(0, len(values) - rank)
    return float(np.partition(values, place)[place]) if len(values) else 0.0


def _doubled(values: FloatArray, threshold: float) -> npt.NDArray[Any]:
    """2 for each value beyond the threshold, 1 for one at it."""
    return (values > threshold).view(np.int8) + (values >= threshold).view(np.int8)


def chance_of_sum(sizes: FloatArray, at_least: float) -> float:
    """The chance that a sum with fair signs is at least so much.

    Exact for counts of 1 and 2 and for up to 100 numbers; there, those that are no counts are
    rounded to 20,000 steps in all. For more it is the saddlepoint approximation (Lugannani & Rice
    1980, "Saddle point approximation for the distribution of the sum of independent random
    variables"); if a few numbers make up the sum, the 100 largest are listed and the others normal.

    Inputs: (n,) positive sizes.
    """
    if not len(sizes):
        return 1.0 if at_least <= 0 else 0.0
    # The first number spares a look at all the others.
    if sizes[0] in {1, 2} and np.all((sizes == 1) | (sizes == 2)):
        ones = int((sizes == 1).sum())
        return _of_counts(ones, len(sizes) - ones, round(at_least))
    if len(sizes) <= _LISTED_UNITS_MAX:
        return _listed(sizes, at_least)
    spread = math.sqrt(float(np.square(sizes).sum()))
    if spread**2 * _SHARE_MAX < sizes.max() ** 2:
        largest = np.partition(sizes, len(sizes) - _LISTED_UNITS_MAX)
        others = largest[:-_LISTED_UNITS_MAX]
        noise = math.sqrt(float(np.square(others).sum()))
        return _listed(largest[-_LISTED_UNITS_MAX:], at_least, noise)
    return _saddlepoint(sizes, spread, at_least)


def _of_counts(ones: int, twos: int, at_least: int) -> float:
    """Of sums of so many ones and twos with fair signs."""
    up = np.arange(ones + 1)
    # 2 (2 heads - twos) of the twos must make up for what the ones leave.
    heads = np.ceil((at_least - (2 * up - ones) + 2 * twos) / 4)
    enough = np.where(heads <= 0, 1.0, special.bdtrc(np.clip(heads - 1, 0, twos), twos, 0.5))
    enough = np.where(heads > twos, 0.0, enough)
    log_chance = -ones * math.log(2) + (
        special.gammaln(ones + 1) - special.gammaln(up + 1) - special.gammaln(ones - up + 1)
    )
    return min(1.0, float(np.exp(log_chance) @ enough))


def _listed(sizes: FloatArray, at_least: float, spread: float = 0.0) -> float:
    """Of a sum to which normal noise of this standard deviation is added."""
    if np.any(sizes != np.rint(sizes)) or sizes.sum() > _STEPS:
        scale = _STEPS / float(sizes.sum())
        sizes, at_least, spread = sizes * scale, at_least * scale, spread * scale
    steps = np.rint(sizes).astype(np.int64)
    chance = np.ones(1)
    for step in steps.tolist():
        grown = np.zeros(len(chance) + step)
        grown[: len(chance)] += chance / 2
        grown[step:] += chance / 2
        chance = grown
    # The sum is twice what the positive ones add, less all. Rounding must not cut off what is
    # exactly as much as was observed.
    slack = len(sizes) / 2 if np.any(steps != sizes) else 1e-6
    if spread:
        # Nothing is cut off where the noise is wider than what rounding may do.
        slack = slack if spread < slack else 0.0
        sums = 2.0 * np.arange(len(chance)) - int(steps.sum())
        return min(1.0, float(chance @ special.ndtr((sums - at_least + slack) / spread)))
    first = math.ceil((at_least - slack + int(steps.sum())) / 2)
    return float(chance[max(0, first) :].sum())


def _saddlepoint(sizes: FloatArray, spread: float, at_least: float) -> float:
    """Of a sum with this standard deviation."""
    if at_least < 0:
        return 1 - _saddlepoint(sizes, spread, -at_least)
    if at_least >= float(sizes.sum()) * (1 - 1e-12):
        return 0.5 ** len(sizes)
    cut = max(0, len(sizes) - _OWN_SHAPE_MAX)
    own, target = np.partition(sizes, cut)[cut:] / spread, at_least / spread
    # Rounding must leave no variance, nor less than none, where there are no others.
    rest = max(0.0, 1 - float(np.square(own).sum())) if cut else 0.0

    # Newton, from what a normal sum would have; the slope is concave, so it never overshoots.
    t = target
    for _ in range(50):
        bent = np.tanh(t * own)
        off = target - rest * t - float((own * bent).sum())
        t += off / (rest + float((own**2 * (1 - bent**2)).sum()))
        if off <= 1e-9 * target:
            break
    if t < 1e-4:
        return 0.5 * math.erfc(target / math.sqrt(2))
    scaled = t * own
    # log cosh, which does not overflow.
    growth = float((np.logaddexp(scaled, -scaled) - math.log(2)).sum()) + rest * t * t / 2
    curvature = float(((own / np.cosh(np.minimum(scaled, 300.0))) ** 2).sum()) + rest
    if t * math.sqrt(curvature) < 1e-9:
        # Next to the largest sum there is no density. Chernoff's bound errs on the safe side.
        return min(1.0, math.exp(growth - t * target))
    root = math.sqrt(max(2 * (t * target - growth), 1e-300))
    normal = 0.5 * math.erfc(root / math.sqrt(2))
    density = math.exp(-root * root / 2) / math.sqrt(2 * math.pi)
    found = normal + density * (1 / (t * math.sqrt(curvature)) - 1 / root)
    return min(1.0, max(found, 0.0))
