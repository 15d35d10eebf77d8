"""What calibration finds: gates, rates with their bounds, coverage, and the bars they are held to.

Plain frozen values and arithmetic; no clock, no files.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from scipy import stats

from calibration.deciding import INVALID, Judged
from reports.model import Decision

CALIBRATION_VERSION = 2
"""Version of calibration.json.

1: first.
2: the truth of planted work has a family-wise interval, too, and coverage allows for both.
"""

Condition = Literal["quiet", "disturbed"]
Mode = Literal["live", "replay"]
CONDITIONS: tuple[Condition, ...] = ("quiet", "disturbed")

CONFIDENCE = 0.95
"""Of the bounds beside each rate."""

COVERAGE_ALPHA = 0.001
"""Coverage misses its bar when so few intervals held the truth that chance would do it less often.

Small, because there are several such bars and a good harness must pass all of them.
"""


@dataclass(frozen=True)
class Gate:
    """One whole gate, live or replayed.

    Attributes:
        effect: planted extra work, 0.05 for 5 %.
        verdict: PASS, FAIL, INCONCLUSIVE or INVALID.
        measured_s: time of measuring until it was decided, or until its time was up.
        ratio: changed / baseline as found; the ends of both intervals beside it.
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
        """A gate that said this, in this time."""
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
    """What planted work really does to the latency, from one long run with a fixed length.

    Attributes:
        ratio: changed / baseline; the ends of its 90 % and family-wise intervals beside it.
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
        """What is known and need not be measured."""
        return cls(condition, effect, *[1 + effect] * 5)


@dataclass(frozen=True)
class RivalRun:
    """One comparison by pytest-benchmark; `alarm`: whether it failed."""

    condition: Condition
    effect: float
    alarm: bool


@dataclass(frozen=True)
class Rate:
    """So many of so many, with exact (Clopper-Pearson) bounds of the share behind them."""

    count: int
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class Verdicts:
    """What all gates of one kind said.

    Attributes:
        failed: on unchanged code these are false alarms, else detections.
        fail_s_median: time of measuring until FAIL, where a gate without one took for ever.
        fail_s_max: of those that failed.
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
    """How many of the gates' own intervals held the true effect.

    Attributes:
        interval: which of the two.
        nominal: how many should at least.
        p_value: of so few, or fewer, if the nominal share were right.
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
    """One thing promised, and whether it was kept."""

    promise: str
    found: str
    met: bool


@dataclass(frozen=True)
class Calibration:
    """Everything in calibration.json; an infinite or missing number is null there.

    Attributes:
        complete: False where it was interrupted; then the bars speak of what there is.
        horizons_s: the most time a gate could measure, by mode and effect.
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
    """A count with its exact bounds; nothing at all bounds nothing."""
    if of == 0:
        return Rate(0, 0, 0.0, 1.0)
    found = stats.binomtest(count, of).proportion_ci(CONFIDENCE, method="exact")
    return Rate(count, of, float(found.low), float(found.high))


def verdicts_of(gates: Sequence[Gate]) -> tuple[Verdicts, ...]:
    """A row for each mode, condition and effect; small effects first."""
    by_effect = sorted(
        gates, key=lambda one: (one.mode, CONDITIONS.index(one.condition), one.effect)
    )
    kinds = dict.fromkeys((one.mode, one.condition, one.effect) for one in by_effect)
    return tuple(
        _verdicts([one for one in gates if (one.mode, one.condition, one.effect) == kind])
        for kind in kinds
    )


def _verdicts(gates: Sequence[Gate]) -> Verdicts:
    said = [one.verdict for one in gates]
    until_s = [one.measured_s if one.verdict == Decision.FAIL else math.inf for one in gates]
    decided_s = [one for one in until_s if math.isfinite(one)]

    def counted(verdict: str) -> Rate:
        return rate(said.count(verdict), len(said))

    return Verdicts(
        mode=gates[0].mode,
        condition=gates[0].condition,
        effect=gates[0].effect,
        failed=counted(Decision.FAIL),
        passed=counted(Decision.PASS),
        inconclusive=counted(Decision.INCONCLUSIVE),
        invalid=counted(INVALID),
        # Not the mean of the middle two: half of for ever is for ever.
        fail_s_median=sorted(until_s)[(len(until_s) - 1) // 2],
        fail_s_max=max(decided_s, default=math.inf),
    )


def rivals_of(runs: Sequence[RivalRun]) -> tuple[Rival, ...]:
    """A row for each condition and effect; small effects first."""
    by_effect = sorted(runs, key=lambda one: (CONDITIONS.index(one.condition), one.effect))
    kinds = dict.fromkeys((one.condition, one.effect) for one in by_effect)
    return tuple(
        Rival(condition, effect, rate(sum(alarms), len(alarms)))
        for condition, effect in kinds
        if (
            alarms := [
                one.alarm for one in runs if (one.condition, one.effect) == (condition, effect)
            ]
        )
    )


def coverage_of(gates: Sequence[Gate], truths: Sequence[Truth]) -> tuple[Coverage, ...]:
    """How often intervals held the truth: what was multiplied in a replay, measured for live work.

    Unchanged code is as fast as itself. A live gate of which nobody measured the truth is left out,
    as is a gate that could compare nothing. A truth that was measured is itself uncertain, beside a
    disturber by more than a gate's whole interval, so both intervals are allowed for.
    """
    true = {(one.condition, one.effect): one for one in truths}
    rows = []
    for mode, condition in dict.fromkeys((one.mode, one.condition) for one in gates):
        pairs = [
            (one, truth)
            for one in gates
            if (one.mode, one.condition) == (mode, condition)
            and math.isfinite(one.ratio)
            and (truth := _truth_of(one, true)) is not None
        ]
        if not pairs:
            continue
        held90 = sum(
            _agree(one.ratio, one.low90, one.high90, truth.ratio, truth.low, truth.high)
            for one, truth in pairs
        )
        held = sum(
            _agree(
                *(one.ratio, one.low_familywise, one.high_familywise),
                *(truth.ratio, truth.low_familywise, truth.high_familywise),
            )
            for one, truth in pairs
        )
        nominal = min(one.confidence_familywise for one, _ in pairs)
        rows += [
            _coverage(mode, condition, "90 %", 0.90, held90, len(pairs)),
            _coverage(mode, condition, "family-wise", nominal, held, len(pairs)),
        ]
    return tuple(rows)


def _agree(
    found: float, low: float, high: float, true: float, true_low: float, true_high: float
) -> bool:
    """Whether the interval of found / true, joined on the log scale (Zou & Donner 2008), holds 1.

    Where the truth is exact, whether the interval of what was found holds it.
    """
    arms = (found / low if low > 0 else math.inf, true_high / true)
    if found < true:
        arms = (high / found, true / true_low if true_low > 0 else math.inf)
    off = math.hypot(*map(math.log, arms))
    return abs(math.log(found / true)) <= off or low <= true <= high


def _truth_of(gate: Gate, true: dict[tuple[Condition, float], Truth]) -> Truth | None:
    if gate.mode == "replay" or gate.effect == 0:
        return Truth.exactly(gate.condition, gate.effect)
    return true.get((gate.condition, gate.effect))


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
