"""How long and how thoroughly to measure, and how to load the target."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

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
    """Measuring time of every command, shared by the scenarios."""
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
    """Two revisions: numbers of pairs of starts after which to look; the last one ends the run, and
    each pair gets an equal part of measure_s."""
    capacity_s: _SecondsOrNone = 150.0
    """Load: time for the search of all capacities; 0 leaves it out, then rate_per_s is needed."""
    # Between two of them a worker needs about a tenth of a second.
    sub_block_s: Annotated[float, Field(ge=0.1, le=600)] = 3.0
    """Load: how long one variant serves all requests."""
    burn_in_s: Annotated[float, Field(ge=0, le=600)] = 0.6
    """Load: what is due this early in a sub-block is not compared."""

    @model_validator(mode="before")
    @classmethod
    def _not_removed(cls, stated: Any) -> Any:
        """Keys of earlier versions, and what to write instead."""
        if not isinstance(stated, Mapping):
            return stated
        for key, instead in (("pair_s", _of_pairs(stated)), ("load_s", stated.get("load_s"))):
            if key in stated:
                raise ValueError(_replaced(key, stated, instead))
        return stated

    @property
    def gap_s(self) -> float:
        """The mean pause before a request."""
        return sum(self.gap_ms) / 2 / 1000

    @property
    def pair_s(self) -> float:
        """Two revisions: measuring time of all scenarios in one pair of starts."""
        return self.measure_s / self.pairs[-1]


def _of_pairs(stated: Mapping[str, Any]) -> Any:
    """All pairs together, in seconds; None where a number is missing."""
    last = _last_pair(stated)
    return stated["pair_s"] * last if _is_number(stated.get("pair_s")) and last else None


def _last_pair(stated: Mapping[str, Any]) -> int | None:
    pairs = stated.get("pairs", ProfileConfig.model_fields["pairs"].default)
    found = pairs[-1] if isinstance(pairs, list | tuple) and pairs else None
    return found if isinstance(found, int) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _replaced(key: str, stated: Mapping[str, Any], measure_s: Any) -> str:
    """What to write instead of a key that is gone."""
    if not _is_number(measure_s):
        return f"{key!r} is gone; measure_s is the measuring time of every command."
    pairs = f" with pairs up to {_last_pair(stated)}" if key == "pair_s" else ""
    was = f"{key!r} is gone: {key} = {stated[key]:g}{pairs} is measure_s = {measure_s:g}"
    if "measure_s" in stated and stated["measure_s"] != measure_s:
        return (
            f"{was}, and measure_s is the measuring time of every command; keep one time, or state "
            "the other in a profile of its own."
        )
    return f"{was}; write that."


BUILT_IN: Mapping[str, Mapping[str, Any]] = {
    "smoke": {
        "size": "small",
        "measure_s": 12.0,
        "pages_s": 10.0,
        "suite_s": 4.0,
        "capacity_s": 16.0,
        "sub_block_s": 0.4,
        "burn_in_s": 0.1,
    },
    # More and shorter pairs: what differs from start to start is most of the spread.
    "quick": {"size": "small", "measure_s": 48.0, "pairs": [14, 22, 34, 48]},
    "default": {},
    "full": {
        "size": "large",
        "measure_s": 900.0,
        "pages_s": 240.0,
        "suite_s": 900.0,
        "capacity_s": 400.0,
        "sub_block_s": 7.5,
        "burn_in_s": 1.5,
    },
}
"""What profiles that need not be stated set; all else is as in `ProfileConfig`."""


def profiles_of(stated: Mapping[str, ProfileConfig]) -> dict[str, ProfileConfig]:
    """Every profile that may be named: the built-in ones, and those of the file.

    A stated one of a built-in name changes the keys that it states. A new one starts from
    `default`, as the file leaves that.
    """

    def changed(start: Mapping[str, Any], name: str) -> dict[str, Any]:
        own = stated[name].model_dump(exclude_unset=True) if name in stated else {}
        return {**start, **own}

    start = changed(BUILT_IN["default"], "default")
    names = dict.fromkeys((*BUILT_IN, *stated))
    return {
        name: ProfileConfig.model_validate(changed(BUILT_IN.get(name, start), name))
        for name in names
    }


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
