"""Calibrates gates on a service of anybody's, from a recorded run of unchanged code.

The run is a canary scenario, or a gate of a commit against itself. Gates of one metric are replayed
on it with several planted slowdowns, as `calibration.replay` does for the calibration's own trace.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from calibration.findings import rate, reached
from calibration.questions import primary_times
from calibration.replay import Limits, Question, Replayed, replay
from calibration.slowdown import slower
from calibration.trace import Trace, trace_of
from contract.config.judging import EVERY, Budget, Settings
from contract.errors import ReportError
from contract.metrics import TYPICAL, find
from contract.run.calibrated import CalibratedGates, CalibratedRecord, write_calibrated
from contract.run.files import shown_path
from contract.run.reading import Run, read_run
from contract.run.record import RunRecord
from contract.version import VERSION
from loadtests.machine.facts import now_utc
from reports import units
from reports.page.calibrated import calibrated_sentence, calibrated_table
from reports.page.runs import RunsPage
from reports.surfaces.terminal import print_runs
from reports.verdicts.settings import settings_of
from reports.verdicts.shapes import Decision

EFFECTS = (0.01, 0.02, 0.03, 0.05, 0.10, 0.25)
"""Planted slowdowns."""

GATES = 300
"""Of each metric and slowdown."""

TIME_MAX_S = 240.0
"""In which as many gates are replayed as there is time for, of all kinds alike."""

ROUNDS_MAX = 3200
"""The most rounds of a replayed gate: longer ones would take too long to replay."""

_ROUNDS_MIN, _PAIRS_MIN = 50, 4
_PROGRESS_S = 10.0

_HOW_TO = (
    "Mark a scenario `canary = true` and measure with `versus bench`, or measure a commit against "
    "itself with `versus gate --base HEAD`"
)


@dataclass(frozen=True)
class _Kind:
    """Gates of one metric with one slowdown."""

    metric: str
    question: Question
    effect: float


def calibrate_run(
    folder: Path,
    scenario: str,
    effects: Sequence[float],
    seed: int,
    command: str,
    err: TextIO,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> CalibratedRecord:
    """Replay gates on a run and store the result in its folder.

    Args:
        folder: of the run.
        scenario: whose samples are replayed; empty where only one is of unchanged code.
        effects: planted slowdowns, 0.05 for 5 %; empty for the usual ones.
        seed: of all random draws.
        command: what repeats the calibration.
        err: takes the progress.
        clock: monotonic, in seconds.

    Raises:
        RecordError: the run cannot be read, or the result not be written.
        ReportError: the run is not of unchanged code, or too short.
    """
    began_s = clock()
    run = read_run(folder)
    trace = trace_of(run, _unchanged(run, scenario))
    settings = settings_of(run.record)
    limits, units_max = _limits(trace)
    _check_length(run, trace)
    questions = [
        Question(budget.variant, (budget,), settings.margins)
        for budget in _budgets(trace, settings)
    ]
    planted = (0.0, *sorted(effects or EFFECTS))
    gates: list[CalibratedGates] = []
    for number, question in enumerate(questions):
        # Each metric gets an equal part of the time that is left.
        left_s = TIME_MAX_S - (clock() - began_s)
        until_s = clock() + left_s / (len(questions) - number)
        progress = _Progress(err, clock, question.budgets[0].metric, until_s)
        gates += _replayed(trace, question, planted, limits, seed, progress)
    record = CalibratedRecord(
        tool_version=VERSION,
        run=run.record.id,
        calibrated_at=now_utc(),
        command=command,
        seed=seed,
        scenario=trace.scenario,
        variant=questions[0].variant,
        unit="pairs" if trace.record.restarts else "rounds",
        recorded_s=trace.recorded_s,
        recorded_units=len(trace.block_s) if trace.record.restarts else int(trace.measured.sum()),
        horizon_s=limits.horizon_s,
        horizon_units=units_max,
        gates_planned=GATES,
        took_s=clock() - began_s,
        gates=tuple(gates),
    )
    write_calibrated(run.folder, record)
    return record


def print_calibrated(record: CalibratedRecord, folder: Path, out: TextIO) -> None:
    """Print the sentence and the table of a calibrated run."""
    lines = [calibrated_sentence(record)]
    fewest = min(one.gates for one in record.gates)
    if fewest < record.gates_planned:
        lines.append(
            f"Time was up after {units.count_of(fewest, 'gates')} of {record.gates_planned} of "
            "the metric with the fewest."
        )
    print_runs(RunsPage(tuple(lines), ((calibrated_table(record), ()),)), out, "bold")
    took = units.rough_time(record.took_s)
    out.write(f"\nCalibrated in {took}. `versus report --run {shown_path(folder)}` shows it.\n")


def _unchanged(run: Run, scenario: str) -> str:
    """The name of the scenario whose samples are of unchanged code.

    Raises:
        ReportError: there is none, or there are several and none was named.
    """
    record, where = run.record, shown_path(run.folder)
    if record.load:
        raise ReportError(f"{where}: was measured under load. {_HOW_TO}.")
    if record.restarts:
        found = record.revisions
        if found is None or found.changed:
            differ = units.count_of(found.changed, "files") if found else "two revisions"
            raise ReportError(
                f"{where}: is no gate of a commit against itself: {differ} differ. {_HOW_TO}."
            )
        names = [one.name for one in record.scenarios if not one.new]
    else:
        names = [one.name for one in record.scenarios if one.canary]
    if scenario and scenario not in names:
        known = [one.name for one in record.scenarios]
        wrong = "is not of unchanged code" if scenario in known else "was not measured"
        raise ReportError(
            f"{where}: {scenario!r:.80} {wrong}. Valid for --scenario: {', '.join(names) or 'none'}"
            f". {_HOW_TO}."
        )
    if not names:
        raise ReportError(f"{where}: holds no canary, so no unchanged code. {_HOW_TO}.")
    if not scenario and len(names) > 1:
        raise ReportError(
            f"{where}: {', '.join(names)} are of unchanged code. Name one with --scenario."
        )
    return scenario or names[0]


def _check_length(run: Run, trace: Trace) -> None:
    """Check that there is enough to replay.

    Raises:
        ReportError: there is not.
    """
    pairs = trace.record.restarts is not None
    found = len(trace.block_s) if pairs else int(trace.measured.sum())
    needed, noun = (_PAIRS_MIN, "pairs of starts") if pairs else (_ROUNDS_MIN, "rounds")
    if found < needed:
        raise ReportError(
            f"{shown_path(run.folder)}: {trace.scenario} has {found} {noun}, at least {needed} "
            "are needed. Measure for longer."
        )


def _limits(trace: Trace) -> tuple[Limits, int]:
    """How long replayed gates go on: as long as the run's own plan allows, up to a bound."""
    (scenario,) = trace.record.scenarios
    restarts = trace.record.restarts
    if restarts:
        pairs = restarts.looks[-1]
        return Limits(pairs * trace.elapsed_s / max(1, len(trace.block_s))), pairs
    rounds = min(scenario.rounds_max, ROUNDS_MAX)
    round_s = trace.recorded_s / max(1, int(trace.measured.sum()))
    horizon_s = min(scenario.budget_s, rounds * round_s)
    return Limits(horizon_s, rounds), math.ceil(horizon_s / round_s)


