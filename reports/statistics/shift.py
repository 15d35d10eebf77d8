"""What a variant did to every part of the distribution: its shift function, as ratios.

Doksum 1974 ("Empirical probability plots and statistical inference for nonlinear models in the
two-sample case") takes the difference of two samples' quantiles at each probability; here it is the
ratio, variant / baseline, as for every other effect. The band comes from a bootstrap of blocks of
rounds (Künsch 1989, "The jackknife and the bootstrap for general stationary observations"), whose
ends are joined to a circle so that each round is drawn alike (Politis & Romano 1992, "A circular
block-resampling procedure for stationary data"). A round is drawn whole, for all variants: pairing
stays, and so does what neighbours have in common.

For the picture alone: no verdict comes from it. It pools all requests, knows nothing of looks, and
no other comparison of the run is allowed for.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from reports.statistics.values import UNITS_MIN, FloatArray, IntArray

CONFIDENCE = 0.95
"""That the whole band holds the truth, at all probabilities together."""

_PROBABILITIES = np.array([*(step / 40 for step in range(2, 39)), 0.975, 0.99, 0.995, 0.999])
# As many as p95 has in a block of 200 rounds, and p99 in one of 1000.
_BEYOND_MIN = 10
# Below these only the middle of the distribution is left.
_ROUNDS_MIN = 50
# What is left of a longer run: more would narrow the band by less than its line is thick.
_ROUNDS_MAX = 20_000
_RESAMPLES = 500
# Blocks of so many times the cube root of the number of rounds.
_BLOCK_FACTOR = 2.0


@dataclass(frozen=True)
class ShiftFunction:
    """What a variant did to each quantile of latency; for the picture, no verdict comes from it.

    Attributes:
        probabilities: of the quantiles, ascending; only those that the rounds carry.
        ratios: variant / baseline, of the quantiles over all requests; as many as probabilities.
        lows, highs: a band that holds the whole of the truth; as many as probabilities.
        confidence: of the band, at all probabilities together.
        n: rounds behind it.
    """

    variant: str
    probabilities: tuple[float, ...]
    ratios: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    confidence: float
    n: int


def shift_functions(
    latencies: Mapping[str, FloatArray], baseline: str, seed: int, block: IntArray | None = None
) -> tuple[ShiftFunction, ...]:
    """The shift function of every variant but the baseline.

    Args:
        latencies: seconds by variant, (n_rounds,) each, positive, in order of time.
        baseline: one of the variants.
        seed: the same one gives the same band.
        block: under load, the switchback block of each round, ascending; they are drawn whole.

    Returns: none where there are too few rounds or blocks.
    """
    names = list(latencies)
    n, base = len(latencies[baseline]), names.index(baseline)
    if n < _ROUNDS_MIN or (block is not None and len(np.unique(block)) < UNITS_MIN):
        return ()
    chance = np.random.default_rng(abs(seed))
    kept = np.arange(n)
    if n > _ROUNDS_MAX:
        # Drawn at random: every k-th would meet, or miss, whatever comes back every k rounds.
        kept = np.sort(chance.choice(n, _ROUNDS_MAX, replace=False, shuffle=False))
        n = _ROUNDS_MAX
    times = np.array([one[kept] for one in latencies.values()])
    draws = _draws(n, None if block is None else block[kept], chance)
    probabilities = _carried(n)
    found = np.log(np.quantile(times, probabilities, axis=1).T)
    replays = np.log(_drawn_quantiles(times, draws, probabilities))
    return tuple(
        _shift_function(
            name,
            probabilities,
            found[index] - found[base],
            replays[:, index] - replays[:, base],
            n,
        )
        for index, name in enumerate(names)
        if index != base
    )


def _carried(n: int) -> FloatArray:
    """The probabilities with enough of n rounds on either side."""
    beyond = np.minimum(_PROBABILITIES, 1 - _PROBABILITIES) * n
    carried: FloatArray = _PROBABILITIES[beyond >= _BEYOND_MIN - 1e-9]
    return carried


def _drawn_quantiles(
    times: FloatArray, draws: Iterable[IntArray], probabilities: FloatArray
) -> FloatArray:
    """The quantiles of each resample, as numpy's: (n_resamples, n_variants, n_probabilities).

    Sorted once: a resample is how often each round was drawn, and ranks are sums of that.

    Inputs: (n_variants, n_rounds); how often each round was drawn, (n_rounds,) for each resample.
    """
    order = np.argsort(times, axis=1)
    ascending = np.take_along_axis(times, order, axis=1)
    found = []
    for count in draws:
        below, share = np.divmod(probabilities * (count.sum() - 1), 1)
        for values, up_to in zip(ascending, np.cumsum(count[order], axis=1), strict=True):
            low, high = values[np.searchsorted(up_to, [below + 1, below + 2])]
            found.append(low + share * (high - low))
    return np.array(found).reshape(-1, len(times), len(probabilities))


def _draws(n: int, block: IntArray | None, chance: np.random.Generator) -> Iterator[IntArray]:
    """How often each resample draws each round, (n,)."""
    if block is not None:
        _, place = np.unique(block, return_inverse=True)
        blocks = int(place[-1]) + 1
        for _ in range(_RESAMPLES):
            drawn = chance.integers(blocks, size=blocks)
            yield np.bincount(drawn, minlength=blocks)[place]
        return
    length = math.ceil(_BLOCK_FACTOR * n ** (1 / 3))
    n_blocks = math.ceil(n / length)
    ends = np.full(n_blocks, length)
    # The last one is cut off, so that each resample has n rounds.
    ends[-1] = n - length * (n_blocks - 1)
    for _ in range(_RESAMPLES):
        starts = chance.integers(n, size=n_blocks)
        stops = starts + ends
        change = np.bincount(starts, minlength=n) - np.bincount(stops % n, minlength=n)
        # Those that run over the end go on at the beginning.
        yield np.cumsum(change) + np.count_nonzero(stops >= n)


def _shift_function(
    variant: str, probabilities: FloatArray, logs: FloatArray, replays: FloatArray, n: int
) -> ShiftFunction:
    """Wide enough for the resamples' farthest point, in standard deviations of its probability.

    Inputs: (n_probabilities,), log ratios; (n_resamples, n_probabilities).
    """
    spread = replays.std(axis=0)
    apart = np.abs(replays - logs)
    # Where no resample differs there is nothing to divide by, nor anything to allow for.
    scaled = np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0)
    reach = float(np.quantile(scaled.max(axis=1), CONFIDENCE)) * spread
    ratios, lows, highs = (np.exp(one) for one in (logs, logs - reach, logs + reach))
    return ShiftFunction(
        variant=variant,
        probabilities=tuple(probabilities.tolist()),
        ratios=tuple(ratios.tolist()),
        lows=tuple(lows.tolist()),
        highs=tuple(highs.tolist()),
        confidence=CONFIDENCE,
        n=n,
    )
