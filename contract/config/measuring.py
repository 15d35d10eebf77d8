"""How long and how thoroughly to measure, and how to load the target."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from contract.config.complaints import expects
from contract.config.sections import Section

GAP_MS_MAX = 10_000
"""A longer pause measures the pause."""

PAIRS_MIN, PAIRS_MAX = 14, 1000
"""Pairs of starts; fewer decide hardly anything about several scenarios together."""

_PartOfName = Annotated[
    str,
    StringConstraints(
        pattern=expects(r"^[\x20-\x7e]{1,200}$", "a text of 1 to 200 printable ASCII characters")
    ),
]
_Seconds = Annotated[float, Field(gt=0, le=86400)]
_SecondsOrNone = Annotated[float, Field(ge=0, le=86400)]


def _ascending(gap_ms: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= gap_ms[0] <= gap_ms[1] <= GAP_MS_MAX:  # NaN fails too
        raise ValueError(f"two numbers from 0 to {GAP_MS_MAX}, the smaller first, are needed")
    return gap_ms


def _rising(pairs: tuple[int, ...]) -> tuple[int, ...]:
    steps = zip((PAIRS_MIN - 1, *pairs), pairs, strict=False)
    if not pairs or any(later <= earlier for earlier, later in steps) or pairs[-1] > PAIRS_MAX:
        raise ValueError(
            f"whole numbers from {PAIRS_MIN} to {PAIRS_MAX}, each larger than the one before, are "
            "needed"
        )
    return pairs


class ProfileConfig(Section):
    """How long and how thoroughly to measure."""

    size: Literal["small", "medium", "large"] = "medium"
    """Seed data of the reference service."""
    measure_s: _Seconds = 180.0
    """Time shared by the scenarios."""
    pages_s: _SecondsOrNone = 30.0
    """Time for all rounds of all pages; 0 leaves them out."""
    suite_s: _SecondsOrNone = 30.0
    """Time for all processes of the suite; 0 leaves it out."""
    suite_without: tuple[_PartOfName, ...] = ()
    """Leaves out tests whose names contain one of these texts."""
    block_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    """Length of a block; it grows until it holds three rounds."""
    warmup_rounds: Annotated[int, Field(ge=0, le=10_000)] = 3
    """Rounds of a scenario's first block that are not compared; later blocks leave out one."""
    rounds_max: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    """Most rounds of a scenario."""
    gap_ms: Annotated[tuple[float, float], AfterValidator(_ascending)] = (2.0, 6.0)
    """Pause before each request, drawn evenly between the two."""
    pairs: Annotated[tuple[int, ...], AfterValidator(_rising)] = (14, 20, 28)
    """Two revisions: numbers of pairs of starts after which to look; the last one ends the run."""
    pair_s: Annotated[float, Field(gt=0, le=3600)] = 8.0
    """Two revisions: measuring time in a pair of starts, shared by the scenarios."""
    capacity_s: _SecondsOrNone = 150.0
    """Load: time for the search of all capacities; 0 leaves it out, then rate_per_s is needed."""
    load_s: _Seconds = 300.0
    """Load: time for the switchback."""
    # Between two of them a worker needs about a tenth of a second.
    sub_block_s: Annotated[float, Field(ge=0.1, le=600)] = 5.0
    """Load: how long one variant serves all requests."""
    burn_in_s: Annotated[float, Field(ge=0, le=600)] = 1.0
    """Load: what is due this early in a sub-block is not compared."""


class LoadConfig(Section):
    """How runs under load drive the target, and the objective it must keep."""

    objective_s: Annotated[float, Field(gt=0, le=600)] = 1.0
    """The latency to keep, from when a request was due."""
    objective_quantile: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """The share of requests that must keep it."""
    errors_max: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """The largest share of wrong answers."""
    rate_per_s: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    """The rate at which variants are compared, all scenarios together; by default a share of the
    smallest capacity."""
    utilization: Annotated[float, Field(gt=0, lt=1)] = 0.6
    """That share, where rate_per_s is not set."""
    lag_ms_max: Annotated[float, Field(gt=0, le=10_000)] = 10.0
    """99 of 100 requests must be sent no later than this, else the run is invalid."""
    worker_cpu_share_max: Annotated[float, Field(gt=0, le=1)] = 0.9
    """Most of a core that a worker may use, else the run is invalid."""
    in_flight_max: Annotated[int, Field(ge=1, le=60_000)] = 1000
    """Connections of a worker to each address; further requests wait, and their latency counts the
    wait."""
