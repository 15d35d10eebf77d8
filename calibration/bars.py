"""The required error rates, declared before anything is measured."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from calibration.findings import Bar, Condition, Coverage, Mode, Verdicts
from calibration.questions import TAIL_ONLY, TYPICAL_ONLY
from calibration.scale import HORIZON_S, LATE, TAIL_ROUNDS
from calibration.slowdown import UNCHANGED, Slowdown, slower
from contract.metrics import find
from reports import units

COVERAGE_ALPHA = 0.001
"""Coverage misses its bar if the p-value of so few intervals is below this.

Small, because there are many such bars and a correct harness must meet all of them.
"""


@dataclass(frozen=True)
class Requirement:
    """The required detection of a planted slowdown.

    Attributes:
        question: what the gate decides.
        slowdown: what is planted.
        within_s: the largest median measuring time until FAIL; None where the gates' own length is
            the limit.
        share: the smallest share of gates that fail within their time.
        condition: where it is required.
    """

    question: str
    slowdown: Slowdown
    within_s: float | None
    share: Fraction = Fraction(19, 20)
    condition: Condition = "quiet"


REQUIREMENTS = (
    Requirement(TYPICAL_ONLY, slower(0.10), 0.7),
    Requirement(TYPICAL_ONLY, slower(0.05), 0.9),
    Requirement(TYPICAL_ONLY, slower(0.03), 1.5),
    Requirement(TYPICAL_ONLY, slower(0.01), 12.0),
    Requirement(TYPICAL_ONLY, slower(0.01), 8.0, condition="short pauses"),
    *(Requirement(TAIL_ONLY, slower(effect), None) for effect in TAIL_ROUNDS),
    Requirement(TAIL_ONLY, LATE, None),
)
"""For a disturbed machine only false alarms are limited."""


def bars_of(verdicts: Sequence[Verdicts], coverage: Sequence[Coverage]) -> tuple[Bar, ...]:
    """Compare the results with every bar that applies to them."""
    return (*_alarm_bars(verdicts), *_detection_bars(verdicts), *map(_coverage_bar, coverage))


def _alarm_bars(verdicts: Sequence[Verdicts]) -> Iterator[Bar]:
    for row in verdicts:
        if row.slowdown == UNCHANGED:
            yield Bar(
                f"{_where(row.mode, row.condition)}, {row.question}, unchanged code: no false "
                f"alarm in {units.count_of(row.failed.of, 'gates')}",
                f"{row.failed.count} of {row.failed.of}",
                row.failed.count == 0,
            )


def _detection_bars(verdicts: Sequence[Verdicts]) -> Iterator[Bar]:
    for row in verdicts:
        for requirement in REQUIREMENTS:
            if (row.condition, row.question, row.slowdown) != (
                *(requirement.condition, requirement.question),
                requirement.slowdown,
            ):
                continue
            gates, detected = row.failed.of, row.failed.count
            missed_max = int((1 - requirement.share) * gates)
            within, found, in_time = _times(row, requirement)
            yield Bar(
                f"{_where(row.mode, row.condition)}, {row.question}, {row.slowdown}: FAIL "
                f"{within}, in at least {gates - missed_max} of {units.count_of(gates, 'gates')}",
                f"{found}, {detected} of {gates}",
                gates - detected <= missed_max and in_time,
            )


def _times(row: Verdicts, requirement: Requirement) -> tuple[str, str, bool]:
    """The required time, the measured one, and whether it is short enough."""
    if requirement.within_s is not None:
        median = units.duration(row.fail_s_median) if row.failed.count else "never"
        within = f"within {requirement.within_s:g} s of measuring (median)"
        return within, median, row.fail_s_median <= requirement.within_s
    found = "never"
    if math.isfinite(row.fail_rounds_median):
        found = f"{units.count_of(int(row.fail_rounds_median), 'rounds')} (median)"
    rounds = TAIL_ROUNDS.get(round(row.slowdown.effect, 6))
    if rounds is None or row.slowdown == LATE:
        return f"within {HORIZON_S[0.0]:g} s of measuring", found, True
    return f"within {units.count_of(rounds, 'rounds')}", found, True


def _coverage_bar(row: Coverage) -> Bar:
    return Bar(
        f"{_where(row.mode, row.condition)}: {units.percent(row.nominal)} of {row.interval} "
        f"intervals of {_subject(row)} contain the true effect, or not significantly fewer "
        f"(p above {COVERAGE_ALPHA:g})",
        f"{row.held.count} of {row.held.of}, p = {row.p_value:.2g}",
        row.p_value > COVERAGE_ALPHA,
    )


def _where(mode: Mode, condition: str) -> str:
    return f"{mode}, {condition}"


def _subject(row: Coverage) -> str:
    label = find(row.metric).label
    return label if row.shape == "kept" else f"{label} of a changed shape"
