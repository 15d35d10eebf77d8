"""Runs a calibration: quiet, then disturbed; each live, then replayed; reports the progress.

In between comes a trace with short pauses between requests, if its gates are replayed.
"""

import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import numpy as np

from calibration.bars import bars_of
from calibration.coverage import coverage_of
from calibration.disturber import disturbed
from calibration.findings import (
    CALIBRATION_VERSION,
    Calibration,
    Condition,
    Gate,
    RivalRun,
    Truth,
    rivals_of,
    verdicts_of,
)
from calibration.live import Site
from calibration.publish import publish
from calibration.questions import CHANGED, EVERYTHING, TYPICAL_ONLY, WHOLE, budgets_of
from calibration.replay import Question, replay
from calibration.rival import rival_alarms
from calibration.scale import HORIZON_S, REPLAYED_UNCHANGED_S, Replays, Scale
from calibration.slowdown import UNCHANGED, slower
from calibration.subject import ROOT, LiveGate
from calibration.trace import Trace
from calibration.truths import true_ratios
from contract.metrics import TYPICAL
from contract.version import VERSION
from loadtests.errors import EXIT_INTERRUPTED, EXIT_INVALID, EXIT_OK, MeasureError
from loadtests.machine.facts import environment_facts, now_utc
from reports import units
from reports.verdicts.shapes import Decision

EXIT_BAR_MISSED = 1

# Estimates for the time left; the measured pace corrects them.
_START_S, _RIVAL_S, _REPLAY_S = 4.0, 4.0, 0.15


