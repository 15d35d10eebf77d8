"""What comparing finds: plain frozen values, each made once.

Times are seconds, sizes bytes, effects ratios variant / baseline.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from contract.metrics import Kind
from contract.run.micro import BenchmarkRecord
from contract.run.pages import PageRecord
from contract.run.record import ScenarioRecord
from reports.effects.curves import Curve
from reports.effects.drawn import Drawn
from reports.effects.reasons import Name, Reason
from reports.statistics.shift import ShiftFunction
from reports.statistics.slow_share import ShapeChange
from reports.statistics.timeline import Timeline
from reports.statistics.values import UNITS_MIN, Interval

Subject = ScenarioRecord | PageRecord | BenchmarkRecord
"""What was measured, as the run's folder holds it: its fields travel along as they are."""

PairedUnit = Literal["rounds", "blocks", "pairs"]
"""What is paired: rounds, blocks of them, or processes, one for each variant."""


class Verdict(StrEnum):
    """The verdict on an effect."""

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


@dataclass(frozen=True)
class Level:
    """One metric of one variant.

    Attributes:
        value: in the metric's own unit, over all compared observations.
        interval90: its two-sided 90 % interval.
        interval_familywise: the same at the confidence of the run's primary comparisons.
    """

    value: float
    interval90: Interval
    interval_familywise: Interval


@dataclass(frozen=True)
class Estimate:
    """One metric of one variant against the baseline, taken by itself.

    Attributes:
        scenario: the name of the subject: a scenario, page or function.
        ratio: variant / baseline; below 1 is less.
        interval90: two one-sided 5 % bounds of the ratio, whatever rule stopped measuring.
        interval_familywise: so wide that all primaries of the run hold jointly at 99 %.
        p_value: of "no effect", two-sided; allows for looks, not for other comparisons.
        n: how many units it is made from.
        unit: what was paired.
        unit_s: seconds of the whole run's measuring for one unit: all variants, warm-up, pauses,
            and the other scenarios' share of the time.
        before, after: baseline and variant.
        pooled_ratio: the same ratio without pairing, as a cross-check.
        margin: effects within a factor of 1 + margin count as none.
        primary: whether verdicts of the whole run rest on it.
        detectable_ratio: the smallest slowdown that this run would have detected 9 times in 10.
        warnings: why no verdict may be given.
    """

    scenario: str
    variant: str
    metric: str
    ratio: float
    interval90: Interval
    interval_familywise: Interval
    p_value: float
    n: int
    unit: PairedUnit
    unit_s: float
    before: Level
    after: Level
    pooled_ratio: float
    margin: float
    primary: bool
    detectable_ratio: float
    warnings: tuple[Reason, ...]

    @property
    def short(self) -> bool:
        """Whether there are too few units for any verdict."""
        bounds = self.interval_familywise
        return self.n < UNITS_MIN or bounds.low <= 0 or not math.isfinite(bounds.high)

    @property
    def lasting(self) -> tuple[Reason, ...]:
        """The warnings that more units would not cure; the one about too few comes first."""
        return self.warnings[1:] if self.short else self.warnings


@dataclass(frozen=True)
class Effect(Estimate):
    """An estimate with its verdict, which the other comparisons of the run contribute to.

    Attributes:
        verdict: inconclusive wherever there is a warning.
        needed_s: further measuring of the whole run until a verdict is likely (where `short`: until
            one is possible); None when there is one, or when no estimate can be made.
        notes: what else to know about it.
        p_adjusted: the p-value that allows for the other comparisons: by Holm among primaries, by
            Benjamini and Hochberg elsewhere; None beside a warning, and for a canary.
    """

    verdict: Verdict
    needed_s: float | None
    notes: tuple[Reason, ...] = ()
    p_adjusted: float | None = None

    @property
    def shape(self) -> Reason | None:
        """Which reason tells of a changed shape of the latencies, if any."""
        reasons = (*self.warnings, *self.notes)
        return next((one for one in reasons if one.name is Name.SHAPE_CHANGED), None)

    @property
    def medians_apart(self) -> bool:
        """Whether the shape changed, and the medians' ratio differs by more than the margin."""
        return self.shape is not None and self.shape.facts["pooled_ratio"] is not None

    def on_one_side(self, limit: float) -> bool:
        """Whether all that is known of the middle is on one side of a limit.

        Where the medians' ratio is another one, both of them have to be.
        """
        return not self.medians_apart or (self.ratio <= limit) == (self.pooled_ratio <= limit)


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
        """Whether every round had the same count."""
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
class OwnLevel:
    """One metric of a revision whose base has nothing to compare it with.

    Attributes:
        level: of a time.
        spread: of a count.
        n, unit_s: as of an effect.
    """

    variant: str
    metric: str
    level: Level | None = None
    spread: Spread | None = None
    n: int = 0
    unit_s: float = 0.0


@dataclass(frozen=True)
class MissingMetric:
    """A metric that cannot be compared, because rounds lack its value in one of the variants.

    Attributes:
        rounds_missing: of the compared rounds; all of them where the target never reported it.
        counted: whether it is a counter; else a time, which must be above 0 to have a ratio.
    """

    scenario: str
    variant: str
    metric: str
    rounds_missing: int
    rounds: int
    counted: bool


