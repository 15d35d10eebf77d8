"""The mathematics of comparing: pure functions of numbers, no I/O, no clock, no chance.

The unit is the randomised round (or the block of rounds), never the request: requests of one
moment share the machine's state, so a unit's log ratio of neighbours is what repeats.
Centre and interval are those of the Wilcoxon signed-rank test (Hodges & Lehmann 1963, "Estimates
of location based on rank tests"; Hollander, Wolfe & Chicken, "Nonparametric Statistical Methods",
ch. 3): signed ranks stay reliable where noise comes in bursts, which is how it comes.
"""

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import optimize, special, stats

from reports.model import FloatArray, IntArray, Interval

EXACT_UNITS_MAX = 100
"""Up to here the signed-rank null distribution is exact; beyond, the normal limit is closer than
any effect of interest."""

UNBOUNDED = Interval(-math.inf, math.inf, 1.0)
"""Too few units to bound anything at the confidence asked for."""

_TOLERANCE = 1e-13
_POWER_Z = 1.2815515655446004  # 90 % power
_ONE_SIDED_Z = 1.6448536269514722  # 90 % two-sided


def log_ratios(before: FloatArray, after: FloatArray) -> FloatArray:
    """Effect of each round on the log scale.

    Inputs: (n_rounds,) each, positive, any one unit; row i of both ran in round i.
    Returns: (n_rounds,), dimensionless; 0 is no effect, positive is more.
    """
    return np.log(after) - np.log(before)


def blocks(values: FloatArray, rounds_per_block: int) -> list[FloatArray]:
    """Consecutive stretches of nearly equal length, none shorter than asked for.

    Inputs: (n_rounds,) in order of time. Returns: n_rounds // rounds_per_block arrays.
    """
    count = len(values) // rounds_per_block
    return list(np.array_split(values, count)) if count else []


def joined_blocks(values: FloatArray, block: IntArray, rounds_min: int) -> list[FloatArray]:
    """Consecutive blocks, joined until each stretch has at least so many rounds.

    What is left over at the end joins the last stretch.

    Inputs: (n_rounds,) each; `block` ascending. Returns: no stretch where there are too few rounds.
    """
    cuts = [0]
    for end in np.flatnonzero(np.diff(block, append=np.inf)) + 1:
        if end - cuts[-1] >= rounds_min:
            cuts.append(int(end))
    return np.split(values, cuts[1:-1]) if len(cuts) > 1 else []


def block_quantiles(values: FloatArray, q: float, rounds_per_block: int) -> FloatArray:
    """The q-quantile of each block.

    Inputs: (n_rounds,) in order of time. Returns: (n_blocks,), same unit.
    """
    found = blocks(values, rounds_per_block)
    # Lengths differ by one at most, and each length is one call.
    alike = (list(group) for _, group in itertools.groupby(found, len))
    return np.concatenate([[], *(np.quantile(group, q, axis=1) for group in alike)])


def walsh_average(ascending: FloatArray, k: int) -> float:
    """The k-th smallest average of two units, each unit also paired with itself; k counts from 1.

    Searches for the value at or below which k averages lie; a sorted array counts them in
    n log n, while the n (n + 1) / 2 averages themselves would not fit into memory for long runs.
    Exact to 1e-13.
    """
    low, high = float(ascending[0]), float(ascending[-1])
    if _averages_up_to(ascending, low) >= k:
        return low
    found = optimize.brentq(
        lambda value: _averages_up_to(ascending, value) - k + 0.5, low, high, xtol=_TOLERANCE
    )
    return float(found)


def _averages_up_to(ascending: FloatArray, limit: float) -> int:
    # The smaller of two is at most the limit; its partners stand at its own place or later.
    smaller = int(np.searchsorted(ascending, limit, side="right"))
    ends = np.searchsorted(ascending, 2 * limit - ascending[:smaller], side="right")
    return int(ends.sum()) - smaller * (smaller - 1) // 2