@dataclass
class Results:
    """The results so far."""

    gates: list[Gate] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    rivals: list[RivalRun] = field(default_factory=list)
    traces: dict[Condition, Trace] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step of a calibration.

    Attributes:
        estimate_s: about how long it takes.
        run: runs it and returns its result in words.
    """

    title: str
    estimate_s: float
    run: Callable[[], str]


class Progress:
    """Prints the end of each step and the estimated time left."""

    def __init__(self, out: TextIO, steps: Sequence[Step]) -> None:
        self._out = out
        self._began_s = time.monotonic()
        self._left = [step.estimate_s for step in steps]
        self._done_s = 0.0

    def report(self, step: Step, result: str) -> None:
        """Print the end of the next step."""
        self._done_s += self._left.pop(0)
        pace = (time.monotonic() - self._began_s) / self._done_s
        left = f"about {units.rough_time(pace * sum(self._left))} left" if self._left else "done"
        self._out.write(f"{step.title}: {result} · {left}\n")
        self._out.flush()


def calibrate(runs: Path, scale: Scale, seed: int, command: str, out: TextIO, err: TextIO) -> int:
    """Calibrate and publish the results.

    Args:
        runs: the folder in which the calibration's folder is created.
        scale: how much to measure.
        seed: of all random choices.
        command: the command that repeats the calibration.
        out: takes the tables.
        err: takes the progress.

    Returns: the exit code: 0 if all bars are met, 1 if one is missed, 4 if it could not continue,
    130 if interrupted. The results so far are published in any case.

    Raises:
        MeasureError: the folder cannot be created.
    """
    folder = runs / f"calibration-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise MeasureError(
            f"{folder}: cannot be created ({error.strerror}). Free space, or correct its "
            "permissions."
        ) from None
    started_at = now_utc()
    environment = environment_facts(ROOT)
    results, site = Results(), Site(folder, command)
    exit_code = EXIT_OK
    try:
        _run_steps(site, scale, seed, results, err)
    except KeyboardInterrupt:
        exit_code = EXIT_INTERRUPTED
        err.write("interrupted; the results so far are kept\n")
    except MeasureError as error:
        exit_code = EXIT_INVALID
        err.write(f"versus: {error}\n")
    verdicts, coverage = verdicts_of(results.gates), coverage_of(results.gates, results.truths)
    calibration = Calibration(
        schema_version=CALIBRATION_VERSION,
        id=folder.name,
        command=command,
        tool_version=VERSION,
        started_at=started_at,
        finished_at=now_utc(),
        complete=exit_code == EXIT_OK,
        seed=seed,
        horizons_s={
            "live": {str(slower(one)): HORIZON_S[one] for one in (0.0, *scale.effects)},
            "replay": {
                str(UNCHANGED): REPLAYED_UNCHANGED_S,
                **{str(slower(one)): HORIZON_S[one] for one in scale.effects},
            },
        },
        trace_s=scale.trace_s,
        environment=environment,
        bars=bars_of(verdicts, coverage),
        verdicts=verdicts,
        coverage=coverage,
        rivals=rivals_of(results.rivals),
        truths=tuple(results.truths),
    )
    publish(calibration, results.gates, folder, out)
    missed = not all(bar.met for bar in calibration.bars)
    return exit_code or (EXIT_BAR_MISSED if missed else EXIT_OK)


def _run_steps(site: Site, scale: Scale, seed: int, results: Results, err: TextIO) -> None:
    """Run all steps in order; each adds to the results."""
    rng = np.random.default_rng(seed)
    kinds = scale.conditions
    live = {kind: list(_live_steps(site, scale, kind, rng, results)) for kind in kinds}
    replays = {kind: list(_replay_steps(scale, kind, seed, results)) for kind in kinds}
    progress = Progress(err, [step for kind in kinds for step in (*live[kind], *replays[kind])])
    for condition in kinds:
        with disturbed(_seed(rng)) if condition == "disturbed" else nullcontext():
            _run_each(live[condition], progress)
        _run_each(replays[condition], progress)


def _run_each(steps: Sequence[Step], progress: Progress) -> None:
    for step in steps:
        # Measuring resets the handler to its default, which would end us without a message.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        progress.report(step, step.run())


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _live_steps(
    site: Site, scale: Scale, condition: Condition, rng: np.random.Generator, results: Results
) -> Iterator[Step]:
    """All live steps of one condition, with the gates of all effects in random order."""
    seed = _seed(rng)
    yield Step(
        f"{condition}: trace",
        _START_S + scale.trace_s,
        lambda: _record(site, condition, scale, seed, results),
    )
    for effect in scale.effects if scale.truth_s and condition != "short pauses" else ():
        yield _truth_step(site, condition, effect, scale.truth_s, _seed(rng), results)
    effects = [
        effect for effect in (0.0, *scale.effects) for _ in range(scale.live(condition, effect))
    ]
    for index in rng.permutation(len(effects)):
        yield _gate_step(site, condition, effects[index], _seed(rng), results)
        yield _rival_step(condition, effects[index], results)


def _record(site: Site, condition: Condition, scale: Scale, seed: int, results: Results) -> str:
    trace = site.trace(condition, scale.trace_s, seed)
    results.traces[condition] = trace
    return units.count_of(int(trace.measured.sum()), "rounds")


def _truth_step(
    site: Site, condition: Condition, effect: float, length_s: float, seed: int, results: Results
) -> Step:
    def run() -> str:
        truths = site.truths(condition, effect, length_s, seed)
        results.truths += truths
        return ", ".join(units.change(one.ratio) for one in truths if one.metric == TYPICAL)

    return Step(f"{condition}: truth of {slower(effect)}", _START_S + length_s, run)


def _gate_step(
    site: Site, condition: Condition, effect: float, seed: int, results: Results
) -> Step:
    # A slowdown of one metric is searched for, and unchanged code must not fail in any.
    question = TYPICAL_ONLY if effect else WHOLE
    horizon_s = HORIZON_S[effect]

    def run() -> str:
        gate = site.gate(LiveGate(condition, question, effect, horizon_s), seed)
        results.gates.append(gate)
        return f"{gate.verdict} after {units.duration(gate.measured_s)}"

    # Large effects are detected long before the time is up.
    estimate_s = min(horizon_s, 0.05 / effect) if effect else horizon_s
    return Step(f"{condition}: gate, {slower(effect)}", _START_S + estimate_s, run)


def _rival_step(condition: Condition, effect: float, results: Results) -> Step:
    def run() -> str:
        with tempfile.TemporaryDirectory() as saved:
            alarm = rival_alarms(Path(saved), effect)
        results.rivals.append(RivalRun(condition, effect, alarm))
        return Decision.FAIL if alarm else Decision.PASS

    return Step(f"{condition}: pytest-benchmark, {slower(effect)}", _RIVAL_S, run)


def _replay_steps(
    scale: Scale, condition: Condition, seed: int, results: Results
) -> Iterator[Step]:
    for number, replays in enumerate(scale.replays(condition)):
        yield Step(
            f"{condition}: {replays.count} replays, {replays.question}, {replays.slowdown}",
            replays.count * _REPLAY_S,
            _replay_all(replays, condition, [seed, _NUMBERS[condition], number], results),
        )


_NUMBERS: dict[Condition, int] = {"quiet": 0, "disturbed": 1, "short pauses": 2}
"""Of the random draws of each condition."""


def _replay_all(
    replays: Replays, condition: Condition, seed: Sequence[int], results: Results
) -> Callable[[], str]:
    def run() -> str:
        rng = np.random.default_rng(seed)
        gates = [
            _replayed(results.traces[condition], replays, condition, rng)
            for _ in range(replays.count)
        ]
        results.gates += gates
        return f"{sum(gate.verdict == Decision.FAIL for gate in gates)} FAIL"

    return run


def _replayed(
    trace: Trace, replays: Replays, condition: Condition, rng: np.random.Generator
) -> Gate:
    budgets = tuple(one for one in budgets_of(replays.question) if trace.has(one.metric))
    question = Question(CHANGED, budgets, every=replays.question == EVERYTHING)
    done = replay(trace, question, replays.slowdown, replays.limits, rng)
    return Gate.of(
        done.judged,
        *("replay", condition, replays.question, replays.slowdown),
        *(done.measured_s, done.rounds),
        true_ratios(done.recorded, replays.slowdown),
    )
