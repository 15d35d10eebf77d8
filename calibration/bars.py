"""The bars that a calibration is held to, declared before anything is measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from calibration.findings import COVERAGE_ALPHA, Bar, Coverage, Mode, Verdicts
from reports import units

LIVE_ALARMS_MAX = Fraction(1, 40)
"""Of live gates of unchanged code, and never less than one: a gate errs 1 time in 100 by design."""


@dataclass(frozen=True)
class Promise:
    """That a planted slowdown is called.

    Attributes:
        within_s: half of the gates call it in so much measuring.
        share: of the gates call it at all, in the time they have.
    """

    effect: float
    within_s: float
    share: Fraction


PROMISES = (
    Promise(0.10, 2.0, Fraction(19, 20)),
    Promise(0.05, 4.0, Fraction(19, 20)),
    Promise(0.03, 8.0, Fraction(19, 20)),
    Promise(0.01, 60.0, Fraction(9, 10)),
)
"""On a quiet machine; a disturbed one promises that there is no false alarm."""


def bars_of(verdicts: Sequence[Verdicts], coverage: Sequence[Coverage]) -> tuple[Bar, ...]:
    """Hold everything that was found against every bar that speaks of it."""
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
        for promise in PROMISES:
            if row.condition != "quiet" or row.effect != promise.effect:
                continue
            gates, found = row.failed.of, row.failed.count
            missed_max = int((1 - promise.share) * gates)
            took = units.duration(row.fail_s_median) if found else "never"
            yield Bar(
                f"{_where(row.mode, row.condition)}, {planted(promise.effect)}: FAIL within "
                f"{promise.within_s:g} s of measuring (median), in at least {gates - missed_max} "
                f"of {units.count_of(gates, 'gates')}",
                f"{took}, {found} of {gates}",
                gates - found <= missed_max and row.fail_s_median <= promise.within_s,
            )


def _coverage_bar(row: Coverage) -> Bar:
    return Bar(
        f"{_where(row.mode, row.condition)}: {units.percent(row.nominal)} of {row.interval} "
        "intervals hold the true effect, or fewer by chance alone "
        f"(p above {COVERAGE_ALPHA:g})",
        f"{row.held.count} of {row.held.of}, p = {row.p_value:.2g}",
        row.p_value > COVERAGE_ALPHA,
    )


def _where(mode: Mode, condition: str) -> str:
    return f"{mode}, {condition}"


def planted(effect: float) -> str:
    """A planted effect in words."""
    return f"+{100 * effect:g} %" if effect else "unchanged code"
