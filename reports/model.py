"""The vocabulary of the reports: what is compared, what is allowed, what was found.

Plain frozen values. Times are seconds, sizes bytes, effects ratios variant / baseline.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from contract.config.judging import (
    BASE,
    EVERY,
    HEAD,
    Accepted,
    Budget,
    Claim,
    Interaction,
    Settings,
)
from contract.errors import ReportError

__all__ = [
    "BASE",
    "EVERY",
    "HEAD",
    "Accepted",
    "Budget",
    "Claim",
    "Interaction",
    "ReportError",
    "Settings",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

TYPICAL = "latency_s_p50"
TAIL = "latency_s_p95"
FAR_TAIL = "latency_s_p99"
MEAN = "latency_s_mean"
QUANTILES = {TYPICAL: 0.50, TAIL: 0.95, FAR_TAIL: 0.99}
"""The latency metrics that are about a quantile, and which one."""

LATENCIES = (*QUANTILES, MEAN)
"""All latency metrics."""

TIME = "time_s"
"""What one call of a function takes, in a suite."""

BODIES = "bodies_differing"
"""What is counted of answers that are not their base's: rounds, of which there may be none."""

CAPACITY = "capacity_per_s"
"""What a budget calls the arrivals a second that a variant carries, all scenarios together."""

UNATTRIBUTED = "rest of the service"
OUTSIDE = "outside the service"
REST = (UNATTRIBUTED, OUTSIDE)
"""Parts of a request's time that no stage accounts for; the last is network, queue, generator."""

DEFAULT_MARGINS = {TYPICAL: 0.03, TAIL: 0.05, FAR_TAIL: 0.10, MEAN: 0.03}
"""Effects within a factor of 1 + margin count as none."""

UNITS_MIN = 12
"""With fewer rounds or blocks there is no verdict, however large the effect looks."""

GENERATOR_CPU_SHARE_MAX = 0.90
"""Of one core, which is all that one process of the generator can use: near it, it measures itself.
"""

Limit = Literal["latency", "queue", "errors", "generator"]
"""What kept a variant from carrying more."""

TOTAL_STAGE = "total"
"""The stage that spans the whole of the service's work; all others are parts of it."""


Unit = Literal["rounds", "blocks", "pairs"]
"""What is paired: rounds of requests, blocks of them, or processes, each one variant's."""


class Verdict(StrEnum):
    """What a comparison may say."""

    SLOWER = "slower"
    FASTER = "faster"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    MORE = "more"
    FEWER = "fewer"
    EQUAL = "equal"


