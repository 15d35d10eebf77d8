"""Where a request stands in the schedule."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """What the engine knows of a request before it is sent; fields as those of `SampleRow`."""

    scenario: int
    variant: int
    block: int
    round: int
    position: int
    warmup: bool
    intended_s: float
    start_s: float
