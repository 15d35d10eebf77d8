"""Conducts a calibration: quiet, then disturbed, each live, then replayed; says how far it is."""

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

from calibration.bars import bars_of, planted
from calibration.disturber import disturbed
from calibration.findings import (
    CALIBRATION_VERSION,
    CONDITIONS,
    Calibration,
    Condition,
    Gate,
    RivalRun,
    Truth,
    coverage_of,
    rivals_of,
    verdicts_of,
)
from calibration.live import Site
from calibration.publish import publish
from calibration.replay import Trace, replay
from calibration.rival import rival_alarms
from calibration.scale import HORIZON_S, Scale
from loadtests.course import EXIT_INTERRUPTED, EXIT_INVALID, EXIT_OK, MeasureError
from loadtests.machine.facts import environment_facts, now_utc
from loadtests.opening import tool_version
from reports import units
from reports.model import Decision

EXIT_BAR_MISSED = 1

# Guesses, for the time left alone; what was measured corrects them.
_START_S, _RIVAL_S, _REPLAY_S = 4.0, 4.0, 0.15


@dataclass
class Found:
    """What there is so far."""

    gates: list[Gate] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)
    rivals: list[RivalRun] = field(default_factory=list)
    traces: dict[Condition, Trace] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        guess_s: about how long it takes.
        do: does it and says what came of it.
    """

    title: str
    guess_s: float
    do: Callable[[], str]


class Progress:
    """Says each step's end, and how long the rest may take."""

    def __init__(self, out: TextIO, steps: Sequence[Step]) -> None:
        self._out = out
        self._began_s = time.monotonic()
        self._left = [step.guess_s for step in steps]
        self._done_s = 0.0

    def done(self, step: Step, said: str) -> None:
        """One step more."""
        self._done_s += self._left.pop(0)
        pace = (time.monotonic() - self._began_s) / self._done_s
        left = f"about {units.rough_time(pace * sum(self._left))} left" if self._left else "done"
        self._out.write(f"{step.title}: {said} · {left}\n")
        self._out.flush()


def calibrate(
    root: Path, runs: Path, scale: Scale, seed: int, command: str, out: TextIO, err: TextIO
) -> int:
    """Calibrate and publish what was found.

    Args:
        root: the project's folder.
        runs: the folder that the calibration's own goes to.
        scale: how much.
        seed: of every coin.
        command: what a person types to do the same again.
        out: takes the tables.
        err: takes progress.

    Returns: 0 where all bars are met, 1 where one is not, 4 where it could not go on, 130
    interrupted; what there is is published in any case.

    Raises:
        MeasureError: there is no place for it.
    """
    folder = runs / f"calibration-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise MeasureError(
            f"{folder}: no place for a calibration ({error.strerror}). Free space, or mend its "
            "permissions."
        ) from None
    started_at = now_utc()
    environment = environment_facts(root)
    found, site = Found(), Site(root, folder, command)
    exit_code = EXIT_OK
    try:
        _take(site, scale, seed, found, err)
    except KeyboardInterrupt:
        exit_code = EXIT_INTERRUPTED
        err.write("interrupted; what was measured is kept\n")
    except MeasureError as error:
        exit_code = EXIT_INVALID
        err.write(f"versus: {error}\n")
    verdicts, coverage = verdicts_of(found.gates), coverage_of(found.gates, found.truths)
    calibration = Calibration(
        schema_version=CALIBRATION_VERSION,
        id=folder.name,
        command=command,
        tool_version=tool_version(root),
        started_at=started_at,
        finished_at=now_utc(),
        complete=exit_code == EXIT_OK,
        seed=seed,
        horizons_s={
            "live": {planted(effect): HORIZON_S[effect] for effect in (0.0, *scale.effects)},
            "replay": {
                planted(effect): scale.replay_horizon_s(effect) for effect in (0.0, *scale.effects)
            },
        },
        trace_s=scale.trace_s,
        environment=environment,
        bars=bars_of(verdicts, coverage),
        verdicts=verdicts,
        coverage=coverage,
        rivals=rivals_of(found.rivals),
        truths=tuple(found.truths),
    )
    publish(calibration, found.gates, folder, out)
    missed = not all(bar.met for bar in calibration.bars)
    return exit_code or (EXIT_BAR_MISSED if missed else EXIT_OK)


