"""The results of a calibration: gates, rates with their bounds, and everything that is published.

Frozen values and arithmetic only; no clock, no files.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal, Self

from scipy import stats

from calibration.deciding import INVALID, Found, Judged
from calibration.slowdown import Slowdown
from contract.metrics import TYPICAL
from reports.verdicts.shapes import Decision

CALIBRATION_VERSION = 3
"""Version of calibration.json.

1: first.
2: the true effect of planted work has a family-wise interval too, which coverage uses.
3: gates decide about several metrics: `question`, `slowdown`, `metric`, `shape`; rounds until FAIL.
"""

Condition = Literal["quiet", "short pauses", "disturbed"]
Mode = Literal["live", "replay"]
CONDITIONS: tuple[Condition, ...] = ("quiet", "short pauses", "disturbed")

CONFIDENCE = 0.95
"""The confidence of the bounds of each rate."""


@dataclass(frozen=True)
class Gate:
    """One whole gate, live or replayed.

    Attributes:
        question: what its budgets limit.
        slowdown: what was planted.
        verdict: PASS, FAIL, INCONCLUSIVE or INVALID.
        measured_s: measuring time until the decision, or until the time was up.
        rounds: how many it compared.
        found: what it found of each metric.
        truths: the true ratio of each metric, where it is known exactly.
        note: why there is no verdict.
    """

    mode: Mode
    condition: Condition
    question: str
    slowdown: Slowdown
    verdict: str
    measured_s: float
    rounds: int
    found: tuple[Found, ...] = ()
    truths: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - what a gate is
        cls,
        judged: Judged,
        mode: Mode,
        condition: Condition,
        question: str,
        slowdown: Slowdown,
        measured_s: float,
        rounds: int,
        truths: Mapping[str, float] | None = None,
    ) -> Self:
        """A gate with this result after this measuring time."""
        return cls(
            mode=mode,
            condition=condition,
            question=question,
            slowdown=slowdown,
            verdict=judged.verdict,
            measured_s=measured_s,
            rounds=rounds,
            found=judged.found,
            truths=truths or {},
            note=judged.note,
        )


@dataclass(frozen=True)
class Truth:
    """The true effect of planted work on a metric, from one long run of a fixed length.

    Attributes:
        ratio: changed / baseline; the ends of its 90 % and family-wise intervals follow.
    """

    condition: Condition
    slowdown: Slowdown
    ratio: float
    low: float
    high: float
    low_familywise: float
    high_familywise: float
    metric: str = TYPICAL

    @classmethod
    def exactly(cls, gate: Gate, metric: str, ratio: float) -> Self:
        """An effect that is known exactly and need not be measured."""
        ends = (ratio, ratio, ratio, ratio)
        return cls(gate.condition, gate.slowdown, ratio, *ends, metric)


@dataclass(frozen=True)
class RivalRun:
    """One comparison by pytest-benchmark; `alarm` if it failed."""

    condition: Condition
    effect: float
    alarm: bool


@dataclass(frozen=True)
class Rate:
    """A count out of a number, with exact bounds of the share (Clopper & Pearson 1934)."""

    count: int
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class Verdicts:
    """The verdicts of all gates of one kind.

    Attributes:
        question: what their budgets limit.
        failed: false alarms on unchanged code, else detections.
        fail_s_median: measuring time until FAIL; infinite for a gate without FAIL.
        fail_s_max: the longest measuring time of the gates that failed.
        fail_rounds_median: as the time.
    """

    mode: Mode
    condition: Condition
    question: str
    slowdown: Slowdown
    failed: Rate
    passed: Rate
    inconclusive: Rate
    invalid: Rate
    fail_s_median: float
    fail_s_max: float
    fail_rounds_median: float


@dataclass(frozen=True)
class Coverage:
    """How many of the gates' intervals of a metric contain the true effect.

    Attributes:
        shape: whether all latencies changed by one factor, or only some of them.
        interval: which of the two intervals.
        nominal: the share that should at least.
        p_value: of so few or fewer, if the nominal share is right.
    """

    mode: Mode
    condition: Condition
    metric: str
    shape: Literal["kept", "changed"]
    interval: Literal["90 %", "family-wise"]
    nominal: float
    held: Rate
    p_value: float


@dataclass(frozen=True)
class Rival:
    """pytest-benchmark's failures on one effect: false alarms where it is 0, else detections."""

    condition: Condition
    effect: float
    failed: Rate


