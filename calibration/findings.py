"""The results of a calibration: gates, rates with their bounds, coverage, and bars.

Frozen values and arithmetic only; no clock, no files.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, Self

from scipy import stats

from calibration.deciding import INVALID, Judged
from reports.verdicts.shapes import Decision

CALIBRATION_VERSION = 2
"""Version of calibration.json.

1: first.
2: the true effect of planted work has a family-wise interval too, which coverage uses.
"""

Condition = Literal["quiet", "disturbed"]
Mode = Literal["live", "replay"]
CONDITIONS: tuple[Condition, ...] = ("quiet", "disturbed")

CONFIDENCE = 0.95
"""The confidence of the bounds of each rate."""

COVERAGE_ALPHA = 0.001
"""Coverage misses its bar if the p-value of so few intervals is below this.

Small, because there are several such bars and a correct harness must meet all of them.
"""


@dataclass(frozen=True)
class Gate:
    """One whole gate, live or replayed.

    Attributes:
        effect: planted extra work, 0.05 for 5 %.
        verdict: PASS, FAIL, INCONCLUSIVE or INVALID.
        measured_s: measuring time until the decision, or until the time was up.
        ratio: changed / baseline; the ends of both intervals follow.
        note: why there is no verdict.
    """

    mode: Mode
    condition: Condition
    effect: float
    verdict: str
    measured_s: float
    ratio: float
    low90: float
    high90: float
    low_familywise: float
    high_familywise: float
    confidence_familywise: float
    note: str = ""

    @classmethod
    def of(
        cls, judged: Judged, mode: Mode, condition: Condition, effect: float, measured_s: float
    ) -> Self:
        """A gate with this result after this measuring time."""
        ninety, familywise = judged.interval90, judged.interval_familywise
        return cls(
            mode=mode,
            condition=condition,
            effect=effect,
            verdict=judged.verdict,
            measured_s=measured_s,
            ratio=judged.ratio,
            low90=ninety.low,
            high90=ninety.high,
            low_familywise=familywise.low,
            high_familywise=familywise.high,
            confidence_familywise=familywise.confidence,
            note=judged.note,
        )


@dataclass(frozen=True)
class Truth:
    """The true effect of planted work on the latency, from one long run of a fixed length.

    Attributes:
        ratio: changed / baseline; the ends of its 90 % and family-wise intervals follow.
    """

    condition: Condition
    effect: float
    ratio: float
    low: float
    high: float
    low_familywise: float
    high_familywise: float

    @classmethod
    def exactly(cls, condition: Condition, effect: float) -> Self:
        """An effect that is known exactly and need not be measured."""
        return cls(condition, effect, *[1 + effect] * 5)


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
        failed: false alarms on unchanged code, else detections.
        fail_s_median: measuring time until FAIL; infinite for a gate without FAIL.
        fail_s_max: the longest measuring time of the gates that failed.
    """

    mode: Mode
    condition: Condition
    effect: float
    failed: Rate
    passed: Rate
    inconclusive: Rate
    invalid: Rate
    fail_s_median: float
    fail_s_max: float


@dataclass(frozen=True)
class Coverage:
    """How many of the gates' intervals contain the true effect.

    Attributes:
        interval: which of the two intervals.
        nominal: the share that should at least.
        p_value: of so few or fewer, if the nominal share is right.
    """

    mode: Mode
    condition: Condition
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
    """A row for each mode, condition and effect; small effects first."""

    def kind(gate: Gate) -> tuple[Mode, int, float]:
        return gate.mode, CONDITIONS.index(gate.condition), gate.effect

    groups = groupby(sorted(gates, key=kind), kind)
    return tuple(_verdicts(list(group)) for _, group in groups)


