"""Requests: from a run's samples to trials, and everything else that one scenario shows."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import NamedTuple

import numpy as np

from contract.metrics import LATENCIES, MARGINS, OF_STREAMS, TYPICAL, request_metrics
from contract.run.record import RunRecord, ScenarioRecord
from contract.run.samples import Samples
from reports.effects.bodies import Bodies, compare_bodies
from reports.effects.canary_cpu import doubt_cpu
from reports.effects.carry_over import CarryOver, carry_over, lopsided
from reports.effects.closed_loop import doubt_failures
from reports.effects.comparer import (
    Compared,
    Trial,
    compare_metrics,
    deliveries_of,
    missing_warnings,
    stretch_logs,
)
from reports.effects.connections import connection_warnings
from reports.effects.cpu import cpu_uses
from reports.effects.curves import latency_curves
from reports.effects.drawn import Drawn, drawn_rows, rows_warmed
from reports.effects.estimating import Terms
from reports.effects.family import judge_alone, judge_together
from reports.effects.looks import look_of
from reports.effects.new_scenarios import new_in_head
from reports.effects.pairing import PAIRED_UNITS
from reports.effects.primaries import confidence, family_size, primaries_of
from reports.effects.reasons import Name, Reason, reason
from reports.effects.rounds import (
    Rounds,
    align,
    arrivals,
    matched,
    measuring_s,
    places_of,
    right_answers,
    switchback,
)
from reports.effects.shape_changes import explain_shapes
from reports.effects.shapes import (
    CpuUse,
    Delivery,
    Effect,
    StageBreakdown,
    SubjectComparison,
)
from reports.effects.stages import break_down
from reports.effects.validity import have_own_servers, servers_in_doubt
from reports.statistics import drift, sequential, shift
from reports.statistics.slow_share import ShapeChange
from reports.statistics.timeline import timeline
from reports.statistics.values import UNITS_MIN, FloatArray, IntArray


@dataclass(frozen=True)
class _Prepared:
    """One scenario's rounds, and what they show before any metric is compared."""

    scenario: ScenarioRecord
    trial: Trial
    carried: tuple[CarryOver, ...] | None
    shifted: tuple[CarryOver, ...]


class _Sent(NamedTuple):
    """What one scenario's requests show beside its metrics."""

    deliveries: tuple[Delivery, ...]
    bodies: Bodies
    cpu: tuple[CpuUse, ...]
    drawn: Drawn
    stages: tuple[StageBreakdown, ...]


