"""The required error rates, declared before anything is measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from calibration.findings import COVERAGE_ALPHA, Bar, Coverage, Mode, Verdicts
from reports import units

LIVE_ALARMS_MAX = Fraction(1, 40)
"""The allowed share of false alarms in live gates, but at least one: by design a gate errs in 1 of
100 runs."""


@dataclass(frozen=True)
class Requirement:
    """The required detection of a planted slowdown.

    Attributes:
        effect: extra work, 0.05 for 5 %.
        within_s: the largest median measuring time until FAIL.
        share: the smallest share of gates that fail within their time.
    """

    effect: float
    within_s: float
    share: Fraction


REQUIREMENTS = (
    Requirement(0.10, 2.0, Fraction(19, 20)),
    Requirement(0.05, 4.0, Fraction(19, 20)),
    Requirement(0.03, 8.0, Fraction(19, 20)),
    Requirement(0.01, 60.0, Fraction(9, 10)),
)
"""On a quiet machine; for a disturbed machine only false alarms are limited."""


def bars_of(verdicts: Sequence[Verdicts], coverage: Sequence[Coverage]) -> tuple[Bar, ...]:
    """Compare the results with every bar that applies to them."""
    return (*_alarm_bars(verdicts), *_detection_bars(verdicts), *map(_coverage_bar, coverage))


def _alarm_bars(verdicts: Sequence[Verdicts]) -> Iterator[Bar]:
    for row in verdicts:
        if row.effect:
            continue
        gates = row.failed.of
        allowed = 0 if row.mode == "replay" else max(1, int(LIVE_ALARMS_MAX * gates))
        promised = (
            f"at most {units.count_of(allowed, 'false alarms')}" if allowed else "no false alarm"
        )
        yield Bar(
            f"{_where(row.mode, row.condition)}, unchanged code: {promised} in "
            f"{units.count_of(gates, 'gates')}",
            f"{row.failed.count} of {gates}",
            row.failed.count <= allowed,
        )


def _detection_bars(verdicts: Sequence[Verdicts]) -> Iterator[Bar]:
    for row in verdicts:
        for requirement in REQUIREMENTS:
            if row.condition != "quiet" or row.effect != requirement.effect:
                continue
            gates, detected = row.failed.of, row.failed.count
            missed_max = int((1 - requirement.share) * gates)
            median = units.duration(row.fail_s_median) if detected else "never"
            required = f"{gates - missed_max} of {units.count_of(gates, 'gates')}"
            yield Bar(
                f"{_where(row.mode, row.condition)}, {planted(requirement.effect)}: FAIL within "
                f"{requirement.within_s:g} s of measuring (median), in at least {required}",
                f"{median}, {detected} of {gates}",
                gates - detected <= missed_max and row.fail_s_median <= requirement.within_s,
            )


def _coverage_bar(row: Coverage) -> Bar:
    return Bar(
        f"{_where(row.mode, row.condition)}: {units.percent(row.nominal)} of {row.interval} "
        f"intervals contain the true effect, or not significantly fewer (p above "
        f"{COVERAGE_ALPHA:g})",
        f"{row.held.count} of {row.held.of}, p = {row.p_value:.2g}",
        row.p_value > COVERAGE_ALPHA,
    )


def _where(mode: Mode, condition: str) -> str:
    return f"{mode}, {condition}"


def planted(effect: float) -> str:
    """The text for a planted effect."""
    return f"+{100 * effect:g} %" if effect else "unchanged code"
