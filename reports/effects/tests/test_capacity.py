"""What the steps of a search tell about capacity, and what they leave open."""

import math

import pytest

from contract.run.record import LoadRecord, StepRecord
from reports.effects.capacity import Capacity, capacity_ratios, deliveries, find_capacity


def step(
    rate: float, outcome: str = "", variant: str = "baseline", **changes: object
) -> StepRecord:
    """A step of the search that met the objective, or missed it for the reason given."""
    return StepRecord(
        phase="capacity",
        block=0,
        position=0,
        variant=variant,
        rate_per_s=rate,
        start_s=0.0,
        end_s=5.0,
        drained_s=5.0,
        planned=(10, 10),
        sent=(10, 10),
        cpu_s=(1.0, 2.0),
        errors=0,
        late_share=0.0,
        lag_s_p99=0.0,
        met=not outcome,
        limit=outcome,  # type: ignore[arg-type]  # one of its words
    ).model_copy(update=changes)


def load(*steps: StepRecord) -> LoadRecord:
    """A run of these steps."""
    return LoadRecord(
        workers=2,
        sub_block_s=5.0,
        burn_in_s=1.0,
        blocks_planned=1,
        objective_quantile=0.95,
        errors_max=0.01,
        lag_s_max=0.01,
        worker_cpu_share_max=0.9,
        steps=steps,
    )


@pytest.mark.parametrize(
    ("steps", "low", "high", "limits"),
    [
        ([step(1), step(2), step(4, "latency"), step(3, "latency")], 2, 3, ("latency",)),
        ([step(1), step(2), step(4)], 4, math.inf, ()),
        ([step(4, "errors"), step(2, "latency")], 0, 2, ("errors", "latency")),
        # Missed at 2, met at 3: the truth may lie on either side of both.
        ([step(1), step(2, "latency"), step(3), step(4, "latency")], 1, 4, ("latency",)),
        # Both at one rate.
        ([step(1), step(2), step(2, "latency"), step(4, "latency")], 1, 4, ("latency",)),
        ([step(1), step(2), step(2, "latency")], 1, math.inf, ()),
        ([step(1), step(4, "generator")], 1, 4, ("generator",)),
        # Not all was sent: that rate was not tried, and the generator is why.
        ([step(1), step(2, sent=(10, 9))], 1, 2, ("generator",)),
        ([], 0, math.inf, ()),
        ([step(8, "latency", variant="optimized")], 0, math.inf, ()),
    ],
)
def test_bounds_ask_for_agreement(
    steps: list[StepRecord], low: float, high: float, limits: tuple[str, ...]
) -> None:
    """All steps up to the lower bound were met, none from the upper one on; the order is free."""
    found, turned = (find_capacity(load(*some), "baseline") for some in (steps, steps[::-1]))

    assert (low, high, limits) == (found.low_per_s, found.high_per_s, found.limits)
    assert found == turned


def test_ratios_are_as_wide_as_their_bounds_allow() -> None:
    """Of 2 to 2.5 and 40 to 50: 16 to 25 times as many; unknown ends stay open."""
    base = Capacity("baseline", 2.0, 2.5, ("latency",), 4)
    other = Capacity("optimized", 40.0, 50.0, ("latency",), 4)
    generator = Capacity("optimized", 40.0, 50.0, ("generator",), 4)
    nothing = Capacity("baseline", 0.0, 2.5, ("latency",), 4)

    bounds = [
        [(one.low, one.high) for one in capacity_ratios(capacities, "baseline")]
        for capacities in ((base, other), (base, generator), (nothing, other))
    ]

    assert [[(16.0, 25.0)], [(16.0, math.inf)], [(16.0, math.inf)]] == bounds


def test_workers_are_counted_over_the_switchback_alone() -> None:
    """What a worker that was lost never told counts as not sent."""
    steps = (
        step(9, "generator", planned=(500, 500), sent=(1, 1)),
        step(1, phase="switchback"),
        step(1, phase="switchback", sent=(10,), cpu_s=(4.0,)),
    )

    told = [(one.number, one.planned, one.sent, one.cpu_share) for one in deliveries(load(*steps))]

    assert [(1, 20, 20, 0.5), (2, 20, 10, 0.2)] == told
