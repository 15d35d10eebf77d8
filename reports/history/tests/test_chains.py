"""Effects of consecutive gates multiply; what no gate joins is never joined."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from contract.metrics import TYPICAL
from reports.history.chains import Curve, LogRatio, curves_of
from reports.history.entry import Entry
from reports.history.frame import history_of
from reports.history.tests.entries import commit, entry, gate


def curve(entries: Sequence[Entry]) -> Curve:
    (found,) = curves_of(history_of(entries))
    return found


def commits(found: Curve) -> list[list[int]]:
    """The commits of each chain."""
    return [
        [int(one.links[0].base[:10], 16), *(int(link.head[:10], 16) for link in one.links)]
        for one in found.chains
    ]


def test_twenty_small_changes_are_a_large_one() -> None:
    """1.01 to the 20th is 1.22; the interval is wider than a gate's by the root of 20."""
    found = curve([gate(number, 1.01, number, number + 1) for number in range(20)])
    total = found.main.total
    interval = total.interval(0.99)

    assert ("list", "head", TYPICAL) == (found.scenario, found.variant, found.metric)
    assert 20 == len(found.main.links)
    assert pytest.approx(1.2202, rel=1e-4) == total.ratio
    assert pytest.approx(total.ratio * 0.97 ** math.sqrt(20)) == interval.low
    assert pytest.approx(total.ratio * 1.03 ** math.sqrt(20)) == interval.high
    assert [1.01, 1.0201] == pytest.approx([one.ratio for one in found.main.totals[:2]])


def test_one_gate_has_the_interval_of_its_gate() -> None:
    """At the same confidence; at a lower one it is narrower."""
    total = curve([gate(0, 1.1, 0, 1)]).main.total

    assert pytest.approx(1.1 * 0.97) == total.interval(0.99).low
    assert total.interval(0.9).low > total.interval(0.99).low


def test_where_no_gate_joins_two_commits_a_chain_begins_anew() -> None:
    """Commit 3 was never measured against commit 2."""
    found = curve([gate(0, 1.1, 0, 1), gate(1, 1.1, 1, 2), gate(2, 1.1, 3, 4)])

    assert [[0, 1, 2], [3, 4]] == commits(found)
    assert [1.21, 1.1] == pytest.approx([one.total.ratio for one in found.chains])


def test_a_gap_is_closed_by_measuring_it_later() -> None:
    """The order of commits counts, not that of runs."""
    found = curve([gate(0, 1.1, 0, 1), gate(1, 1.1, 2, 3), gate(2, 1.1, 1, 2)])

    assert [[0, 1, 2, 3]] == commits(found)


@pytest.mark.parametrize(
    "changes", [{"state": "invalid"}, {"state": "partial"}], ids=["invalid", "partial"]
)
def test_what_proves_nothing_is_a_gap(changes: dict[str, str]) -> None:
    """A run that is not complete is no link."""
    middle = gate(1, 1.1, 1, 2, **changes)

    assert [[0, 1], [2, 3]] == commits(curve([gate(0, 1.1, 0, 1), middle, gate(2, 1.1, 2, 3)]))


def test_a_doubted_effect_is_a_gap() -> None:
    """What may have no verdict may not hide in a product."""
    middle = gate(1, 1.1, 1, 2)
    doubted = middle.effects[0].model_copy(update={"doubted": True})
    entries = [gate(0, 1, 0, 1), middle.model_copy(update={"effects": (doubted,)})]

    assert [[0, 1], [2, 3]] == commits(curve([*entries, gate(2, 1.1, 2, 3)]))


def test_branches_are_chains_of_their_own() -> None:
    """Commits 9 and 8 started from 1 and 2, as pull requests do."""
    pairs = [(0, 1), (1, 9), (1, 2), (2, 3), (2, 8), (3, 4)]
    found = curve([gate(number, 1.1, *pair) for number, pair in enumerate(pairs)])

    assert [[0, 1, 2, 3, 4], [1, 9], [2, 8]] == commits(found)
    assert found.chains[0] == found.main


def test_commits_that_lead_back_end() -> None:
    """Git knows no circle, but a file may hold one; a commit against itself is no link."""
    found = curve([gate(0, 1.1, 0, 1), gate(1, 1.1, 1, 0), gate(2, 1.1, 1, 1)])

    assert [[0, 1], [1, 0]] == commits(found)


def test_repeated_gates_count_together() -> None:
    """Their mean is surer than each: its interval is narrower by the root of 2."""
    found = curve([gate(0, 1.1, 0, 1), gate(1, 1.1 * 1.02**2, 0, 1)])
    (link,) = found.main.links

    assert ("run000", "run001") == link.runs
    assert pytest.approx(1.1 * 1.02) == link.change.ratio
    assert pytest.approx(1.1 * 1.02 * 0.97 ** math.sqrt(0.5)) == found.main.total.interval(0.99).low


def test_other_machines_and_plans_are_joined_and_marked() -> None:
    """Ratios carry over better than times, but not surely."""
    changes = [{}, {"machine": "m2"}, {"machine": "m2"}, {"machine": "m2", "plan": "q"}]
    found = curve([gate(at, 1.1, at, at + 1, **one) for at, one in enumerate(changes)])

    assert (1, 3) == found.main.switches
    assert ["A", "B", "B", "B"] == [link.letter for link in found.main.links]


def test_of_two_machines_the_one_before_is_kept() -> None:
    """A link that both measured needs no mark, and they do not count together."""
    entries = [gate(0, 1, 0, 1, machine="m2"), gate(1, 2, 1, 2), gate(2, 3, 1, 2, machine="m2")]
    found = curve(entries)

    assert () == found.main.switches
    assert 3 == pytest.approx(found.main.total.ratio)


def test_a_gate_without_bounds_leaves_the_product_without_bounds() -> None:
    """From there on."""
    one = gate(1, 1.1, 1, 2)
    unbounded = {"low": None, "high": None, "confidence": None}
    effects = (one.effects[0].model_copy(update=unbounded),)
    found = curve([gate(0, 1.1, 0, 1), one.model_copy(update={"effects": effects})])
    first, second = (total.interval(0.99) for total in found.main.totals)

    assert first.low > 1
    assert (0.0, math.inf) == (second.low, second.high)


def test_runs_that_are_no_gates_have_no_curve() -> None:
    """They compare variants of one commit, so nothing multiplies."""
    assert () == curves_of(history_of([entry(0, 0.5), gate(1, 1, 3, 3)]))
    assert commit(3) == gate(1, 1, 3, 3).base


def test_the_interval_of_a_product_holds_the_truth_as_often_as_stated() -> None:
    """In 20 links with noise of 1 % each, 99 % of 2,000 intervals; chance leaves 98.3 % or more."""
    chance = np.random.default_rng(5)
    hits = 0
    for _ in range(2_000):
        total = LogRatio()
        for middle in 0.01 + 0.01 * chance.standard_normal(20):
            total = total.times(LogRatio(middle, 0.01, 0.01))
        interval = total.interval(0.99)
        hits += interval.low <= math.exp(0.2) <= interval.high
    assert hits >= 0.983 * 2_000