def _budgets(trace: Trace, settings: Settings) -> Iterator[Budget]:
    """A budget on each primary metric: the run's own one, else the margin."""
    record = trace.record
    for metric in primary_times(record.design):
        if trace.has(metric):
            own = [one for one in settings.budgets if _is_about(one, record, metric)]
            yield own[0] if own else _of_margin(record, metric, settings)


def _is_about(budget: Budget, record: RunRecord, metric: str) -> bool:
    return (
        (budget.design, budget.metric) == (record.design, metric)
        and budget.scenario in {record.scenarios[0].name, EVERY}
        and budget.ratio_max is not None
        and budget.variant != record.baseline
    )


def _of_margin(record: RunRecord, metric: str, settings: Settings) -> Budget:
    margin = settings.margins.get(metric, settings.margins[TYPICAL])
    revisions = record.restarts is not None
    others = [name for name in record.variants if name != record.baseline]
    return Budget(
        scenario=record.scenarios[0].name,
        variant="" if revisions else others[0],
        metric=metric,
        ratio_max=1 + margin,
        revisions=revisions,
    )


class _Progress:
    """Prints now and then how far the gates of one metric are, and says when time is up."""

    def __init__(
        self, out: TextIO, clock: Callable[[], float], metric: str, until_s: float
    ) -> None:
        self._out, self._clock, self._until_s = out, clock, until_s
        self._label = find(metric).label
        self._began_s = clock()
        self._next_s = self._began_s + _PROGRESS_S

    def goes_on(self, done: int) -> bool:
        """Whether there is time for one more gate of each slowdown, after so many."""
        now_s = self._clock()
        if now_s >= self._next_s and done:
            self._next_s = now_s + _PROGRESS_S
            pace_s = (now_s - self._began_s) / done
            left_s = min(self._until_s - now_s, pace_s * (GATES - done))
            self._out.write(
                f"{self._label}: {done} of {GATES} gates of each slowdown · about "
                f"{units.rough_time(max(0.0, left_s))} left\n"
            )
            self._out.flush()
        return done < GATES and (not done or now_s < self._until_s)


def _replayed(
    trace: Trace,
    question: Question,
    planted: Sequence[float],
    limits: Limits,
    seed: int,
    progress: _Progress,
) -> list[CalibratedGates]:
    """Gates of all slowdowns in turn, so that there are equally many of each."""
    done: dict[float, list[Replayed]] = {effect: [] for effect in planted}
    metric = question.budgets[0].metric
    number = 0
    while progress.goes_on(number):
        for effect, gates in done.items():
            # The draws of a gate depend on nothing but its own number.
            draws = np.random.default_rng(
                [
                    seed,
                    primary_times(trace.record.design).index(metric),
                    round(1e4 * effect),
                    number,
                ]
            )
            gates.append(replay(trace, question, slower(effect), limits, draws))
        number += 1
    return [_counted(trace, question, effect, gates) for effect, gates in done.items()]


def _counted(
    trace: Trace, question: Question, effect: float, gates: Sequence[Replayed]
) -> CalibratedGates:
    (budget,) = question.budgets
    assert budget.ratio_max is not None
    failed = [one for one in gates if one.judged.verdict == Decision.FAIL]
    times = [_gate_s(trace, one) for one in failed]
    rounds = [float(one.rounds) for one in failed]
    most_units = _finite(reached(rounds, len(gates), 0.95))
    return CalibratedGates(
        metric=budget.metric,
        ratio_max=budget.ratio_max,
        effect=effect,
        gates=len(gates),
        failed=len(failed),
        passed=sum(one.judged.verdict == Decision.PASS for one in gates),
        failed_share_max=rate(len(failed), len(gates)).high,
        median_s=_finite(reached(times, len(gates), 0.5)),
        most_s=_finite(reached(times, len(gates), 0.95)),
        most_units=None if most_units is None else int(most_units),
    )


def _gate_s(trace: Trace, one: Replayed) -> float:
    """How long a gate took; with restarts, at the pace of the whole run, starts included."""
    if trace.record.restarts:
        return one.rounds * trace.elapsed_s / len(trace.block_s)
    return one.measured_s


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
