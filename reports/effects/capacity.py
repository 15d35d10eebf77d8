"""From the steps of a run under load to what each variant carries, and what the workers did."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from contract.run.record import LoadRecord, RunRecord, StepRecord
from contract.run.samples import Samples
from reports.statistics.values import IntArray

Limit = Literal["latency", "queue", "errors", "generator"]
"""What kept a variant from carrying more."""

_NumberT = TypeVar("_NumberT", int, float)


@dataclass(frozen=True)
class Capacity:
    """Between which rates the most that one variant carries lies, in arrivals a second.

    Bounds of what was tried, not a confidence interval.

    Attributes:
        low_per_s: the largest rate such that every step at it or below met the objective; 0 where
            the lowest one missed it.
        high_per_s: the smallest rate such that every step at it or above missed the objective;
            infinite where the highest one met it, and the search ended before a miss.
        limits: why those steps missed it.
        steps: how many were tried.
    """

    variant: str
    low_per_s: float
    high_per_s: float
    limits: tuple[Limit, ...]
    steps: int

    @property
    def ceiling_per_s(self) -> float:
        """What the service itself cannot carry; infinite where the generator gave out first."""
        return math.inf if "generator" in self.limits else self.high_per_s


@dataclass(frozen=True)
class CapacityRatio:
    """Between which bounds capacity of a variant / capacity of the baseline lies."""

    variant: str
    low: float
    high: float


@dataclass(frozen=True)
class WorkerDelivery:
    """One worker of the generator, over all that is compared.

    Attributes:
        number: from 1.
        planned, sent: requests.
        cpu_share: of one core.
    """

    number: int
    planned: int
    sent: int
    cpu_share: float


@dataclass(frozen=True)
class LoadComparison:
    """What a run under load shows beside the effects.

    Attributes:
        rate_per_s: of the arrivals that are compared, all scenarios together.
        blocks: switchback blocks that hold them.
        samples_missing: requests that were sent then and of which nothing was kept.
        lag_s_p99: how late those that are compared were sent; NaN without any.
        capacities: by variant; empty where none was searched.
        ratios: of the capacities, for all but the baseline.
        users: of a Locust file, in a closed loop; 0 where arrivals were sent.
    """

    rate_per_s: float
    blocks: int
    samples_missing: int
    lag_s_p99: float
    capacities: tuple[Capacity, ...]
    ratios: tuple[CapacityRatio, ...]
    workers: tuple[WorkerDelivery, ...]
    users: int = 0


def compare_load(
    samples: Samples, kept: IntArray, load: LoadRecord, record: RunRecord
) -> LoadComparison:
    """What was delivered under load, and what each variant carries.

    Args:
        samples: of the run.
        kept: the rows of those that are compared.
        load: of the run.
        record: run.json.
    """
    steps = switchback_steps(load)
    sent = sum(sum(one.sent) for one in steps)
    block = samples.values("block")
    held = int(np.isin(block, [one.block for one in steps]).sum())
    searched = any(one.phase == "capacity" for one in load.steps)
    capacities = tuple(find_capacity(load, name) for name in record.variants)
    return LoadComparison(
        rate_per_s=load.rate_per_s,
        blocks=len(np.unique(block[kept])),
        samples_missing=max(0, sent - held),
        lag_s_p99=_lag_s_p99(samples, kept),
        capacities=capacities if searched else (),
        ratios=capacity_ratios(capacities, record.baseline) if searched else (),
        workers=deliveries(load),
        users=load.users.count if load.users else 0,
    )


def _lag_s_p99(samples: Samples, kept: IntArray) -> float:
    lag_s = samples.values("start_s")[kept] - samples.values("intended_s")[kept]
    return float(np.quantile(lag_s, 0.99)) if len(lag_s) else math.nan


def find_capacity(load: LoadRecord, variant: str) -> Capacity:
    """Between which rates a variant's capacity lies, as far as its steps show.

    One step near the limit goes either way by chance. So both bounds ask for agreement: all steps
    up to the lower one were met, none from the upper one on was, and what contradicts itself lies
    between them.
    """
    steps = [one for one in load.steps if one.phase == "capacity" and one.variant == variant]
    met = [one.rate_per_s for one in steps if _is_met(one)]
    missed = [one.rate_per_s for one in steps if not _is_met(one)]
    low = max((rate for rate in met if rate < min(missed, default=math.inf)), default=0.0)
    high = min((rate for rate in missed if rate > max(met, default=0.0)), default=math.inf)
    limits = {_limit(one) for one in steps if one.rate_per_s >= high}
    return Capacity(variant, low, high, tuple(sorted(limits)), len(steps))


def _is_met(step: StepRecord) -> bool:
    """A rate of which less was sent than planned was not tried, however well it went."""
    return bool(step.met) and step.sent == step.planned


def _limit(step: StepRecord) -> Limit:
    return "generator" if step.met else step.limit or "latency"


def capacity_ratios(capacities: Sequence[Capacity], baseline: str) -> tuple[CapacityRatio, ...]:
    """How many times what the baseline carries each other variant carries."""
    base = next(one for one in capacities if one.variant == baseline)
    return tuple(
        CapacityRatio(
            variant=one.variant,
            low=one.low_per_s / base.ceiling_per_s,
            high=one.ceiling_per_s / base.low_per_s if base.low_per_s else math.inf,
        )
        for one in capacities
        if one is not base
    )


def switchback_steps(load: LoadRecord) -> tuple[StepRecord, ...]:
    """The steps that are compared."""
    return tuple(one for one in load.steps if one.phase == "switchback")


def overrun_share(step: StepRecord) -> float:
    """How long answering went on after the last arrival could be due, as a share of the step.

    Near 0 where a rate is carried; where it is not, a queue grows for as long as the step lasts,
    and a short step ends before anything is late.
    """
    lasted_s = step.end_s - step.start_s
    return (step.drained_s - step.end_s) / lasted_s if lasted_s > 0 else 0.0


def deliveries(load: LoadRecord) -> tuple[WorkerDelivery, ...]:
    """What each worker was to send in the switchback, what it sent, and what that cost it."""
    steps = switchback_steps(load)
    return tuple(
        WorkerDelivery(
            number=worker + 1,
            planned=sum(_of_worker(one.planned, worker) for one in steps),
            sent=sum(_of_worker(one.sent, worker) for one in steps),
            cpu_share=_cpu_share(steps, worker),
        )
        for worker in range(load.workers)
    )


def _of_worker(by_worker: tuple[_NumberT, ...], worker: int) -> _NumberT:
    """A worker that was lost reported nothing."""
    return by_worker[worker] if worker < len(by_worker) else 0


def _cpu_share(steps: Sequence[StepRecord], worker: int) -> float:
    lasted_s = sum(one.drained_s - one.start_s for one in steps)
    used_s = sum(_of_worker(one.cpu_s, worker) for one in steps)
    return used_s / lasted_s if lasted_s > 0 else 0.0


def cpu_share_max(step: StepRecord) -> float:
    """Of a core, of the worker that used most."""
    return max((_cpu_share([step], worker) for worker in range(len(step.cpu_s))), default=0.0)