class State(StrEnum):
    """How far a run may be trusted, best first."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    INVALID = "invalid"


class Decision(StrEnum):
    """What the gate says about one budget."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class ClaimVerdict(StrEnum):
    """What the run says about a prediction."""

    REPRODUCED = "reproduced"
    PARTLY = "partly reproduced"
    NOT_REPRODUCED = "not reproduced"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Interval:
    """A confidence interval; infinite ends mean that the data bound nothing.

    Attributes:
        confidence: the confidence actually reached, at least what was asked for.
    """

    low: float
    high: float
    confidence: float

    def holds(self, value: float) -> bool:
        """Whether the value lies inside, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Level:
    """One metric of one variant.

    Attributes:
        value: in the metric's own unit, over all compared requests.
        interval90: where its two-sided 90 % interval lies.
        interval_familywise: the same at the confidence of the run's primary comparisons.
    """

    value: float
    interval90: Interval
    interval_familywise: Interval


@dataclass(frozen=True)
class Effect:
    """One metric of one variant against the baseline, with what may be said about it.

    Attributes:
        ratio: variant / baseline; below 1 is less time.
        interval90: two one-sided 5 % bounds of the ratio, however measuring came to stop.
        interval_familywise: so wide that all primaries of the run hold together at 99 %.
        p_value: of "no effect", two-sided; looks are paid for, other comparisons are not.
        p_adjusted: the same with these allowed for: by Holm's steps among primaries, else by
            Benjamini and Hochberg; None beside a warning, and for a canary.
        n: how many units stand behind it.
        unit: what was paired.
        unit_s: seconds of the whole run's measuring that one unit took: all variants, warm-up and
            pauses, and the other scenarios' share of the time.
        before, after: baseline and variant.
        pooled_ratio: the same ratio without pairing, as a cross-check.
        margin: effects within a factor of 1 + margin count as none.
        primary: whether verdicts of the whole run rest on it.
        detectable_ratio: the smallest slowdown this run would have called 9 times in 10.
        needed_s: further measuring of the whole run until a verdict is likely (where `short`: until
            one is possible at all); None when there is one, or when no estimate can be made.
        warnings: why no verdict may be given, one plain line each.
        notes: what else to know beside the number, one plain line each.
    """

    scenario: str
    variant: str
    metric: str
    ratio: float
    interval90: Interval
    interval_familywise: Interval
    p_value: float
    n: int
    unit: Unit
    unit_s: float
    before: Level
    after: Level
    pooled_ratio: float
    margin: float
    primary: bool
    verdict: Verdict
    detectable_ratio: float
    needed_s: float | None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    p_adjusted: float | None = None

    @property
    def short(self) -> bool:
        """Whether there are too few units for any verdict."""
        return self.n < UNITS_MIN or not math.isfinite(self.interval_familywise.high)

    @property
    def lasting(self) -> tuple[str, ...]:
        """The warnings that more units would not cure; the one about too few stands before them."""
        return self.warnings[1:] if self.short else self.warnings


@dataclass(frozen=True)
class Spread:
    """A counter of one variant, or a ratio of two, over all compared rounds.

    Attributes:
        median, low, high: in the counter's own unit, or dimensionless.
    """

    median: float
    low: float
    high: float

    @property
    def exact(self) -> bool:
        """Whether every request had the same count."""
        return self.low == self.high


@dataclass(frozen=True)
class CounterEffect:
    """A counter of one variant against the baseline: no noise, so no statistics.

    Attributes:
        within: variant / baseline, round by round; infinite where only the variant counted any.
        verdict: `more` when some round has more and none fewer, `fewer` when every round has fewer,
            `equal` when every round has the same, else `inconclusive`.
    """

    scenario: str
    variant: str
    metric: str
    before: Spread
    after: Spread
    within: Spread
    verdict: Verdict

    @property
    def ratio(self) -> float | None:
        """Median of variant / baseline, None where the baseline counted nothing."""
        return self.after.median / self.before.median if self.before.median else None


@dataclass(frozen=True)
class Lack:
    """A metric that cannot be compared, because rounds lack its value in one of the variants.

    Attributes:
        rounds_lacking: of the compared rounds; all of them where the target never told it.
        counted: whether it is a counter; else a time, which must be above 0 to have a ratio.
    """

    scenario: str
    variant: str
    metric: str
    rounds_lacking: int
    rounds: int
    counted: bool


@dataclass(frozen=True)
class StageBreakdown:
    """Where one variant's time went, medians in seconds.

    Attributes:
        latency_s: of the whole request; the parts' medians need not add up to it.
        parts: by stage; what the service did not attribute and what passed outside it come last.
    """

    variant: str
    latency_s: float
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Curve:
    """A variant's latency distribution, down-sampled.

    Attributes:
        probabilities, latencies_s: same length, both ascending.
        n: requests behind it.
        tail: the same for the slowest tenth, as fine as the requests allow: shares that are slower,
            descending, and latencies, ascending.
    """

    variant: str
    probabilities: tuple[float, ...]
    latencies_s: tuple[float, ...]
    n: int
    tail: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Timeline:
    """How a scenario went, in consecutive stretches of rounds; no verdict comes from it.

    Attributes:
        start_s: when each stretch began, in seconds since measuring did.
        rounds: how many each one has.
        medians_s: by variant, the median latency of each stretch.
        ratios: by variant but the baseline, the median of each stretch's paired ratios.
    """

    start_s: tuple[float, ...]
    rounds: tuple[int, ...]
    medians_s: tuple[tuple[str, tuple[float, ...]], ...]
    ratios: tuple[tuple[str, tuple[float, ...]], ...]


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


@dataclass(frozen=True)
class Delivery:
    """What one variant was asked and what it answered.

    Attributes:
        requests, errors: measured requests, warm-up not counted.
        first: how many of them were the first of their round.
        warmup_requests, warmup_errors: of the warm-up.
        unanswered: measured requests that got no answer at all.
        kinds: what the errors said and how often, commonest first.
    """

    variant: str
    requests: int
    first: int
    errors: int
    warmup_requests: int
    warmup_errors: int
    unanswered: int
    kinds: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ScenarioComparison:
    """Everything found in one scenario.

    Attributes:
        rounds: rounds compared: not warm-up, and every variant answered rightly.
        rounds_left_out: measured rounds that lack a right answer of some variant.
        rounds_silent: rounds, warm-up included, in which a variant has no sample, not even an error
            that would explain it.
        round_s: seconds of the scenario's own time that a compared round took, with warm-up, pauses
            and rounds left out; NaN without rounds.
        rounds_bodies_differ: compared rounds in which not all variants gave the same body.
        objective_s: under load, the latency that the objective's share of requests must keep.
        shift_functions: of all variants but the baseline; empty where nobody asked for a picture.
        timeline: None where nobody asked for a picture.
        lacks: what could not be compared for want of values.
        unchecked: checks for which there were too few rounds, one plain line each.
    """

    name: str
    request: str
    description: str
    canary: bool
    rounds: int
    rounds_left_out: int
    rounds_planned: int
    budget_s: float
    ended: str
    rounds_silent: int
    round_s: float
    rounds_bodies_differ: int
    effects: tuple[Effect, ...]
    counters: tuple[CounterEffect, ...]
    stages: tuple[StageBreakdown, ...]
    curves: tuple[Curve, ...]
    deliveries: tuple[Delivery, ...]
    lacks: tuple[Lack, ...] = ()
    unchecked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    objective_s: float | None = None
    shift_functions: tuple[ShiftFunction, ...] = ()
    timeline: Timeline | None = None


@dataclass(frozen=True)
class Capacity:
    """Between which rates the most that one variant carries lies, in arrivals a second.

    Bounds of what was tried, not a confidence interval.

    Attributes:
        low_per_s: the largest rate such that every step at it or below met the objective; 0 where
            the lowest one missed it.
        high_per_s: the smallest rate such that every step at it or above missed the objective;
            infinite where the highest one met it, and the search ended before a miss.
        limits: why those steps missed it.
        steps: how many were tried.
    """

    variant: str
    low_per_s: float
    high_per_s: float
    limits: tuple[Limit, ...]
    steps: int

    @property
    def ceiling_per_s(self) -> float:
        """What the service itself cannot carry; infinite where the generator gave out first."""
        return math.inf if "generator" in self.limits else self.high_per_s


@dataclass(frozen=True)
class CapacityRatio:
    """Between which bounds capacity of a variant / capacity of the baseline lies."""

    variant: str
    low: float
    high: float


@dataclass(frozen=True)
class WorkerDelivery:
    """One worker of the generator, over all that is compared.

    Attributes:
        number: from 1.
        planned, sent: requests.
        cpu_share: of one core.
    """

    number: int
    planned: int
    sent: int
    cpu_share: float


@dataclass(frozen=True)
class LoadComparison:
    """What a run under load tells beside the effects.

    Attributes:
        rate_per_s: of the arrivals that are compared, all scenarios together.
        blocks: switchback blocks that hold them.
        samples_missing: requests that were sent then and of which nothing was kept.
        lag_s_p99: how late those that are compared were sent; NaN without any.
        capacities: by variant; empty where none was searched.
        ratios: of the capacities, for all but the baseline.
    """

    rate_per_s: float
    blocks: int
    samples_missing: int
    lag_s_p99: float
    capacities: tuple[Capacity, ...]
    ratios: tuple[CapacityRatio, ...]
    workers: tuple[WorkerDelivery, ...]


@dataclass(frozen=True)
class Sweep:
    """A function's place among others that differ by one number alone.

    Attributes:
        along: what all of them are called.
        axis: the number's name.
        at: this one's number, positive.
    """

    along: str
    axis: str
    at: float


@dataclass(frozen=True)
class FunctionLevel:
    """What one function takes by itself, seconds a call.

    Attributes:
        strategy: what it was asked to do.
        median_s: the median of its processes' medians; `low_s` and `high_s` are their quartiles.
        rounds: of all processes.
    """

    name: str
    group: str
    strategy: str
    median_s: float
    low_s: float
    high_s: float
    processes: int
    rounds: int
    sweep: Sweep | None = None


MISFIT_MAX = 0.25
"""A line that misses one of its places by a larger share is none."""


@dataclass(frozen=True)
class Growth:
    """How a function's time grows along a number, by a line through its places.

    Attributes:
        along, axis: the function and the number, as in `Sweep`.
        strategy: as in `FunctionLevel`.
        first, last: the smallest and the largest of its places.
        fixed_s: what remains where the number is none.
        each_s: for each one more; `each_interval` is its 90 % interval.
        misfit: the largest distance between line and place, as a share; a large one means that
            there is no straight line.
        processes: that the line was fitted to, one by one.
    """

    along: str
    axis: str
    strategy: str
    first: float
    last: float
    fixed_s: float
    each_s: float
    each_interval: Interval
    misfit: float
    processes: int


@dataclass(frozen=True)
class Functions:
    """A pytest-benchmark suite, compared.

    Attributes:
        pairs: of processes, in which each variant had one.
        effects: of the functions that variants can differ in; `scenario` is the function's name.
        revisions: variants and which code each of them ran, where that was told.
        files_changed: of the suite itself, between the variants: where a benchmark changed, its
            effect is not the code's alone.
        growths: of the functions that were measured along a number by several strategies.
    """

    suite: str
    pairs: int
    effects: tuple[Effect, ...]
    levels: tuple[FunctionLevel, ...]
    revisions: tuple[tuple[str, str], ...] = ()
    files_changed: tuple[str, ...] = ()
    growths: tuple[Growth, ...] = ()


@dataclass(frozen=True)
class PageComparison:
    """Everything found of one page.

    Attributes:
        path: with the gaps that variants fill.
        primary: the metric that tells when the page was there.
        rounds: rounds compared: not warm-up, and every variant's page was loaded rightly.
        rounds_left_out: measured rounds that lack a right load of some variant.
        effects, counters, lacks: `scenario` is the page's name.
        deliveries: their requests are loads.
    """

    name: str
    path: str
    description: str
    primary: str
    rounds: int
    rounds_left_out: int
    effects: tuple[Effect, ...]
    counters: tuple[CounterEffect, ...]
    lacks: tuple[Lack, ...]
    deliveries: tuple[Delivery, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LoadedPages:
    """Pages in a browser, compared.

    Attributes:
        browser: name and version.
        confidence: of each primary interval, so that together they reach 99 %.
    """

    browser: str
    confidence: float
    pages: tuple[PageComparison, ...]

    def effects(self) -> tuple[Effect, ...]:
        """Every effect, page by page."""
        return tuple(effect for page in self.pages for effect in page.effects)

    def counters(self) -> tuple[CounterEffect, ...]:
        """Every counter, page by page."""
        return tuple(counter for page in self.pages for counter in page.counters)


@dataclass(frozen=True)
class Comparison:
    """A whole run, compared.

    Attributes:
        design: how requests were scheduled.
        state: the worst of what the run says of itself and what its samples show.
        reasons: one plain line each, why it is not complete.
        warnings: doubts that do not invalidate it.
        confidence: of each primary interval, so that together they reach 99 %.
        confidence_canary: of each interval of a canary, so that those together reach 99 %.
        load: of a run under load, else None.
        functions: what a suite told, if one was measured.
        pages: what a browser told, if it loaded any.
    """

    baseline: str
    variants: tuple[str, ...]
    state: State
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    confidence: float
    confidence_canary: float
    scenarios: tuple[ScenarioComparison, ...]
    design: Literal["paired", "load", "restarts"] = "paired"
    load: LoadComparison | None = None
    functions: Functions | None = None
    pages: LoadedPages | None = None

    def effects(self) -> tuple[Effect, ...]:
        """Every effect, scenario by scenario."""
        return tuple(effect for scenario in self.scenarios for effect in scenario.effects)

    def limited_effects(self) -> tuple[Effect, ...]:
        """Every effect that a budget may be about: those of pages and functions, too."""
        return *self.served_effects(), *(self.functions.effects if self.functions else ())

    def served_effects(self) -> tuple[Effect, ...]:
        """Every effect that the service has on whom it serves: of scenarios and of pages."""
        return *self.effects(), *(self.pages.effects() if self.pages else ())

    def served_counters(self) -> tuple[CounterEffect, ...]:
        """Every counter of scenarios and of pages."""
        return *self.counters(), *(self.pages.counters() if self.pages else ())

    def counters(self) -> tuple[CounterEffect, ...]:
        """Every counter, scenario by scenario."""
        return tuple(counter for scenario in self.scenarios for counter in scenario.counters)

    def lacks(self) -> tuple[Lack, ...]:
        """Everything that could not be compared, scenario by scenario, then page by page."""
        pages = self.pages.pages if self.pages else ()
        return (
            *(lack for scenario in self.scenarios for lack in scenario.lacks),
            *(lack for page in pages for lack in page.lacks),
        )


@dataclass(frozen=True)
class Outcome:
    """One budget, judged.

    Attributes:
        observed: ratio or value, as the budget limits; NaN where nothing was measured.
        interval90: its upper end decides a PASS; of a capacity, its lower one.
        interval_familywise: its lower end decides a FAIL; of a capacity, its upper one.
        needed_s: further measuring of the whole run that would likely decide it; None when decided
            or unknown.
        short: whether there are too few units for any verdict, so that more may be needed.
        note: why it is undecided, when the numbers do not say it.
    """

    budget: Budget
    decision: Decision
    observed: float
    interval90: Interval
    interval_familywise: Interval
    needed_s: float | None = None
    short: bool = False
    note: str = ""


@dataclass(frozen=True)
class ClaimOutcome:
    """One claim beside what was measured.

    Attributes:
        ratio: measured; None where nothing was.
        interval90: of the ratio.
        note: why it was not measured, is undecided, or what else stays open.
    """

    claim: Claim
    verdict: ClaimVerdict
    ratio: float | None = None
    interval90: Interval | None = None
    note: str = ""


@dataclass(frozen=True)
class Judgement:
    """The gate's answer for a whole run.

    Attributes:
        exit_code: 0 pass, 1 regression, 2 no budgets, 3 inconclusive, 4 invalid or partial run.
    """

    exit_code: int
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Disturbance:
    """What the host did during one block; NaN where nobody counts it.

    Attributes:
        start_s, end_s: since measuring began.
        steal_share, pressure_share: as those of `HostNoise`.
    """

    start_s: float
    end_s: float
    steal_share: float
    pressure_share: float


@dataclass(frozen=True)
class HostNoise:
    """What disturbed one scenario, in the worst of its blocks; NaN where nobody counts it.

    Attributes:
        steal_share_max: of all CPUs' time, taken away by the hypervisor.
        pressure_share_max: of the time, in which something waited for a CPU.
        generator_cpu_share_max: of one core.
        course: block by block.
    """

    scenario: str
    blocks: int
    steal_share_max: float
    pressure_share_max: float
    generator_cpu_share_max: float
    warnings: tuple[str, ...]
    course: tuple[Disturbance, ...] = ()


class Together(StrEnum):
    """What two changes do to each other."""

    INDEPENDENT = "independent"
    HELP = "help each other"
    HINDER = "hinder each other"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class InteractionEffect:
    """How two changes get on with each other in one scenario.

    Attributes:
        alone: ratio of each by itself, first and second.
        together: ratio of both.
        ratio: what both take beyond the product of each by itself; 1 where neither touches the
            other, above 1 where they hinder each other.
        interval: of that ratio, at 99 %, however measuring came to stop.
        n: rounds behind it.
    """

    scenario: str
    asked: Interaction
    alone: tuple[float, float]
    together: float
    ratio: float
    interval: Interval
    n: int
    verdict: Together