@dataclass(frozen=True)
class Bar:
    """One required property and whether it is met."""

    promise: str
    found: str
    met: bool


@dataclass(frozen=True)
class Calibration:
    """The content of calibration.json; infinite and missing numbers are null there.

    Attributes:
        complete: False if it was interrupted; the bars then use what was measured.
        horizons_s: the longest measuring time of a gate, by mode and effect.
        trace_s: length of each recorded trace.
        environment: of machine, Python, packages and code.
    """

    schema_version: int
    id: str
    command: str
    tool_version: str
    started_at: str
    finished_at: str
    complete: bool
    seed: int
    horizons_s: dict[Mode, dict[str, float]]
    trace_s: float
    environment: dict[str, dict[str, Any]]
    bars: tuple[Bar, ...]
    verdicts: tuple[Verdicts, ...]
    coverage: tuple[Coverage, ...]
    rivals: tuple[Rival, ...]
    truths: tuple[Truth, ...]


def rate(count: int, of: int) -> Rate:
    """A count with its exact bounds; of 0 cases the bounds are 0 and 1."""
    if of == 0:
        return Rate(0, 0, 0.0, 1.0)
    bounds = stats.binomtest(count, of).proportion_ci(CONFIDENCE, method="exact")
    return Rate(count, of, float(bounds.low), float(bounds.high))


def verdicts_of(gates: Sequence[Gate]) -> tuple[Verdicts, ...]:
    """A row for each mode, condition, question and slowdown; small ones first."""

    def kind(gate: Gate) -> tuple[Mode, int, str, Slowdown]:
        return gate.mode, CONDITIONS.index(gate.condition), gate.question, gate.slowdown

    groups = groupby(sorted(gates, key=kind), kind)
    return tuple(_verdicts(list(group)) for _, group in groups)


def _verdicts(gates: Sequence[Gate]) -> Verdicts:
    verdicts = [gate.verdict for gate in gates]
    failed = [gate for gate in gates if gate.verdict == Decision.FAIL]

    def counted(verdict: str) -> Rate:
        return rate(verdicts.count(verdict), len(verdicts))

    return Verdicts(
        mode=gates[0].mode,
        condition=gates[0].condition,
        question=gates[0].question,
        slowdown=gates[0].slowdown,
        failed=counted(Decision.FAIL),
        passed=counted(Decision.PASS),
        inconclusive=counted(Decision.INCONCLUSIVE),
        invalid=counted(INVALID),
        fail_s_median=reached([gate.measured_s for gate in failed], len(gates), 0.5),
        fail_s_max=max((gate.measured_s for gate in failed), default=math.inf),
        fail_rounds_median=reached([gate.rounds for gate in failed], len(gates), 0.5),
    )


def reached(values: Sequence[float], of: int, share: float) -> float:
    """Where this share of all gates had failed; infinite if fewer did.

    Args:
        values: of the gates that failed.
        of: the number of all gates.
        share: of them.
    """
    needed = math.ceil(share * of)
    return sorted(values)[needed - 1] if 0 < needed <= len(values) else math.inf


def rivals_of(runs: Sequence[RivalRun]) -> tuple[Rival, ...]:
    """A row for each condition and effect; small effects first."""

    def kind(run: RivalRun) -> tuple[int, float]:
        return CONDITIONS.index(run.condition), run.effect

    rows = []
    for (index, effect), group in groupby(sorted(runs, key=kind), kind):
        alarms = [run.alarm for run in group]
        rows.append(Rival(CONDITIONS[index], effect, rate(sum(alarms), len(alarms))))
    return tuple(rows)