class Requests:
    """The requests of one run, aligned in rounds.

    Attributes:
        kept: which samples are in the stretches of the run that are compared, (n_samples,).
        right: which samples are right answers, (n_samples,).
    """

    def __init__(
        self,
        record: RunRecord,
        samples: Samples,
        margins: Mapping[str, float],
        only: Collection[str] | None = None,
        joint: Collection[str] = (),
    ) -> None:
        """Align a run.

        Args:
            record: run.json.
            samples: of the run.
            margins: by metric, as ratios; absent ones take their default.
            only: the metrics to compare; None for all.
            joint: metrics whose intervals shall hold jointly with those of the primaries.
        """
        self._joint = joint
        self._record, self._samples = record, Samples.of(samples)
        samples = self._samples
        self._margins = MARGINS | dict(margins)
        everything = request_metrics(samples.schema.names, record.stages, record.counters)
        if record.load_users:
            # What users send is not the same in all variants, so nothing is counted.
            everything = tuple(one for one in everything if one.name in LATENCIES)
        self._metrics = tuple(one for one in everything if only is None or one.name in only)
        self.right = right_answers(samples)
        self.kept = (
            switchback(samples, record.variants, cut_off=record.state != "complete")
            if record.load
            else np.ones(samples.num_rows, bool)
        )
        self._rounds = [self._align(scenario) for scenario in record.scenarios]

    def compare(self, *, pictures: bool) -> tuple[SubjectComparison, ...]:
        """Every scenario, compared.

        Args:
            pictures: whether to take what only a picture needs: shift functions and timelines.
        """
        prepared = [
            self._prepare(scenario, rounds)
            for scenario, rounds in zip(self._record.scenarios, self._rounds, strict=True)
        ]
        trials = [one.trial for one in prepared]
        shapes, compared = explain_shapes(trials, compare_metrics(trials))
        record, samples = self._record, self._samples
        # Column by column, so that each is read once for all scenarios.
        mine = [places_of(samples, "scenario", scenario.name) for scenario in record.scenarios]
        deliveries = [deliveries_of(samples, one, self.right, record.variants) for one in mine]
        bodies = [compare_bodies(one.trial.rounds, record, one.scenario) for one in prepared]
        cpu = [cpu_uses(record, samples, one) for one in mine]
        drawn = list(map(drawn_rows, repeat(samples), mine, record.scenarios))
        if record.load_users:
            compared = doubt_failures(record.baseline, deliveries, compared)
        effects = self._judged(doubt_cpu(record.scenarios, compared))
        sent = map(_Sent, deliveries, bodies, cpu, drawn, break_down(self._rounds, record))
        found = zip(prepared, compared, effects, sent, shapes, strict=True)
        return tuple(self._comparison(*each, pictures=pictures) for each in found)

    def stretch_logs(self) -> dict[tuple[str, str, str], FloatArray]:
        """The log ratios of all complete stretches in order of time, whatever ended the run.

        Returns: (n_stretches,) by scenario, variant and metric, where comparable.
        """
        return {
            (scenario.name, paired.variant, paired.metric.name): logs
            for scenario, rounds in zip(self._record.scenarios, self._rounds, strict=True)
            if not scenario.new
            for paired, logs in stretch_logs(self._trial(scenario, rounds, ()))
        }

    def looked_at(self) -> list[tuple[ScenarioRecord, Rounds, sequential.Look]]:
        """Every scenario with rounds and the look that decides about it."""
        return [
            (scenario, rounds, self._look(scenario, rounds))
            for scenario, rounds in zip(self._record.scenarios, self._rounds, strict=True)
            if len(rounds.number)
        ]

    def _align(self, scenario: ScenarioRecord) -> Rounds:
        samples, variants = self._samples, self._record.variants
        rows = np.flatnonzero(self.kept & places_of(samples, "scenario", scenario.name))
        if self._record.load is None:
            number = samples.values("round")[rows]
            measured_s = measuring_s(samples, rows)
        else:
            if self._record.load_users:
                rows, number = matched(samples, rows, variants, self.right)
            else:
                number = arrivals(samples, rows, len(variants))
            # Under load all scenarios are measured at the same time.
            measured_s = measuring_s(samples, np.flatnonzero(self.kept))
        return align(samples, rows, number, variants, self.right, measured_s)

    def _prepare(self, scenario: ScenarioRecord, rounds: Rounds) -> _Prepared:
        record = self._record
        # Under load a step is drained and burned in before it counts: nothing carries over.
        checked = record.load is None and len(rounds.number) > 0 and not scenario.new
        find = lopsided if record.restarts else carry_over
        carried = find(rounds, record.variants) if checked else ()
        margin = self._margins[TYPICAL]
        shifted = tuple(one for one in carried if one.is_shift(len(record.variants), margin))
        trial = self._trial(scenario, rounds, shifted)
        return _Prepared(scenario, trial, carried if checked else None, shifted)

    def _trial(
        self, scenario: ScenarioRecord, rounds: Rounds, shifted: Sequence[CarryOver]
    ) -> Trial:
        record = self._record
        run_s = scenario.budget_s if record.load else sum(one.budget_s for one in record.scenarios)
        terms = Terms(
            scenario=scenario.name,
            # What is new has only itself.
            baseline=others(record)[0] if scenario.new else record.baseline,
            margins=self._margins,
            confidence=confidence(record, canary=scenario.canary, joint=self._joint),
            canary=scenario.canary,
            # Scenarios share the run's time: more for this one means more for all.
            round_s=rounds.round_s * run_s / scenario.budget_s,
            look=self._look(scenario, rounds),
            primaries=primaries_of(record),
            shifts={one.variant: abs(one.shift) for one in shifted},
            doubt=servers_in_doubt(record),
        )
        return Trial(
            rounds=rounds,
            metrics=tuple(
                one for one in self._metrics if scenario.events or one.name not in OF_STREAMS
            ),
            terms=terms,
            variants=others(record),
            block=self._unsplit(rounds),
            unit=PAIRED_UNITS[record.design],
        )

    def _unsplit(self, rounds: Rounds) -> IntArray | None:
        """The block of each round, where no unit may split one."""
        if self._record.design == "paired" or not len(rounds.number):
            return None
        block: IntArray = rounds.exactly(self._record.baseline, "block")
        return block

    def _look(self, scenario: ScenarioRecord, rounds: Rounds) -> sequential.Look:
        n = len(rounds.number)
        block = rounds.values(self._record.baseline, "block") if n else np.zeros(0)
        ends = [*(np.flatnonzero(np.diff(block)) + 1).tolist(), n]
        return look_of(self._record, ends, at_end=scenario.ended in {"rounds", "time"})

    def _judged(self, compared: Sequence[Compared]) -> list[tuple[Effect, ...]]:
        """Canaries and what is new are no findings, so the others are judged without them."""
        record = self._record
        findings = [
            alone
            for scenario, one in zip(record.scenarios, compared, strict=True)
            if not (scenario.canary or scenario.new)
            for alone in one.effects
        ]
        judged = iter(
            judge_together(findings, family_size(record, canary=False, joint=self._joint))
        )
        return [
            judge_alone(one.effects)
            if scenario.canary or scenario.new
            else tuple(next(judged) for _ in one.effects)
            for scenario, one in zip(record.scenarios, compared, strict=True)
        ]

    def _comparison(
        self,
        prepared: _Prepared,
        compared: Compared,
        effects: tuple[Effect, ...],
        sent: _Sent,
        shapes: tuple[ShapeChange, ...],
        *,
        pictures: bool,
    ) -> SubjectComparison:
        record, scenario, rounds = self._record, prepared.scenario, prepared.trial.rounds
        some = len(rounds.number) > 0
        latencies = {name: rounds.values(name, "latency_s") for name in record.variants}
        drawn = pictures and some
        if scenario.new:
            new = new_in_head(scenario, rounds, sent.deliveries, effects, compared.counters)
            return replace(new, drawn=sent.drawn)
        return SubjectComparison(
            subject=scenario,
            kind="request",
            rounds=len(rounds.number),
            rounds_left_out=rounds.left_out,
            rounds_silent=rounds.silent,
            round_s=rounds.round_s,
            rounds_bodies_differ=sent.bodies.differ,
            rounds_bodies_gained=sent.bodies.gained,
            effects=effects,
            counters=tuple(compared.counters),
            missing=tuple(compared.missing),
            deliveries=sent.deliveries,
            warnings=(
                *self._changes(rounds, latencies),
                *(one.warning() for one in prepared.shifted),
                *missing_warnings(compared.missing, record.baseline),
                *connection_warnings(
                    sent.deliveries, record.baseline, shared=not have_own_servers(record)
                ),
                *self._warmed(scenario, rounds, latencies),
            ),
            unchecked=_unchecked(prepared.carried, record),
            stages=sent.stages,
            cpu=sent.cpu,
            curves=latency_curves(latencies) if some else (),
            shift_functions=self._shift_functions(prepared, latencies) if drawn else (),
            shape_changes=shapes,
            drawn=sent.drawn,
            timeline=timeline(
                latencies,
                record.baseline,
                # Under load a variant's step has a time of its own; the order is what is drawn.
                rounds.values(record.baseline, "start_s"),
                rounds.exactly(record.baseline, "block"),
            )
            if drawn
            else None,
        )

    def _warmed(
        self, scenario: ScenarioRecord, rounds: Rounds, latencies: Mapping[str, FloatArray]
    ) -> tuple[Reason, ...]:
        """Whether variants of one server warm each other's rows."""
        if not scenario.rows or self._record.load or have_own_servers(self._record):
            return ()
        positions = {name: rounds.values(name, "position") for name in self._record.variants}
        warmed = rows_warmed(latencies, positions)
        return (warmed,) if warmed else ()

    def _changes(self, rounds: Rounds, latencies: Mapping[str, FloatArray]) -> list[Reason]:
        """Effects that changed while they were measured."""
        record = self._record
        changes = drift.find_changes(
            latencies,
            record.baseline,
            rounds.exactly(record.baseline, "block"),
            self._margins[TYPICAL],
            by_block=record.design != "paired",
        )
        return [
            reason(
                Name.EFFECT_DRIFTED if one.block is None else Name.EFFECT_STEPPED,
                variant=variant,
                before=math.exp(one.before),
                after=math.exp(one.after),
                block=one.block,
            )
            for variant, one in changes.items()
        ]

    def _shift_functions(
        self, prepared: _Prepared, latencies: Mapping[str, FloatArray]
    ) -> tuple[shift.ShiftFunction, ...]:
        """Of the same rounds as the effects."""
        trial = prepared.trial
        looked_at = slice(trial.terms.look.rounds)
        return shift.shift_functions(
            {name: values[looked_at] for name, values in latencies.items()},
            self._record.baseline,
            self._record.seed,
            None if trial.block is None else trial.block[looked_at],
        )


def others(record: RunRecord) -> tuple[str, ...]:
    """All variants but the baseline."""
    return tuple(name for name in record.variants if name != record.baseline)


def _unchecked(carried: Sequence[CarryOver] | None, record: RunRecord) -> tuple[Reason, ...]:
    """Whether there was enough to see carry-over; None where there can be none."""
    if carried is None:
        return ()
    if record.restarts:
        pairs = max((one.n for one in carried), default=0)
        few = pairs < UNITS_MIN
        return (reason(Name.CARRY_OVER_UNCHECKED, pairs=pairs, needed=UNITS_MIN),) * few
    counts = dict.fromkeys(record.variants, 0) | {one.variant: one.n for one in carried}
    rounds = {name: n for name, n in counts.items() if n < UNITS_MIN}
    return (reason(Name.CARRY_OVER_UNCHECKED, rounds=rounds, needed=UNITS_MIN),) if rounds else ()
