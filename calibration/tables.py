"""The words and tables of a calibration: one table for each question."""

import math
from collections.abc import Sequence

from calibration.findings import CONFIDENCE, Calibration, Rate, Verdicts
from calibration.questions import RATIO_MAX
from calibration.slowdown import UNCHANGED, slower
from contract.metrics import find
from reports import units
from reports.page.shapes import Cell, Column, Table


def headline(calibration: Calibration) -> str:
    """The result in one line, bad news first."""
    missed = sum(not bar.met for bar in calibration.bars)
    bars = units.count_of(len(calibration.bars), "bars")
    result = f"{missed} of {bars} missed" if missed else f"All {bars} met"
    return result if calibration.complete else f"Incomplete: {result} so far"


def lede() -> tuple[str, ...]:
    """The meaning of the figures, one sentence each."""
    return (
        (
            f"Each gate's budget allows {units.change(RATIO_MAX)} than the baseline. A FAIL of "
            "unchanged code is a false alarm, a FAIL of a planted slowdown is a detection, and "
            "any other verdict on a slowdown is a miss."
        ),
        (
            "A slowdown is extra work of the handler, in the same process; in a replay, latencies "
            "of recorded unchanged code are multiplied, or some of its requests wait in addition."
        ),
        "Disturbed means that another process uses one core in bursts of 0.05 to 1 s.",
        f"Brackets are exact {units.percent(CONFIDENCE)} bounds (Clopper-Pearson).",
    )


def tables(calibration: Calibration) -> tuple[Table, ...]:
    """All tables that have rows, in the order of reading."""
    everything = (
        _bars(calibration),
        _verdicts(
            "alarms",
            "False alarms: verdicts on unchanged code",
            [row for row in calibration.verdicts if row.slowdown == UNCHANGED],
        ),
        _verdicts(
            "detections",
            "Detections: verdicts on planted slowdowns",
            [row for row in calibration.verdicts if row.slowdown != UNCHANGED],
        ),
        _rivals(calibration),
        _coverage(calibration),
        _truths(calibration),
        _machine(calibration),
    )
    return tuple(table for table in everything if table.rows)


def _bars(calibration: Calibration) -> Table:
    return Table(
        "bars",
        "Required and measured",
        (Column("met"), Column("promise"), Column("found")),
        tuple(
            (
                Cell("met", "good") if bar.met else Cell("missed", "bad"),
                Cell(bar.promise),
                Cell(bar.found),
            )
            for bar in calibration.bars
        ),
    )


def _verdicts(table_id: str, caption: str, rows: Sequence[Verdicts]) -> Table:
    return Table(
        table_id,
        caption,
        (
            *(Column(title) for title in ("gates", "machine", "budgets", "planted")),
            *(
                Column(title, numeric=True)
                for title in (
                    "FAIL",
                    "PASS",
                    "INCONCLUSIVE",
                    "INVALID",
                    "measured until FAIL, median",
                    "longest",
                    "rounds until FAIL, median",
                )
            ),
        ),
        tuple(
            (
                Cell(row.mode),
                Cell(row.condition),
                Cell(row.question),
                Cell(str(row.slowdown)),
                Cell(format_rate(row.failed)),
                Cell(str(row.passed.count)),
                Cell(str(row.inconclusive.count)),
                Cell(str(row.invalid.count)),
                Cell(_time(row.fail_s_median)),
                Cell(_time(row.fail_s_max)),
                Cell(
                    f"{row.fail_rounds_median:.0f}"
                    if math.isfinite(row.fail_rounds_median)
                    else "-"
                ),
            )
            for row in rows
        ),
    )


def _time(seconds: float) -> str:
    return units.duration(seconds) if math.isfinite(seconds) else "-"


def _rivals(calibration: Calibration) -> Table:
    """pytest-benchmark and the live gates, on the same work in the same minutes."""
    gates = {
        (row.condition, row.slowdown): format_rate(row.failed)
        for row in calibration.verdicts
        if row.mode == "live"
    }

    return Table(
        "rival",
        "pytest-benchmark --benchmark-compare-fail=mean:5% on the same work",
        (
            Column("machine"),
            Column("planted"),
            Column("pytest-benchmark fails", numeric=True),
            Column("the gate fails", numeric=True),
        ),
        tuple(
            (
                Cell(row.condition),
                Cell(str(slower(row.effect))),
                Cell(format_rate(row.failed)),
                Cell(gates.get((row.condition, slower(row.effect)), "")),
            )
            for row in calibration.rivals
        ),
    )


def _coverage(calibration: Calibration) -> Table:
    return Table(
        "coverage",
        "Gates whose interval contains the true effect",
        (
            *(Column(title) for title in ("gates", "machine", "metric", "shape", "interval")),
            *(Column(title, numeric=True) for title in ("required", "contain it", "p-value")),
        ),
        tuple(
            (
                Cell(row.mode),
                Cell(row.condition),
                Cell(find(row.metric).label),
                Cell(row.shape),
                Cell(row.interval),
                Cell(f"at least {units.percent(row.nominal)}"),
                Cell(format_rate(row.held)),
                Cell(f"{row.p_value:.2g}"),
            )
            for row in calibration.coverage
        ),
    )


def _truths(calibration: Calibration) -> Table:
    return Table(
        "truths",
        "True effect of planted work",
        (
            Column("machine"),
            Column("planted"),
            Column("metric"),
            Column("effect [90 % interval]", numeric=True),
        ),
        tuple(
            (
                Cell(truth.condition),
                Cell(str(truth.slowdown)),
                Cell(find(truth.metric).label),
                Cell(f"{_change(truth.ratio)} [{_change(truth.low)}, {_change(truth.high)}]"),
            )
            for truth in calibration.truths
        ),
    )


def _change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.2f} %"


def _machine(calibration: Calibration) -> Table:
    return Table(
        "machine",
        "Machine and code",
        (Column("fact"), Column("value")),
        tuple(
            (Cell(f"{section}, {name}"), Cell(str(value)))
            for section, facts in calibration.environment.items()
            for name, value in facts.items()
        ),
    )


def format_rate(rate: Rate) -> str:
    """A count, its total, and the bounds of the share."""
    bounds = f"{100 * rate.low:.3g}, {100 * rate.high:.3g}"
    return f"{rate.count} of {rate.of} [{bounds} %]"