def centre(units: FloatArray) -> float:
    """Hodges-Lehmann centre: the median of all averages of two units.

    Inputs: (n,) with n >= 1, log ratios. Returns: a log ratio.
    """
    up = np.sort(units)
    k = (len(up) * (len(up) + 1) // 2 + 1) // 2
    # Counting from both ends makes the centre of -units exactly minus the centre of units.
    return (walsh_average(up, k) - walsh_average(-up[::-1], k)) / 2


def signed_rank_interval(units: FloatArray, confidence: float) -> Interval:
    """All centres that the signed-rank test does not reject.

    Ties and zeros make the closed interval reach more than the confidence, never less.

    Inputs: (n,) log ratios. Returns: log ratios with the confidence reached; `UNBOUNDED` where n
    units cannot reach the confidence.
    """
    k, reached = _critical_count(len(units), confidence)
    if k == 0:
        return UNBOUNDED
    up = np.sort(units)
    return Interval(walsh_average(up, k), -walsh_average(-up[::-1], k), reached)


def _critical_count(n: int, confidence: float) -> tuple[int, float]:
    """The largest k with P(rank sum < k) <= (1 - confidence) / 2, and the confidence reached."""
    tail = (1 - confidence) / 2
    if tail == 0:
        return 0, 1.0
    if n <= EXACT_UNITS_MAX:
        cumulative = _rank_sum_cumulative(n)
        k = int(np.searchsorted(cumulative, tail, side="right"))
        return k, 1 - 2 * float(cumulative[k - 1]) if k else 1.0
    mean, sd = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    k = max(0, math.floor(mean + sd * float(special.ndtri(tail)) - 0.5) + 1)
    return k, 1 - 2 * float(special.ndtr((k - 0.5 - mean) / sd))


@lru_cache(maxsize=EXACT_UNITS_MAX + 1)
def _rank_sum_cumulative(n: int) -> FloatArray:
    """P(sum of positive ranks <= s) for s = 0 ... n (n + 1) / 2, when signs are fair coins."""
    probability = np.ones(1)
    for rank in range(1, n + 1):
        grown = np.zeros(len(probability) + rank)
        grown[: len(probability)] += probability / 2
        grown[rank:] += probability / 2
        probability = grown
    return np.cumsum(probability)


def units_to_reach(confidence: float) -> int:
    """The fewest units with which a signed-rank interval of this confidence is bounded."""
    return math.ceil(1 - math.log2(1 - confidence))


def signed_rank_p(units: FloatArray) -> float:
    """Two-sided p-value of "no effect"; zeros are split between the signs.

    Inputs: (n,) log ratios.
    """
    if not np.any(units):
        return 1.0
    exact = len(units) <= 50 and _untied(units)
    outcome = stats.wilcoxon(
        units, zero_method="zsplit", correction=True, method="exact" if exact else "approx"
    )
    return float(outcome.pvalue)


def _untied(units: FloatArray) -> bool:
    sizes = np.abs(units)
    return bool(np.all(sizes > 0)) and len(np.unique(sizes)) == len(sizes)


def quantile_interval(values: FloatArray, q: float, confidence: float) -> Interval:
    """Interval of a quantile between two order statistics (binomial; David & Nagaraja, ch. 7).

    Inputs: (n,) independent values. Returns: same unit; an infinite end where n is too small.
    """
    up = np.sort(values)
    n, tail = len(up), (1 - confidence) / 2
    low_rank = int(stats.binom.ppf(tail, n, q))
    high_rank = int(stats.binom.ppf(1 - tail, n, q)) + 1
    reached = stats.binom.cdf(high_rank - 1, n, q) - stats.binom.cdf(low_rank - 1, n, q)
    return Interval(
        float(up[low_rank - 1]) if low_rank >= 1 else -math.inf,
        float(up[high_rank - 1]) if high_rank <= n else math.inf,
        float(reached),
    )


def detectable(half90: float, half_familywise: float) -> float:
    """The smallest effect these units would have told from none 9 times in 10.

    Inputs: half widths of the two intervals on the log scale. Returns: a log ratio.
    """
    return half_familywise + _POWER_Z * half90 / _ONE_SIDED_Z


def units_needed(
    estimate: float, half90: float, half_familywise: float, margin: float, n: int
) -> float:
    """About how many units would bring a verdict if the effect is what it seems to be.

    Intervals narrow with the root of n. A verdict comes when the family-wise interval no longer
    reaches 0, or when the 90 % interval fits into the margin, whichever is sooner.

    Inputs: all on the log scale; n units so far. Returns: units in all, possibly infinite.
    """
    size = abs(estimate)
    apart = (half_familywise / size) ** 2 if size > 0 else math.inf
    within = (half90 / (margin - size)) ** 2 if size < margin else math.inf
    return n * min(apart, within)


def curve(values: FloatArray, points: int = 260) -> tuple[FloatArray, FloatArray]:
    """The empirical distribution at evenly spaced probabilities, tails included.

    Inputs: (n,) values. Returns: probabilities and values, each of min(n, points).
    """
    probabilities = (np.arange(min(len(values), points)) + 0.5) / min(len(values), points)
    return probabilities, np.quantile(values, probabilities)


def shift_p(one: FloatArray, other: FloatArray) -> float:
    """Mann-Whitney p-value, two-sided, that one group is shifted against the other."""
    return float(stats.mannwhitneyu(one, other).pvalue)


def rates_differ_p(errors: Sequence[int], totals: Sequence[int]) -> float:
    """Fisher's exact p-value that two error rates are the same.

    Inputs: errors and requests of the two variants.
    """
    table = np.array([[bad, total - bad] for bad, total in zip(errors, totals, strict=True)])
    return float(stats.fisher_exact(table).pvalue)
