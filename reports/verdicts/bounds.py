"""What several runs show, taken at its widest and worst: no coin protects it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reports.effects.shapes import Level, OwnLevel, Spread, SubjectComparison
from reports.statistics.values import Interval


def worst_answers(of_runs: Sequence[SubjectComparison]) -> SubjectComparison:
    """The first run's scenario, with the answers of the run in which most of them differ."""
    worst = max(of_runs, key=lambda one: one.rounds_bodies_differ)
    of_metrics = [{one.metric: one for one in each.own} for each in of_runs]
    return replace(
        of_runs[0],
        subject=worst.subject,
        rounds=worst.rounds,
        rounds_bodies_differ=worst.rounds_bodies_differ,
        rounds_bodies_gained=max(one.rounds_bodies_gained for one in of_runs),
        own=tuple(_own(found) for found in in_all(of_metrics)),
    )


def _own(found: Sequence[OwnLevel]) -> OwnLevel:
    levels = [one.level for one in found if one.level]
    spreads = [one.spread for one in found if one.spread]
    return replace(
        found[0],
        level=hull(levels) if levels else None,
        spread=span(spreads) if spreads else None,
    )


def hull(levels: Sequence[Level]) -> Level:
    """The largest value, within the widest intervals."""
    return Level(
        max(one.value for one in levels),
        _widest([one.interval90 for one in levels]),
        _widest([one.interval_familywise for one in levels]),
    )


def _widest(intervals: Sequence[Interval]) -> Interval:
    return Interval(
        min(one.low for one in intervals),
        max(one.high for one in intervals),
        min(one.confidence for one in intervals),
    )


def span(spreads: Sequence[Spread]) -> Spread:
    """A typical median, within the widest range."""
    return Spread(
        float(np.median([one.median for one in spreads])),
        min(one.low for one in spreads),
        max(one.high for one in spreads),
    )


def in_all(by_name: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
    """What every run has, name by name; what one of them lacks is left out."""
    for name in by_name[0]:
        if all(name in each for each in by_name):
            yield [each[name] for each in by_name]
