"""How one number moved from run to run: pure functions of entries.

Runs on different machines, or with different plans, are never joined: between them everything may
differ. Changes are found by Pettitt's test, again on either side of each change that it finds
(Vostrikova 1981, "Detecting disorder in multidimensional random processes": binary segmentation).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reports.history.entry import Entry, EntryEffect
from reports.model import UNITS_MIN, FloatArray
from reports.statistics import drift

FALSE_CHANGES_MAX = 0.01
"""The chance of any change in a stretch that has none, of one number on one machine."""

# Of so few values Pettitt's closed form cannot be small enough.
_PART_MIN = 4


@dataclass(frozen=True)
class Point:
    """One run's finding.

    Attributes:
        place: of the run in the whole history, from 0.
    """

    place: int
    entry: Entry
    effect: EntryEffect


@dataclass(frozen=True)
class Stretch:
    """Consecutive findings that may be compared: one machine, one plan.

    Attributes:
        changes: indices of points from which on the effect is another.
    """

    machine: str
    points: tuple[Point, ...]
    changes: tuple[int, ...]


@dataclass(frozen=True)
class Trend:
    """One metric of one variant in one scenario, over all runs."""

    scenario: str
    variant: str
    metric: str
    stretches: tuple[Stretch, ...]


def trends_of(entries: Sequence[Entry]) -> tuple[Trend, ...]:
    """Every number's way through the runs that may be believed.

    Args:
        entries: all of a history, in order of time.
    """
    keys = dict.fromkeys(
        (effect.scenario, effect.variant, effect.metric)
        for entry in entries
        if entry.state == "complete"
        for effect in entry.effects
    )
    return tuple(Trend(*key, tuple(_stretches(entries, key))) for key in keys)


def _stretches(entries: Sequence[Entry], key: tuple[str, str, str]) -> Iterator[Stretch]:
    found: dict[tuple[str, str], list[Point]] = {}
    for place, entry in enumerate(entries):
        for effect in entry.effects if entry.state == "complete" else ():
            if (effect.scenario, effect.variant, effect.metric) == key:
                found.setdefault((entry.machine, entry.plan), []).append(
                    Point(place, entry, effect)
                )
    for (machine, _), points in found.items():
        logs = np.array([math.log(point.effect.ratio) for point in points])
        yield Stretch(machine, tuple(points), tuple(find_changes(logs)))


def find_changes(values: FloatArray) -> list[int]:
    """Where the level changed: indices of the first value of each new level, ascending.

    Inputs: (n,) in order of time. Returns: none with fewer than `UNITS_MIN` values.
    """
    if len(values) < UNITS_MIN:
        return []
    return sorted(_split(values, 0))


def _split(values: FloatArray, start: int) -> Iterator[int]:
    if len(values) < 2 * _PART_MIN:
        return
    p_value, cut = drift.step_p(values)
    if p_value > FALSE_CHANGES_MAX:
        return
    yield start + cut
    yield from _split(values[:cut], start)
    yield from _split(values[cut:], start + cut)