@dataclass(frozen=True)
class StageBreakdown:
    """Where one variant's time went, medians in seconds.

    Attributes:
        latency_s: of the whole request; the parts' medians need not add up to it.
        parts: by stage, and time that no stage covers last; empty where the service reported none.
    """

    variant: str
    latency_s: float
    parts: tuple[tuple[str, float], ...]

    @property
    def is_known(self) -> bool:
        """Whether the service reported any of it."""
        return bool(self.parts)


@dataclass(frozen=True)
class Connections:
    """Of one variant's measured requests.

    Attributes:
        opening: requests that had to open a connection, which is part of their latency.
        replaced: connections that were kept, had been closed by the service, and were replaced.
        stalled: answers with a pause between two pieces as long as a delayed acknowledgement.
    """

    opening: int
    replaced: int
    stalled: int


@dataclass(frozen=True)
class Delivery:
    """What one variant was sent and what it answered.

    Attributes:
        requests, errors: measured requests, or page loads; warm-up not counted.
        first: how many of them were the first of their round.
        warmup_requests, warmup_errors: of the warm-up.
        unanswered: measured requests without any answer.
        kinds: the errors and how often each occurred, commonest first.
        notes: what of right answers could not be understood, likewise.
        connections: None where nothing is known of them, as of page loads.
    """

    variant: str
    requests: int
    first: int
    errors: int
    warmup_requests: int
    warmup_errors: int
    unanswered: int
    kinds: tuple[tuple[str, int], ...]
    notes: tuple[tuple[str, int], ...] = ()
    connections: Connections | None = None


@dataclass(frozen=True)
class CpuUse:
    """What the service's CPU time of one variant went into.

    Attributes:
        latency_s, cpu_s: medians of the same right answers.
        idle_share: of all CPU time, between an answer and the next request; NaN where unknown.
    """

    variant: str
    latency_s: float
    cpu_s: float
    idle_share: float

    @property
    def waiting_s(self) -> float | None:
        """The rest of the latency; None where several cores work at once."""
        rest_s = self.latency_s - self.cpu_s
        return rest_s if rest_s >= 0 else None


@dataclass(frozen=True)
class SubjectComparison:
    """Everything about one scenario, one page or one function.

    Attributes:
        subject, kind: as the run's folder holds it, and what it is.
        rounds: rounds compared: not warm-up, and every variant answered correctly.
        rounds_left_out: measured rounds without a correct answer of some variant.
        rounds_silent: rounds, warm-up included, in which a variant has no observation, not even an
            error that would explain it.
        round_s: seconds of the subject's own time for one compared round, with warm-up, pauses and
            rounds left out; NaN without rounds.
        rounds_bodies_differ: compared rounds in which some variant's body says something else.
        rounds_bodies_gained: other compared rounds in which one allowedly says more.
        own: of a scenario that is new in the head, what the head takes; there is no effect then.
        missing: what could not be compared, because values are missing.
        unchecked: checks for which there were too few rounds.
        shift_functions, timeline: only where pictures are drawn.
        drawn: of a scenario, what its requests were made of.
        cpu: of all variants, where CPU time can be read.
        shape_changes: of the variants in which the share of slow requests is another one.
    """

    subject: Subject
    kind: Kind
    rounds: int
    rounds_left_out: int
    rounds_silent: int
    round_s: float
    rounds_bodies_differ: int
    effects: tuple[Effect, ...]
    counters: tuple[CounterEffect, ...]
    missing: tuple[MissingMetric, ...]
    deliveries: tuple[Delivery, ...]
    warnings: tuple[Reason, ...]
    unchecked: tuple[Reason, ...] = ()
    stages: tuple[StageBreakdown, ...] = ()
    curves: tuple[Curve, ...] = ()
    shift_functions: tuple[ShiftFunction, ...] = ()
    timeline: Timeline | None = None
    cpu: tuple[CpuUse, ...] = ()
    rounds_bodies_gained: int = 0
    own: tuple[OwnLevel, ...] = ()
    shape_changes: tuple[ShapeChange, ...] = ()
    drawn: Drawn | None = None

    @property
    def name(self) -> str:
        """The subject's name."""
        return self.subject.name

    @property
    def canary(self) -> bool:
        """Whether every variant runs the same code here."""
        return isinstance(self.subject, ScenarioRecord) and self.subject.canary

    @property
    def new(self) -> bool:
        """Whether the base does not know the request."""
        return isinstance(self.subject, ScenarioRecord) and self.subject.new

    @property
    def scenario(self) -> ScenarioRecord:
        """The subject where it is a scenario."""
        assert isinstance(self.subject, ScenarioRecord), "only scenarios have a plan of rounds"
        return self.subject

    @property
    def page(self) -> PageRecord:
        """The subject where it is a page."""
        assert isinstance(self.subject, PageRecord), "only pages have marks"
        return self.subject
