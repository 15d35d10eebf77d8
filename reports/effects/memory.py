"""What the target's processes hold, memory and descriptors: at the start, at most, and its growth.

Where servers start again and again, the unit is the pair of starts. A server that is started once
has one start and one peak, which are shown and not compared: two processes of one code differ.
Its growth with requests is estimated from stretches of its life.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from contract.metrics import (
    DESCRIPTORS_GROWTH,
    GROWTHS,
    MEMORY_GROWTH,
    MEMORY_PEAK,
    MEMORY_START,
    find,
)
from contract.run.memory import MemoryRow
from contract.run.record import RunRecord
from contract.run.samples import Samples
from reports.effects.estimating import Terms, estimate_alone
from reports.effects.family import judge_alone
from reports.effects.looks import look_of
from reports.effects.pairing import Paired
from reports.effects.shapes import Effect, Level, Verdict
from reports.statistics import sequential, slopes, stats
from reports.statistics.ranks import SignedRanks
from reports.statistics.values import UNITS_MIN, FloatArray, Interval

SETTLING_SHARE = 0.2
"""Of the requests of one start: what is kept for the first time, such as caches, is no growth."""

_AS_COUNTED = {Verdict.SLOWER: Verdict.MORE, Verdict.FASTER: Verdict.FEWER}
"""Less memory is not faster."""


@dataclass(frozen=True)
class ServerMemory:
    """The memory of one service or other part, over all of its starts, in bytes.

    Attributes:
        server: the variant that it serves, or the part's name; empty for a service of all.
        starts: how often it was started.
        requests: sent to it, all starts together.
        start: once it was ready, before the first request of the run.
        peak: the most; None where the system does not tell.
        growth: per request; None with fewer than two readings of a start.
        descriptors: the most that were open at a reading; None where they cannot be read.
        descriptors_growth: of them, per request; likewise None.
    """

    server: str
    starts: int
    requests: int
    start: Level
    peak: Level | None
    growth: Level | None
    descriptors: int | None = None
    descriptors_growth: Level | None = None

    def growth_of(self, metric: str) -> Level | None:
        """Its growth by one of `GROWTHS`."""
        return self.growth if metric == MEMORY_GROWTH else self.descriptors_growth


@dataclass(frozen=True)
class GrowthChange:
    """How much more a variant's server grows than the baseline's, per request.

    Attributes:
        n: pairs of starts.
        metric: one of `GROWTHS`, in whose unit it is.
    """

    variant: str
    difference: float
    interval90: Interval
    interval_familywise: Interval
    n: int
    verdict: Verdict
    metric: str = MEMORY_GROWTH


@dataclass(frozen=True)
class Memory:
    """The memory of a run's services, and of the other parts of their target.

    Attributes:
        servers: one, or one for each variant.
        effects: of start and peak, pair by pair of starts; empty where servers were started once.
        growths: likewise of growth.
        parts: what the services need and share, such as a database.
    """

    servers: tuple[ServerMemory, ...]
    effects: tuple[Effect, ...] = ()
    growths: tuple[GrowthChange, ...] = ()
    parts: tuple[ServerMemory, ...] = ()

    def of(self, variant: str) -> ServerMemory | None:
        """The service that serves a variant."""
        return next((one for one in self.servers if one.server in {"", variant}), None)


@dataclass(frozen=True)
class _Start:
    """One life of a server: how many requests had been sent at each reading, and what was read."""

    requests: FloatArray
    rss_bytes: FloatArray
    peak_bytes: float
    descriptors: FloatArray

    def held(self, metric: str) -> FloatArray:
        """What one of `GROWTHS` is the growth of; NaN where it could not be read."""
        return self.rss_bytes if metric == MEMORY_GROWTH else self.descriptors


def measures_memory(record: RunRecord) -> bool:
    """Whether the memory of the service's processes can be read in a run."""
    return record.processes is not None and not record.processes.memory_unknown


