"""A run under load in words and tables: what each variant carries, and how it was driven."""

import math
from collections.abc import Iterator, Sequence

from contract.run.record import LoadRecord, StepRecord
from reports import units
from reports.effects.capacity import Capacity, LoadComparison, cpu_share_max
from reports.effects.comparison import Comparison
from reports.effects.shapes import SubjectComparison
from reports.page import users
from reports.page.shapes import Cell, LoadPart, Table, numbers, words

STEPS_SHOWN_MAX = 400
"""A longer table is not read; run.json holds every step."""


def load_part(load: LoadRecord, comparison: Comparison) -> LoadPart:
    """Everything that a page shows of load, without the effects."""
    assert comparison.load is not None
    of_users = load.users is not None
    return LoadPart(
        title="Users in a closed loop" if of_users else "Capacity",
        facts=users.how_driven(load, comparison.load)
        if of_users
        else (_how_driven(load, comparison.load), *_what_capacity_is(load, comparison)),
        capacity=_capacity_table(load, comparison, comparison.load),
        steps=_steps_table(load),
        workers=_workers_table(load, comparison.load),
        throughput=users.throughput_table(comparison),
    )


def carried_in_words(load: LoadComparison) -> str:
    """`baseline carries 2.4 to 2.7 requests a second, optimized at least 41`."""
    known = [one for one in load.capacities if one.low_per_s > 0 or one.ceiling_per_s < math.inf]
    others = [f"{one.variant} {between(one)}" for one in known[1:]]
    if not known:
        return ""
    return ", ".join(
        (f"{known[0].variant} carries {between(known[0])} requests per second", *others)
    )


def between(capacity: Capacity) -> str:
    """The rates between which a capacity lies, without their unit."""
    low, high = units.rate(capacity.low_per_s), units.rate(capacity.ceiling_per_s)
    if math.isinf(capacity.ceiling_per_s):
        return f"at least {low}" if capacity.low_per_s else "unknown"
    return f"{low} to {high}" if capacity.low_per_s else f"less than {high}"


def times_between(low: float, high: float) -> str:
    """A ratio of capacities between its bounds."""
    if math.isinf(high):
        return f"at least {units.factor(low)}" if low else ""
    return (
        f"{units.factor(low)} to {units.factor(high)}" if low else f"at most {units.factor(high)}"
    )


def _objectives(scenarios: Sequence[SubjectComparison]) -> str:
    """`1 s`, or by scenario where they differ."""
    by_name = {
        one.name: one.scenario.objective_s
        for one in scenarios
        if one.scenario.objective_s is not None
    }
    if len(set(by_name.values())) == 1:
        return units.set_time(next(iter(by_name.values())))
    return ", ".join(f"{units.set_time(limit_s)} ({name})" for name, limit_s in by_name.items())


def _how_driven(load: LoadRecord, compared: LoadComparison) -> str:
    if load.rate_per_s <= 0:
        return "The search ended before there was a rate to compare variants at."
    share = (
        "as given"
        if load.utilization is None
        else f"{units.percent(load.utilization)} of the smallest capacity found"
    )
    return (
        f"Compared at {units.rate(load.rate_per_s)} requests per second ({share}), all scenarios "
        f"mixed by their weights, sent by {units.count_of(load.workers, 'workers')} whether or not "
        f"earlier ones were answered; {units.count_of(compared.blocks, 'blocks')} of steps of "
        f"{units.set_time(load.sub_block_s)}, of which the first {units.set_time(load.burn_in_s)} "
        "do not count."
    )


def _what_capacity_is(load: LoadRecord, comparison: Comparison) -> tuple[str, ...]:
    assert comparison.load is not None
    if not comparison.load.capacities:
        return ("Capacity was not searched.",)
    objective = (
        "Capacity is the highest rate of such requests at which "
        f"{units.percent(load.objective_quantile)} of them are answered correctly within "
        f"{_objectives(comparison.scenarios)} of being due, also of each scenario by itself "
        "where a step holds enough of them, and at most "
        f"{units.percent(load.errors_max)} fail."
    )
    bounds = (
        "Its lower bound is the highest rate up to which every step met this; its upper bound is "
        "the lowest rate from which no step did. These bound the rates tried; they are not a "
        "confidence interval."
    )
    return objective, bounds, *_what_limits_are(comparison.load)


