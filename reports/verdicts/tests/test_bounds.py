"""Several runs are taken at their widest and worst."""

from dataclasses import replace

from reports.effects.shapes import Level, OwnLevel, Spread
from reports.statistics.values import Interval
from reports.verdicts.bounds import hull, in_all, span, worst_answers
from reports.verdicts.tests.test_gate import comparison_of

LOW = Level(1.0, Interval(0.9, 1.1, 0.9), Interval(0.8, 1.2, 0.99))
HIGH = Level(2.0, Interval(1.9, 2.1, 0.9), Interval(1.8, 2.2, 0.99))


def test_levels_and_counts_take_the_widest_range() -> None:
    """The largest value is within it."""
    wide = Level(2.0, Interval(0.9, 2.1, 0.9), Interval(0.8, 2.2, 0.99))

    assert wide == hull([LOW, HIGH])
    assert Spread(2.0, 1, 9) == span([Spread(1, 1, 5), Spread(3, 2, 9)])


def test_what_one_run_lacks_is_left_out() -> None:
    """The first run gives the order."""
    assert [[1, 3]] == list(in_all([{"a": 1, "b": 2}, {"a": 3}]))


def test_the_run_whose_answers_differ_most_stands_for_all() -> None:
    """Its places are shown; levels of what is new are joined."""
    scenario = comparison_of().scenarios[0]
    own = OwnLevel("head", "latency_s_p50", LOW)
    rows = OwnLevel("head", "db_rows", spread=Spread(1, 1, 1))
    first = replace(scenario, own=(own, rows))
    other = replace(
        scenario,
        own=(replace(own, level=HIGH), rows),
        rounds=7,
        rounds_bodies_differ=3,
        rounds_bodies_gained=4,
    )
    found = worst_answers([first, other])

    assert (7, 3, 4) == (found.rounds, found.rounds_bodies_differ, found.rounds_bodies_gained)
    assert (replace(own, level=hull([LOW, HIGH])), rows) == found.own
