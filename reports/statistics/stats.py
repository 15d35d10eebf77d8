"""The mathematics of comparing: pure functions of numbers, no I/O, no clock, no chance.

The unit is the randomised round (or the block of rounds), never the request: requests of one
moment share the machine's state, so a unit's log ratio of neighbours is what repeats.
Centre and interval are those of the Wilcoxon signed-rank test (Hodges & Lehmann 1963, "Estimates
of location based on rank tests"; Hollander, Wolfe & Chicken, "Nonparametric Statistical Methods",
ch. 3): signed ranks stay reliable where noise comes in bursts, which is how it comes.
"""

import bisect
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from scipy import special

from reports.statistics.values import FloatArray, IntArray, Interval, mean_ranks
from reports.statistics.walsh import Units

EXACT_UNITS_MAX = 100
"""Up to here the signed-rank null distribution is exact; beyond, the normal limit is closer than
any effect of interest."""

UNBOUNDED = Interval(-math.inf, math.inf, 1.0)
"""Too few units to bound anything at the confidence asked for."""

_POWER_Z = 1.2815515655446004  # 90 % power
_ONE_SIDED_Z = 1.6448536269514722  # 90 % two-sided


def log_ratios(before: FloatArray, after: FloatArray) -> FloatArray:
    """Effect of each round on the log scale.

    Inputs: (n_rounds,) each, positive, any one unit; row i of both ran in round i.
    Returns: (n_rounds,), dimensionless; 0 is no effect, positive is more.
    """
    return np.log(after) - np.log(before)


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
    """The q-quantile of each of n_rounds // rounds_per_block consecutive blocks.

    The blocks are of nearly equal length, and none is shorter than asked for.

    Inputs: (n_rounds,) in order of time. Returns: (n_blocks,), same unit.
    """
    alike = _by_length(values, rounds_per_block)
    return np.concatenate([[], *(np.quantile(group, q, axis=1) for group in alike)])


def block_means(values: FloatArray, rounds_per_block: int) -> FloatArray:
    """The mean of each block.

    Inputs: (n_rounds,) in order of time. Returns: (n_blocks,), same unit.
    """
    alike = _by_length(values, rounds_per_block)
    return np.concatenate([[], *(group.mean(axis=1) for group in alike)])


def _by_length(values: FloatArray, rounds_per_block: int) -> list[FloatArray]:
    """The blocks as tables of one length each, in their order: (n_blocks_alike, length)."""
    count = len(values) // rounds_per_block
    if not count:
        return []
    # What does not divide evenly makes the first blocks longer by one.
    size, longer = divmod(len(values), count)
    cut = longer * (size + 1)
    alike = values[:cut].reshape(longer, size + 1), values[cut:].reshape(count - longer, size)
    return [group for group in alike if len(group)]