def _limited_by(capacity: Capacity, load: LoadRecord, objectives: str) -> str:
    """Which limit was passed, so short that the table fits 80 columns."""
    if not capacity.steps:
        return "not tried"
    if not capacity.limits:
        return "no limit reached"
    if len(capacity.limits) > 1:
        return ", ".join(capacity.limits)
    (limit,) = capacity.limits
    return {
        # Where scenarios have objectives of their own, the facts above list them.
        "latency": "late answers" if "," in objectives else f"answers over {objectives}",
        "queue": "a growing queue",
        "errors": f"errors over {units.percent(load.errors_max)}",
        "generator": "the generator",
    }[limit]


def _what_limits_are(compared: LoadComparison) -> Iterator[str]:
    if any("generator" in one.limits for one in compared.capacities):
        yield "Where the generator is the limit, the service may carry more."
    if any(one.steps and not one.limits for one in compared.capacities):
        yield "Where no limit is reached, the search ended at a rate that was carried."


def _capacity_table(load: LoadRecord, comparison: Comparison, compared: LoadComparison) -> Table:
    objectives = _objectives(comparison.scenarios)
    ratios = {one.variant: times_between(one.low, one.high) for one in compared.ratios}
    return Table(
        id="capacities",
        caption="Capacity, in requests per second",
        columns=(
            *words("variant"),
            *numbers("carries", "of the baseline's"),
            *words("limited by"),
            *numbers("steps"),
        ),
        rows=tuple(
            (
                Cell(one.variant),
                Cell(between(one) if one.steps else ""),
                Cell(ratios.get(one.variant, "")),
                Cell(_limited_by(one, load, objectives)),
                Cell(units.count(one.steps)),
            )
            for one in compared.capacities
        ),
    )


def _steps_table(load: LoadRecord) -> Table:
    steps = load.steps[:STEPS_SHOWN_MAX]
    shown = f"the first {len(steps)} of {len(load.steps):,}" if len(steps) < len(load.steps) else ""
    return Table(
        id="steps",
        caption="Steps in order of time; late: the share that missed its scenario's objective, of "
        f"all or of the scenario that fared worst{f'; {shown}' if shown else ''}",
        columns=(
            *words("phase", "variant"),
            *numbers("rate", "planned", "sent", "errors", "late", "lag p99", "worker CPU"),
            *words("objective"),
        ),
        rows=tuple(_step_cells(one) for one in steps),
    )


def _step_cells(step: StepRecord) -> tuple[Cell, ...]:
    return (
        Cell(step.phase),
        Cell(step.variant),
        Cell(units.rate(step.rate_per_s) if step.rate_per_s else "one at a time"),
        Cell(units.count(sum(step.planned))),
        Cell(units.count(sum(step.sent))),
        Cell(f"{step.errors:,}", "bad" if step.errors else ""),
        Cell(units.percent(step.late_share)),
        Cell(units.duration(step.lag_s_p99)),
        Cell(units.percent(cpu_share_max(step))),
        _outcome_cell(step),
    )


def _outcome_cell(step: StepRecord) -> Cell:
    if step.met is None:
        return Cell("")
    return Cell("met", "good") if step.met else Cell(f"missed: {step.limit}", "bad")


def _workers_table(load: LoadRecord, compared: LoadComparison) -> Table:
    return Table(
        id="workers",
        caption="Requests of the switchback planned and sent, by worker of the generator, which "
        f"may use {units.percent(load.worker_cpu_share_max)} of a core; p99 of how late they were "
        f"sent: {units.duration(compared.lag_s_p99)}, {units.set_time(load.lag_s_max)} are allowed",
        columns=(*words("worker"), *numbers("planned", "sent", "CPU")),
        rows=tuple(
            (
                Cell(str(one.number)),
                Cell(units.count(one.planned)),
                Cell(units.count(one.sent), "bad" if one.sent < one.planned else ""),
                Cell(units.percent(one.cpu_share)),
            )
            for one in compared.workers
        ),
    )