def _verdicts(gates: Sequence[Gate]) -> Verdicts:
    verdicts = [gate.verdict for gate in gates]
    fail_s = [gate.measured_s if gate.verdict == Decision.FAIL else math.inf for gate in gates]

    def counted(verdict: str) -> Rate:
        return rate(verdicts.count(verdict), len(verdicts))

    return Verdicts(
        mode=gates[0].mode,
        condition=gates[0].condition,
        effect=gates[0].effect,
        failed=counted(Decision.FAIL),
        passed=counted(Decision.PASS),
        inconclusive=counted(Decision.INCONCLUSIVE),
        invalid=counted(INVALID),
        # The lower of the middle two, because a mean with an infinite one would be infinite.
        fail_s_median=sorted(fail_s)[(len(fail_s) - 1) // 2],
        fail_s_max=max(filter(math.isfinite, fail_s), default=math.inf),
    )


def rivals_of(runs: Sequence[RivalRun]) -> tuple[Rival, ...]:
    """A row for each condition and effect; small effects first."""

    def kind(run: RivalRun) -> tuple[int, float]:
        return CONDITIONS.index(run.condition), run.effect

    rows = []
    for (index, effect), group in groupby(sorted(runs, key=kind), kind):
        alarms = [run.alarm for run in group]
        rows.append(Rival(CONDITIONS[index], effect, rate(sum(alarms), len(alarms))))
    return tuple(rows)


def coverage_of(gates: Sequence[Gate], truths: Sequence[Truth]) -> tuple[Coverage, ...]:
    """How often intervals contain the true effect, by mode and condition.

    The true effect is the planted factor in a replay, 1 for unchanged code, and a measured truth
    for live work. Live gates without a measured truth and gates without a comparison are left out.
    A measured truth is uncertain (beside the disturber by more than a gate's interval), so its
    interval counts too.
    """
    by_kind = {(truth.condition, truth.effect): truth for truth in truths}
    rows = []
    for mode, condition in dict.fromkeys((gate.mode, gate.condition) for gate in gates):
        pairs = [
            (gate, truth)
            for gate in gates
            if (gate.mode, gate.condition) == (mode, condition)
            and math.isfinite(gate.ratio)
            and (truth := _truth_of(gate, by_kind)) is not None
        ]
        if not pairs:
            continue
        held90 = sum(
            _agree(gate.ratio, gate.low90, gate.high90, truth.ratio, truth.low, truth.high)
            for gate, truth in pairs
        )
        held = sum(
            _agree(
                *(gate.ratio, gate.low_familywise, gate.high_familywise),
                *(truth.ratio, truth.low_familywise, truth.high_familywise),
            )
            for gate, truth in pairs
        )
        nominal = min(gate.confidence_familywise for gate, _ in pairs)
        rows += [
            _coverage(mode, condition, "90 %", 0.90, held90, len(pairs)),
            _coverage(mode, condition, "family-wise", nominal, held, len(pairs)),
        ]
    return tuple(rows)


def _agree(
    ratio: float, low: float, high: float, true: float, true_low: float, true_high: float
) -> bool:
    """Whether the interval of ratio / true contains 1.

    Both intervals are combined on the log scale (Zou & Donner 2008, "Construction of confidence
    limits about effect measures"). If the truth is exact, this is whether the interval of the ratio
    contains it.
    """
    arms = (ratio / low if low > 0 else math.inf, true_high / true)
    if ratio < true:
        arms = (high / ratio, true / true_low if true_low > 0 else math.inf)
    distance_max = math.hypot(*map(math.log, arms))
    return abs(math.log(ratio / true)) <= distance_max or low <= true <= high


def _truth_of(gate: Gate, by_kind: dict[tuple[Condition, float], Truth]) -> Truth | None:
    if gate.mode == "replay" or gate.effect == 0:
        return Truth.exactly(gate.condition, gate.effect)
    return by_kind.get((gate.condition, gate.effect))


def _coverage(
    mode: Mode,
    condition: Condition,
    interval: Literal["90 %", "family-wise"],
    nominal: float,
    held: int,
    of: int,
) -> Coverage:
    p_value = float(stats.binomtest(held, of, nominal, alternative="less").pvalue)
    return Coverage(mode, condition, interval, nominal, rate(held, of), p_value)