def centre(units: FloatArray | Units) -> float:
    """Hodges-Lehmann centre: the median of all averages of two units.

    Inputs: (n,) with n >= 1, log ratios. Returns: a log ratio.
    """
    units = Units.of(units)
    count = len(units.up) * (len(units.up) + 1) // 2
    # Both middle ones, so that the centre of -units is exactly minus the centre of units.
    middle = units.walsh_averages((count + 1) // 2, count // 2 + 1)
    return (middle[0] + middle[1]) / 2


def signed_rank_interval(units: FloatArray | Units, confidence: float) -> Interval:
    """All centres that the signed-rank test does not reject.

    Ties and zeros make the closed interval reach more than the confidence, never less.

    Inputs: (n,) log ratios. Returns: log ratios with the confidence reached; `UNBOUNDED` where n
    units cannot reach the confidence.
    """
    units = Units.of(units)
    n = len(units.up)
    k, reached = _critical_count(n, confidence)
    if k == 0:
        return UNBOUNDED
    last = n * (n + 1) // 2 + 1 - k
    (low, _), (high, _) = units.walsh_averages(k, k), units.walsh_averages(last, last)
    return Interval(low, high, reached)


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
    return _cumulative(range(1, n + 1))


def _cumulative(ranks: Iterable[int]) -> FloatArray:
    """P(sum of positive ranks <= s) for s = 0 ... sum of ranks, when signs are fair coins."""
    probability = np.ones(1)
    for rank in ranks:
        grown = np.zeros(len(probability) + rank)
        grown[: len(probability)] += probability / 2
        grown[rank:] += probability / 2
        probability = grown
    return np.cumsum(probability)


def units_to_reach(confidence: float) -> int:
    """The fewest units with which a signed-rank interval of this confidence is bounded."""
    return math.ceil(1 - math.log2(1 - confidence))


def signed_rank_p(units: FloatArray | Units) -> float:
    """Two-sided p-value of "no effect"; zeros are split between the signs.

    Exact where the interval is, also with ties: where few values repeat, the normal limit is off by
    a quarter in either direction, and far out it is many times too large. Beyond, it is what
    scipy's `wilcoxon` gives, which ranks by sorting places and so takes three times as long.

    Inputs: (n,) log ratios.
    """
    up = Units.of(units).up
    n = len(up)
    if n <= EXACT_UNITS_MAX:
        return _exact_p(up)
    first, last = (int(np.searchsorted(up, 0.0, side=side)) for side in ("left", "right"))
    negative, positive, zeros = -up[:first][::-1], up[last:], last - first
    if zeros == n:
        return 1.0
    # Two runs that are in order each: a stable sort only merges them.
    size = np.sort(np.concatenate([negative, positive]), kind="stable")
    tied = np.diff(np.flatnonzero(np.diff(size, prepend=-1, append=np.inf))).astype(np.float64)
    untied = len(tied) == len(size)
    smaller = np.searchsorted(negative, positive, side="left")
    up_to = smaller if untied else np.searchsorted(negative, positive, side="right")
    m = len(positive)
    ranks = m * (m + 1) / 2 + int((smaller + up_to).sum()) / 2 + m * zeros + zeros * (zeros + 1) / 4
    ties = float((tied**3 - tied).sum()) + float(zeros**3 - zeros)
    sd = math.sqrt((n * (n + 1.0) * (2.0 * n + 1.0) - ties / 2) / 24)
    z = (ranks - n * (n + 1.0) / 4) / sd
    return 2 * float(special.ndtr(-abs(z - math.copysign(0.5 / sd, z) if z else z)))


def _exact_p(units: FloatArray) -> float:
    signs = np.sign(units).astype(np.int64)
    # Ranks of ties are halves, so twice a rank is whole. Zeros have ranks and no sign.
    doubled = np.rint(2 * mean_ranks(np.abs(units))).astype(np.int64) * np.abs(signs)
    smaller = (int(doubled.sum()) - abs(int(signs @ doubled))) // 2
    return min(1.0, 2 * float(_cumulative(doubled[doubled > 0].tolist())[smaller]))


def quantile_interval(values: FloatArray, q: float, confidence: float) -> Interval:
    """Interval of a quantile between two order statistics (binomial; David & Nagaraja, ch. 7).

    Inputs: (n,) independent values. Returns: same unit; an infinite end where n is too small.
    """
    n, tail = len(values), (1 - confidence) / 2
    low_rank, high_rank = _binomial_quantile(tail, n, q), _binomial_quantile(1 - tail, n, q) + 1
    reached = special.bdtr(high_rank - 1, n, q)
    if low_rank >= 1:
        reached -= special.bdtr(low_rank - 1, n, q)
    places = [rank - 1 for rank in (low_rank, high_rank) if 1 <= rank <= n]
    up = np.partition(values, places) if places else values
    return Interval(
        float(up[low_rank - 1]) if low_rank >= 1 else -math.inf,
        float(up[high_rank - 1]) if high_rank <= n else math.inf,
        float(reached),
    )


def tail_intervals(
    stretches: Sequence[FloatArray], q: float, confidences: Sequence[float]
) -> list[Interval]:
    """Intervals of a high quantile of values that resemble their neighbours.

    Each holds every threshold beyond which the share of values does not differ from 1 - q, by
    Student's t over the shares of stretches (batch means, as in `mean_interval`). Their spread
    counts as no less than that of independent values: few stretches of no late value show none.

    Inputs: at least two stretches, n values in all. Returns: same unit; an infinite end where n is
    too small.
    """
    ascending_each = [np.sort(one) for one in stretches]
    up = np.sort(np.concatenate(ascending_each))
    sizes = np.array([len(one) for one in stretches])
    n, late = len(up), 1 - q
    independent = late * q / n

    def off(place: int) -> float:
        beyond = sizes - [np.searchsorted(one, up[place], side="right") for one in ascending_each]
        share = float(beyond.sum()) / n
        # Of a ratio of sums, as stretches may differ in length.
        parts = (beyond - share * sizes) / n
        spread = float((parts**2).sum()) * len(sizes) / (len(sizes) - 1)
        return (share - late) / math.sqrt(max(spread, independent))

    found = []
    for confidence in confidences:
        reach = float(special.stdtrit(len(sizes) - 1, (1 + confidence) / 2))
        # Ends are values themselves: the first with no significantly larger share beyond, and the
        # last but one with no significantly smaller.
        low = bisect.bisect_left(range(n), -reach, key=lambda place: -off(place))
        high = bisect.bisect_right(range(n), reach, key=lambda place: -off(place))
        ends = [float(up[place]) if place < n else math.inf for place in (low, high)]
        found.append(Interval(ends[0], ends[1], confidence))
    return found


def _binomial_quantile(probability: float, n: int, q: float) -> int:
    """The fewest successes that are not passed with this probability, as scipy's `binom.ppf`.

    Its distributions check and broadcast for a millisecond, a thousand times in a run.
    """
    fewest = max(0, math.ceil(special.bdtrik(probability, n, q)))
    return fewest - 1 if fewest and special.bdtr(fewest - 1, n, q) >= probability else fewest


def mean_interval(values: FloatArray, confidence: float) -> Interval:
    """Interval of the mean: Student's t, as a factor (delta method), because no time is below 0.

    Of means of long stretches it is the method of batch means (Law, *Simulation Modeling and
    Analysis*, ch. 9).

    Inputs: (n,) independent positive values, n >= 2. Returns: same unit.
    """
    if confidence >= 1:
        return Interval(0.0, math.inf, 1.0)
    mean = float(values.mean())
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    reach = float(special.stdtrit(len(values) - 1, (1 + confidence) / 2)) * error / mean
    return Interval(mean * math.exp(-reach), mean * math.exp(reach), confidence)


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


def tail_curve(values: FloatArray, points: int = 60) -> tuple[FloatArray, FloatArray]:
    """The slowest tenth: shares that are slower, evenly spaced on a log scale, and their values.

    Inputs: (n,) values, n >= 10. Returns: shares from 0.1 down to 1 / n, and their quantiles.
    """
    shares = np.unique(np.geomspace(1 / len(values), 0.1, points))[::-1]
    return shares, np.quantile(values, 1 - shares)


def shift_p(one: FloatArray, other: FloatArray) -> float:
    """Mann-Whitney p-value, two-sided, that one group is shifted against the other."""
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - see `mean_ranks`

    return float(mannwhitneyu(one, other).pvalue)


def fair_p(happened: int, times: int, chance: float) -> float:
    """Two-sided binomial p-value that something happens with a given chance."""
    from scipy.stats import binomtest  # noqa: PLC0415 - see `mean_ranks`

    return float(binomtest(happened, times, chance).pvalue) if times else 1.0


def rates_differ_p(errors: Sequence[int], totals: Sequence[int]) -> float:
    """Fisher's exact p-value that two error rates are the same.

    Inputs: errors and requests of the two variants.
    """
    if not any(errors):
        return 1.0
    from scipy.stats import fisher_exact  # noqa: PLC0415 - see `mean_ranks`

    table = np.array([[bad, total - bad] for bad, total in zip(errors, totals, strict=True)])
    return float(fisher_exact(table).pvalue)
