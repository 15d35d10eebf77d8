"""What a variant took in one run and in another: unpaired, so the interval allows for the machine.

Unchanged code wanders between runs as it does between the minutes of one; more samples do not help.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from contract.metrics import TAIL, TYPICAL, find
from reports.effects.agreement import Difference, Side, doubts
from reports.effects.estimating import decide
from reports.effects.reasons import Name, Reason, reason
from reports.effects.rounds import places_of, right_answers
from reports.effects.shapes import Verdict
from reports.effects.validity import SEPARATE_SERVERS_DIFFER
from reports.statistics import stats
from reports.statistics.values import FloatArray, Interval

METRICS = (TYPICAL, TAIL)

# No scenario is named so: names are words.
_BASELINE = "the baseline"

PARTS = 6
"""A run's level is taken to be as uncertain as that of a sixth of it.

What wanders slowly differs between two runs as much as between two long stretches of one, however
long they are: a run is one more stretch. Simulated with wander of 5 % at each of 5, 60, 600 and
6000 s, 90 % intervals from the spread of six parts miss 22 % of the time, which the widening by
what the canary did brings to 0; with the usual standard error of a mean they miss 62 %.
"""

# A stretch is one block or more, so that its quantile means something.
_REQUESTS_MIN = {TYPICAL: 20, TAIL: 100}


@dataclass(frozen=True)
class Change:
    """One number in two runs, and what may be said about its change.

    Attributes:
        first, second: an effect, variant / baseline, or a level in seconds; NaN where unknown.
        ratio: second / first.
        interval90, interval_familywise: of that ratio.
        reasons: why no verdict may be given.
    """

    scenario: str
    variant: str
    metric: str
    first: float
    second: float
    ratio: float
    interval90: Interval
    interval_familywise: Interval
    verdict: Verdict
    reasons: tuple[Reason, ...]


def as_ratios(interval: Interval, wider: float) -> Interval:
    """An interval of a log ratio, widened at both ends, as one of a ratio."""
    low, high = math.exp(interval.low - wider), math.exp(interval.high + wider)
    return replace(interval, low=low, high=high)


class Levels:
    """The stretches' log quantiles of both runs, taken once."""

    def __init__(
        self,
        sides: tuple[Side, Side],
        rows: Sequence[tuple[str, str]],
        found: Sequence[Difference],
        confidence: float,
    ) -> None:
        self._sides = sides
        self._rows = rows
        self._found = found
        self._confidence = confidence
        self._first, self._second = (_stretch_logs(side, rows) for side in sides)
        canaries = ({one.name for one in side.record.scenarios if one.canary} for side in sides)
        self._canaries = set.intersection(*canaries)

    def change(self, scenario: str, variant: str, metric: str) -> Change:
        """How one variant's level changed, and what may be said about it."""
        first, second = (logs[scenario, variant, metric] for logs in (self._first, self._second))
        shifts = self._shifts(scenario, variant, metric)
        margin = min(side.margins[metric] for side in self._sides)
        # How far the machine is seen to have moved, and what two processes of one code differ by.
        wider = max(map(abs, shifts.values()), default=0.0) + math.log1p(SEPARATE_SERVERS_DIFFER)
        ninety, familywise = (
            as_ratios(level_interval(first, second, confidence), wider)
            for confidence in (0.90, self._confidence)
        )
        reasons = (
            *doubts(self._sides, self._found, scenario, variant),
            *_too_few(first, second, metric),
            *_moved(shifts, margin),
        )
        levels = [float(np.exp(one.mean())) if len(one) else math.nan for one in (first, second)]
        return Change(
            scenario=scenario,
            variant=variant,
            metric=metric,
            first=levels[0],
            second=levels[1],
            ratio=levels[1] / levels[0],
            interval90=ninety,
            interval_familywise=familywise,
            verdict=Verdict.INCONCLUSIVE if reasons else decide(ninety, familywise, margin),
            reasons=reasons,
        )

    def _shifts(self, scenario: str, variant: str, metric: str) -> dict[str, float]:
        """How much the controls of one row changed, on the log scale."""
        # All variants of a canary are the same code at the same time, so its first one is enough.
        controls = {
            name: (name, each, metric)
            for name, each in reversed(self._rows)
            if name in self._canaries and name != scenario
        }
        baseline = self._sides[0].record.baseline
        if variant != baseline and (scenario, baseline) in self._rows:
            controls[_BASELINE] = (scenario, baseline, metric)
        return {
            control: float(self._second[key].mean() - self._first[key].mean())
            for control, key in controls.items()
            if len(self._first[key]) and len(self._second[key])
        }


def _stretch_logs(
    side: Side, rows: Sequence[tuple[str, str]]
) -> dict[tuple[str, str, str], FloatArray]:
    """Log quantile of each stretch of a run, by scenario, variant and metric."""
    samples = side.samples
    measured = right_answers(samples) & ~samples.values("warmup")
    logs = {}
    for scenario, variant in rows:
        mine = np.flatnonzero(
            measured
            & places_of(samples, "scenario", scenario)
            & places_of(samples, "variant", variant)
        )
        block = samples.values("block")[mine]
        in_order = np.argsort(block, kind="stable")
        values, block = samples.values("latency_s")[mine[in_order]], block[in_order]
        for metric in METRICS:
            stretches = stats.joined_blocks(values, block, _REQUESTS_MIN[metric])
            quantiles = [np.quantile(one, find(metric).quantile) for one in stretches]
            logs[scenario, variant, metric] = np.log(np.array(quantiles, np.float64))
    return logs


def level_interval(first: FloatArray, second: FloatArray, confidence: float) -> Interval:
    """The interval of the second level over the first, on the log scale.

    Welch's interval for one more part of each run, not for the mean of its parts: see `PARTS`.

    Inputs: (n_stretches,) each, log quantiles in order of time. Returns: nothing bounded where
    there are too few.
    """
    if min(len(first), len(second)) < PARTS:
        return stats.UNBOUNDED
    parts = [
        np.array([part.mean() for part in np.array_split(logs, PARTS)]) for logs in (first, second)
    ]
    one, other = (float(np.var(means, ddof=1)) for means in parts)
    change = float(second.mean() - first.mean())
    if one + other == 0:
        return Interval(change, change, confidence)
    freedom = (one + other) ** 2 / ((one**2 + other**2) / (PARTS - 1))
    reach = float(special.stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(one + other)
    return Interval(change - reach, change + reach, confidence)


def _too_few(first: FloatArray, second: FloatArray, metric: str) -> Iterator[Reason]:
    for one, which in zip((first, second), "AB", strict=True):
        if len(one) < PARTS:
            yield reason(
                Name.FEW_STRETCHES,
                run=which,
                stretches=len(one),
                requests=_REQUESTS_MIN[metric],
                needed=PARTS,
            )


def _moved(shifts: Mapping[str, float], margin: float) -> Iterator[Reason]:
    if not shifts:
        yield reason(Name.NO_CONTROL)
    for control, shift in shifts.items():
        if abs(shift) > math.log1p(margin):
            canary = "" if control == _BASELINE else control
            yield reason(Name.CONTROL_CHANGED, canary=canary, ratio=math.exp(shift))