def compare_memory(
    record: RunRecord,
    samples: Samples,
    readings: Sequence[MemoryRow],
    margins: Mapping[str, float],
    confidence: float,
) -> Memory | None:
    """What the readings of memory show; None where there are none.

    Args:
        record: of the run.
        samples: of the run, which say what had been sent at each reading.
        readings: in order of time.
        margins: by metric, as ratios.
        confidence: of each interval, so that it holds jointly with the run's others.
    """
    if not readings:
        return None
    lives = {
        place: _lives(place, record, samples, readings)
        for place in dict.fromkeys((one.server, one.part) for one in readings)
    }
    n_parts = sum(bool(part) for _, part in lives)
    # Whatever grows beyond a budget fails it.
    each = 1 - (1 - confidence) / (1 + n_parts)
    found = {place: _memory_of(place, of, each) for place, of in lives.items()}
    servers = tuple(one for (_, part), one in found.items() if not part)
    parts = tuple(one for (_, part), one in found.items() if part)
    baseline = lives.get((record.baseline, ""))
    if record.restarts is None or baseline is None:
        return Memory(servers, parts=parts)
    effects: list[Effect] = []
    growths: list[GrowthChange] = []
    for variant in (one for one in record.variants if one != record.baseline):
        pairs = [*zip(baseline, lives.get((variant, ""), ()), strict=False)]
        if pairs:
            compared = _Pairs(record, variant, pairs, margins, confidence)
            effects += compared.effects()
            growths += compared.growths()
    return Memory(servers, tuple(effects), tuple(growths), parts)


def _lives(
    place: tuple[str, str], record: RunRecord, samples: Samples, readings: Sequence[MemoryRow]
) -> list[_Start]:
    """The starts of one server or part, in order."""
    server, _ = place
    codes, names = samples.labels("variant")
    known = [name for name in record.variants if server in {"", name} and name in names]
    mine = np.isin(codes, [names.index(name) for name in known])
    sent_s = np.sort(samples.values("start_s")[mine])
    by_start: dict[int, list[MemoryRow]] = {}
    for one in readings:
        if (one.server, one.part) == place:
            by_start.setdefault(one.start, []).append(one)
    return [
        _Start(
            requests=(sent - sent[0]).astype(np.float64),
            rss_bytes=np.array([one.rss_bytes for one in of], np.float64),
            peak_bytes=max(math.nan if one.peak_bytes is None else one.peak_bytes for one in of),
            descriptors=np.array(
                [math.nan if one.descriptors is None else one.descriptors for one in of], np.float64
            ),
        )
        for of in by_start.values()
        for sent in (np.searchsorted(sent_s, [one.time_s for one in of]),)
    ]


def _memory_of(place: tuple[str, str], lives: Sequence[_Start], confidence: float) -> ServerMemory:
    server, part = place
    peaks = np.array([one.peak_bytes for one in lives])
    descriptors = np.concatenate([one.descriptors for one in lives])
    known = not np.isnan(descriptors).any()
    return ServerMemory(
        server=part or server,
        starts=len(lives),
        requests=int(sum(one.requests[-1] for one in lives)),
        start=_median(np.array([one.rss_bytes[0] for one in lives]), confidence),
        peak=None if np.isnan(peaks).any() else _median(peaks, confidence),
        growth=_growth(lives, MEMORY_GROWTH, confidence),
        descriptors=int(descriptors.max()) if known else None,
        descriptors_growth=_growth(lives, DESCRIPTORS_GROWTH, confidence) if known else None,
    )


def _median(values: FloatArray, confidence: float) -> Level:
    """Of a single start what was read, which no other start is known to repeat."""
    ninety, wide = (
        stats.quantile_interval(values, 0.5, one) if len(values) > 1 else _exactly(values[0])
        for one in (0.90, confidence)
    )
    return Level(float(np.median(values)), ninety, wide)


