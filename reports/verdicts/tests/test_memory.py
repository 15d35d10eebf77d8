"""Budgets on memory: just below, on and above the limit, and where nothing can be said."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.config.judging import Budget
from contract.metrics import DESCRIPTORS_GROWTH, MEMORY_GROWTH, MEMORY_PEAK, MEMORY_START
from contract.run.reading import read_run
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.memory import GrowthChange, Memory, ServerMemory
from reports.effects.reasons import Name
from reports.effects.shapes import Level, Verdict
from reports.statistics.values import Interval
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.gate import judge
from reports.verdicts.shapes import Decision, Outcome

EXACT = Level(500.0, Interval(500.0, 500.0, 1.0), Interval(500.0, 500.0, 1.0))
GROWING = Level(1000.0, Interval(900.0, 1100.0, 0.9), Interval(800.0, 1200.0, 0.99))
SHARED = ServerMemory("", 1, 1000, EXACT, EXACT, GROWING)


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    """Of a run whose variants share a server."""
    both = {name: Behaviour(0.02) for name in ("before", "after")}
    run = read_run(make_run(tmp_path, Made((Scenario("list", both, rounds=20),))))
    return replace(compare(run.record, run.samples, {}), memory=Memory((SHARED,)))


def outcome(comparison: Comparison, metric: str, **limit: Any) -> Outcome:
    (found,) = judge(comparison, [Budget(variant="after", metric=metric, **limit)]).outcomes
    return found


@pytest.mark.parametrize(
    ("metric", "limit", "expected"),
    [
        (MEMORY_PEAK, 499.0, Decision.FAIL),
        (MEMORY_PEAK, 500.0, Decision.PASS),
        (MEMORY_START, 501.0, Decision.PASS),
        (MEMORY_GROWTH, 799.0, Decision.FAIL),
        (MEMORY_GROWTH, 800.0, Decision.INCONCLUSIVE),
        (MEMORY_GROWTH, 1099.0, Decision.INCONCLUSIVE),
        (MEMORY_GROWTH, 1100.0, Decision.PASS),
    ],
)
def test_a_value_is_of_the_server_that_serves_the_variant(
    comparison: Comparison, metric: str, limit: float, expected: Decision
) -> None:
    """PASS by the 90 % interval, FAIL by the family-wise one, as everywhere."""
    assert expected is outcome(comparison, metric, value_max=limit).decision


def test_a_ratio_needs_pairs_of_starts(comparison: Comparison) -> None:
    """One server for all has no ratio, nor have two processes that were started once."""
    own = Memory(tuple(replace(SHARED, server=name) for name in ("before", "after")))
    shared = outcome(comparison, MEMORY_PEAK, ratio_max=1.1)
    once = outcome(replace(comparison, memory=own), MEMORY_PEAK, ratio_max=1.1)
    unread = outcome(replace(comparison, memory=None), MEMORY_PEAK, ratio_max=1.1)

    assert [Decision.INCONCLUSIVE] * 3 == [one.decision for one in (shared, once, unread)]
    assert [Name.ONE_SERVER, Name.ONE_START, Name.NOT_READ] == [
        one.notes[0].name for one in (shared, once, unread)
    ]


def test_growth_without_bounds_says_what_it_needs(comparison: Comparison) -> None:
    """Too few readings for stretches, or none at all after the first ones."""
    nothing = Interval(-math.inf, math.inf, 1.0)
    for growth in (Level(7.0, nothing, nothing), None):
        found = replace(comparison, memory=Memory((replace(SHARED, growth=growth),)))
        judged = outcome(found, MEMORY_GROWTH, value_max=100.0)

        assert Decision.INCONCLUSIVE is judged.decision
        assert [(Name.GROWTH_UNBOUNDED, 6)] == [
            (one.name, one.facts["needed"]) for one in judged.notes
        ]


def test_of_two_revisions_growth_is_what_the_head_grows_more(comparison: Comparison) -> None:
    """What both keep in a short life, such as caches, is not held against the head."""
    nothing = Interval(-50.0, 50.0, 0.9)
    change = GrowthChange("after", 0.0, nothing, nothing, 14, Verdict.INCONCLUSIVE)
    found = replace(comparison, memory=Memory((SHARED,), growths=(change,)))

    assert Decision.PASS is outcome(found, MEMORY_GROWTH, value_max=100.0).decision
    assert Decision.FAIL is outcome(comparison, MEMORY_GROWTH, value_max=100.0).decision


def test_each_part_must_keep_what_limits_growth(comparison: Comparison) -> None:
    """One part that leaks fails the budget, and is named; peaks are of the service alone."""
    still = Level(0.0, Interval(-10.0, 10.0, 0.9), Interval(-20.0, 20.0, 0.99))
    service = replace(SHARED, growth=still)
    leaking = ServerMemory("store", 1, 1000, replace(EXACT, value=9e9), EXACT, GROWING)
    memory = Memory((service,), parts=(replace(service, server="postgres"), leaking))
    found = replace(comparison, memory=memory)
    failed = outcome(found, MEMORY_GROWTH, value_max=799.0)
    undecided = outcome(found, MEMORY_GROWTH, value_max=1000.0)
    kept = outcome(found, MEMORY_GROWTH, value_max=1100.0)

    assert [Decision.FAIL, Decision.INCONCLUSIVE, Decision.PASS] == [
        one.decision for one in (failed, undecided, kept)
    ]
    assert (1000.0, Name.OF_PART, "store") == (
        *(failed.observed, failed.notes[0].name, failed.notes[0].facts["part"]),
    )
    assert () == kept.notes
    assert Decision.PASS is outcome(found, MEMORY_PEAK, value_max=500.0).decision


def test_descriptors_are_judged_where_they_are_read(comparison: Comparison) -> None:
    """A part whose descriptors cannot be read leaves the budget undecided."""
    growth = Level(0.1, Interval(0.09, 0.11, 0.9), Interval(0.08, 0.12, 0.99))
    service = replace(SHARED, descriptors=40, descriptors_growth=growth)
    known = replace(comparison, memory=Memory((service,)))
    hidden = replace(comparison, memory=Memory((service,), parts=(SHARED,)))
    leak = outcome(known, DESCRIPTORS_GROWTH, value_max=0.05)
    unread = outcome(hidden, DESCRIPTORS_GROWTH, value_max=0.2)

    assert (Decision.FAIL, 0.1) == (leak.decision, leak.observed)
    assert Decision.PASS is outcome(known, DESCRIPTORS_GROWTH, value_max=0.2).decision
    assert (Decision.INCONCLUSIVE, Name.NOT_READ) == (unread.decision, unread.notes[0].name)
