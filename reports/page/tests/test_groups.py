"""Scenarios stand in the order of their worst news; a grid has a place for every comparison."""

from dataclasses import replace

from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, Verdict
from reports.page.groups import counted, grid_of, groups_of
from reports.page.shapes import Cell
from reports.verdicts.tests.test_gate import EFFECT, comparison_of

SLOWER = replace(EFFECT, verdict=Verdict.SLOWER, ratio=1.9)
FASTER = replace(EFFECT, verdict=Verdict.FASTER, ratio=0.1)


def run_of(**effects: tuple[Effect, ...]) -> Comparison:
    """A run with these scenarios."""
    found = comparison_of()
    alike = found.scenarios[0]
    variants = dict.fromkeys(one.variant for many in effects.values() for one in many)
    return replace(
        found,
        variants=(found.baseline, *variants),
        scenarios=tuple(
            replace(alike, subject=alike.scenario.model_copy(update={"name": name}), effects=of_one)
            for name, of_one in effects.items()
        ),
    )


def test_the_worst_news_come_first() -> None:
    """Of scenarios, and of the variants of each."""
    groups = groups_of(
        run_of(
            same=(EFFECT,),
            mixed=(replace(FASTER, variant="a"), replace(SLOWER, variant="b")),
        )
    )

    assert ["mixed", "same"] == [one.subject.name for one in groups]
    assert ["b", "a"] == [row["latency_s_p50"].variant for row in groups[0].rows]
    assert "2-mixed" == groups[0].slug


def test_a_grid_has_a_cell_for_each_scenario_and_variant() -> None:
    """Empty where a variant has no such scenario; its rows lead to their sections."""
    found = run_of(
        one=(replace(SLOWER, variant="a"), replace(FASTER, variant="b")),
        two=(replace(EFFECT, variant="b"),),
    )
    grid = grid_of(groups_of(found), found)

    assert ["scenario", "a", "b"] == [column.title for column in grid.columns]
    assert (
        Cell("one", anchor="scenario-1-one"),
        Cell("1.90x slower", "bad", 1.9),
        Cell("10.0x faster", "good", 0.1),
    ) == grid.rows[0]
    assert Cell("") == grid.rows[1][1]
    assert "Typical latency of all 3 comparisons: 1 slower, 1 faster, 1 unchanged" == grid.caption


def test_verdicts_are_counted_in_words() -> None:
    """Bad news first; what there is none of is not named."""
    assert "1 slower, 2 faster" == counted([FASTER, SLOWER, FASTER])