def _take(site: Site, scale: Scale, seed: int, found: Found, err: TextIO) -> None:
    """Every step, in order; each leaves what it found behind."""
    draw = np.random.default_rng(seed)
    live = {one: list(_live_steps(site, scale, one, draw, found)) for one in CONDITIONS}
    replayed = {one: list(_replay_steps(scale, one, seed, found)) for one in CONDITIONS}
    progress = Progress(err, [step for one in CONDITIONS for step in (*live[one], *replayed[one])])
    for condition in CONDITIONS:
        with disturbed(_seed(draw)) if condition == "disturbed" else nullcontext():
            _do(live[condition], progress)
        _do(replayed[condition], progress)


def _do(steps: Sequence[Step], progress: Progress) -> None:
    for step in steps:
        # Measuring leaves it at its default, which would end us without a word.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        progress.done(step, step.do())


def _seed(draw: np.random.Generator) -> int:
    return int(draw.integers(2**31))


def _live_steps(
    site: Site, scale: Scale, condition: Condition, draw: np.random.Generator, found: Found
) -> Iterator[Step]:
    """All that is measured in one condition, gates of all effects in random order."""
    seed = _seed(draw)
    yield Step(
        f"{condition}: trace",
        _START_S + scale.trace_s,
        lambda: _record(site, condition, scale, seed, found),
    )
    for effect in scale.effects if scale.truth_s else ():
        yield _truth_step(site, condition, effect, scale.truth_s, _seed(draw), found)
    effects = [
        effect for effect in (0.0, *scale.effects) for _ in range(scale.live(condition, effect))
    ]
    for index in draw.permutation(len(effects)):
        yield _gate_step(site, condition, effects[index], _seed(draw), found)
        yield _rival_step(site, condition, effects[index], found)


def _record(site: Site, condition: Condition, scale: Scale, seed: int, found: Found) -> str:
    trace = site.trace(condition, scale.trace_s, seed)
    found.traces[condition] = trace
    return units.count_of(int(trace.measured.sum()), "rounds")


def _truth_step(
    site: Site, condition: Condition, effect: float, length_s: float, seed: int, found: Found
) -> Step:
    def do() -> str:
        truth = site.truth(condition, effect, length_s, seed)
        found.truths.append(truth)
        return units.change(truth.ratio)

    return Step(f"{condition}: truth of {planted(effect)}", _START_S + length_s, do)


def _gate_step(site: Site, condition: Condition, effect: float, seed: int, found: Found) -> Step:
    horizon_s = HORIZON_S[effect]

    def do() -> str:
        gate = site.gate(condition, effect, horizon_s, seed)
        found.gates.append(gate)
        return f"{gate.verdict} after {units.duration(gate.measured_s)}"

    # Large effects are called long before the time is up.
    guess_s = min(horizon_s, 0.05 / effect) if effect else horizon_s
    return Step(f"{condition}: gate, {planted(effect)}", _START_S + guess_s, do)


def _rival_step(site: Site, condition: Condition, effect: float, found: Found) -> Step:
    def do() -> str:
        with tempfile.TemporaryDirectory() as saved:
            alarm = rival_alarms(Path(saved), site.root, effect)
        found.rivals.append(RivalRun(condition, effect, alarm))
        return Decision.FAIL if alarm else Decision.PASS

    return Step(f"{condition}: pytest-benchmark, {planted(effect)}", _RIVAL_S, do)


def _replay_steps(scale: Scale, condition: Condition, seed: int, found: Found) -> Iterator[Step]:
    number = CONDITIONS.index(condition)
    for effect in (0.0, *scale.effects):
        count = scale.replays(effect)
        yield Step(
            f"{condition}: {count} replays, {planted(effect)}",
            count * _REPLAY_S,
            _replaying(scale, condition, effect, [seed, number, round(effect * 1e4)], found),
        )


def _replaying(
    scale: Scale, condition: Condition, effect: float, seed: Sequence[int], found: Found
) -> Callable[[], str]:
    def do() -> str:
        draw = np.random.default_rng(seed)
        gates = []
        for _ in range(scale.replays(effect)):
            one = replay(found.traces[condition], effect, scale.replay_horizon_s(effect), draw)
            gates.append(Gate.of(one.judged, "replay", condition, effect, one.measured_s))
        found.gates += gates
        return f"{sum(gate.verdict == Decision.FAIL for gate in gates)} FAIL"

    return do