def _exactly(value: float) -> Interval:
    return Interval(float(value), float(value), 1.0)


def _growth(lives: Sequence[_Start], metric: str, confidence: float) -> Level | None:
    """The mean slope over all starts; of a single one, over stretches of its life."""
    if len(lives) > 1:
        found = np.array([_slope(one, metric) for one in lives])
        found = found[np.isfinite(found)]
    else:
        (one,) = lives
        later = one.requests >= SETTLING_SHARE * one.requests[-1]
        requests, held = one.requests[later], one.held(metric)[later]
        if len(requests) < 2 or requests[0] == requests[-1]:
            return None
        found = slopes.stretch_slopes(requests, held)
        if len(found) < slopes.STRETCHES_MIN:
            nothing = Interval(-math.inf, math.inf, 1.0)
            return Level(slopes.slope(requests, held), nothing, nothing)
    if not len(found):
        return None
    ninety, wide = (slopes.mean_between(found, one) for one in (0.90, confidence))
    return Level(float(found.mean()), ninety, wide)


def _slope(one: _Start, metric: str) -> float:
    return slopes.slope(one.requests, one.held(metric))


class _Pairs:
    """Pairs of starts of a variant and the baseline."""

    def __init__(
        self,
        record: RunRecord,
        variant: str,
        pairs: Sequence[tuple[_Start, _Start]],
        margins: Mapping[str, float],
        confidence: float,
    ) -> None:
        self._variant = variant
        self._look = look_of(
            record,
            range(1, len(pairs) + 1),
            at_end=all(one.ended in {"rounds", "time"} for one in record.scenarios),
        )
        # Pairs after the last look may be the reason why there are no more.
        self._pairs = pairs[: self._look.rounds]
        self._terms = Terms(
            scenario="",
            baseline=record.baseline,
            margins=margins,
            confidence=confidence,
            canary=False,
            round_s=sum(one.budget_s for one in record.scenarios) / len(pairs),
            look=self._look,
            primaries=(),
            shifts={},
        )

    def effects(self) -> Iterator[Effect]:
        """Of start and peak."""
        pairs = self._pairs
        sizes = {
            MEMORY_START: [[one.rss_bytes[0] for one in pair] for pair in pairs],
            MEMORY_PEAK: [[one.peak_bytes for one in pair] for pair in pairs],
        }
        for metric, of_pairs in sizes.items():
            before, after = np.array(of_pairs, np.float64).reshape(-1, 2).T
            if not (np.isfinite(before) & np.isfinite(after)).all() or not len(before):
                continue
            block = np.arange(len(before))
            paired = Paired(find(metric), self._variant, before, after, block, "pairs")
            (effect,) = judge_alone([estimate_alone(paired, self._terms)])
            verdict = _AS_COUNTED.get(effect.verdict, effect.verdict)
            yield replace(effect, verdict=verdict)

    def growths(self) -> Iterator[GrowthChange]:
        """Of growth: differences, because a slope may be nothing or less."""
        for metric in GROWTHS:
            yield from self._growths_of(metric)

    def _growths_of(self, metric: str) -> Iterator[GrowthChange]:
        slopes_of = np.array([[_slope(one, metric) for one in pair] for pair in self._pairs])
        more = np.diff(slopes_of.reshape(-1, 2), axis=1)[:, 0]
        more = more[np.isfinite(more)]
        if not len(more):
            return
        tested = SignedRanks(more)
        ninety, wide = (
            sequential.interval_at(self._look, tested, one)
            for one in (0.90, self._terms.confidence)
        )
        verdict = Verdict.INCONCLUSIVE
        if len(more) >= UNITS_MIN and not wide.holds(0.0):
            verdict = Verdict.MORE if wide.low > 0 else Verdict.FEWER
        yield GrowthChange(
            self._variant, tested.log_ratio, ninety, wide, len(more), verdict, metric
        )
