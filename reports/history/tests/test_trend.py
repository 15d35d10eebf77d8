"""Changes are found where they are, and never across machines or plans."""

import numpy as np
import pytest

from reports.history.frame import history_of
from reports.history.tests.entries import entry, noisy
from reports.history.trend import find_changes, trends_of


def test_steps_are_found_where_they_are() -> None:
    """Two steps of 10 %, by binary segmentation; both places to the run."""
    logs = np.log(noisy([0.5] * 20 + [0.55] * 20 + [0.5] * 20))

    assert [20, 40] == find_changes(logs)


def test_unchanged_lines_have_no_steps() -> None:
    """1 in 100 by design; chance brings more than 9 in 300 lines once in a thousand times."""
    chance = np.random.default_rng(3)
    found = sum(bool(find_changes(chance.standard_normal(40))) for _ in range(300))

    assert found <= 9


@pytest.mark.parametrize("count", [0, 1, 11])
def test_few_runs_show_no_change(count: int) -> None:
    """Below 12 there is none, however large it looks."""
    assert [] == find_changes(np.array([0.0] * (count // 2) + [5.0] * (count - count // 2)))


def test_machines_and_plans_are_never_joined() -> None:
    """Runs of another machine, or of another plan, have a line of their own."""
    entries = [
        entry(number, 0.5 if number % 2 else 0.9, f"m{number % 2}") for number in range(24)
    ] + [entry(24, 0.5, plan="q"), entry(25, 0.1, "m0", state="invalid")]
    (trend,) = trends_of(history_of(entries))

    assert [12, 12, 1] == [len(line.points) for line in trend.lines]
    assert [(), (), ()] == [line.changes for line in trend.lines]
    assert ["A", "B", "B"] == [line.letter for line in trend.lines]
    assert [1, 3, 5] == trend.lines[0].points["number"].tolist()[:3]
    assert list(range(1, 26)) == trend.points["number"].tolist()


def test_runs_without_effects_have_no_trend() -> None:
    """An empty history, and one of invalid runs."""
    assert () == trends_of(history_of([]))
    assert () == trends_of(history_of([entry(1, 0.5, state="invalid")]))
