"""Comparisons by scenario, worst news first; and a grid of all where they are many."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from contract.metrics import CPU, TAIL, TYPICAL
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, SubjectComparison, Verdict
from reports.page.cards import decided_words
from reports.page.shapes import Cell, Table, words
from reports.page.tables import BAD_NEWS_FIRST, VERDICT_TONES, others, section_id, slug_at


class Group(NamedTuple):
    """One scenario and its comparisons.

    Attributes:
        position: its place in the plan.
        rows: the effects of each variant, worst news first.
    """

    position: int
    subject: SubjectComparison
    rows: Sequence[Mapping[str, Effect]]

    @property
    def slug(self) -> str:
        """Part of the ids of its section and its drawings."""
        return slug_at(self.position, self.subject.name)


def groups_of(comparison: Comparison) -> list[Group]:
    """The scenario with the worst news first, the canary last."""
    groups = [
        Group(index, subject, by_variant(subject))
        for index, subject in enumerate(comparison.scenarios)
        if subject.name not in comparison.invalid_scenarios
    ]
    return sorted(
        (one for one in groups if one.rows),
        key=lambda one: (one.subject.canary, _news(one.rows[0])),
    )


_COUNTED = {
    Verdict.SLOWER: "slower",
    Verdict.FASTER: "faster",
    Verdict.EQUIVALENT: "unchanged",
    Verdict.INCONCLUSIVE: "undecided",
}


def counted(effects: Iterable[Effect]) -> str:
    """`1 slower, 2 faster, 4 unchanged`."""
    verdicts = Counter(one.verdict for one in effects)
    return ", ".join(f"{verdicts[one]} {word}" for one, word in _COUNTED.items() if verdicts[one])


def grid_of(groups: Sequence[Group], comparison: Comparison) -> Table:
    """The change of every typical latency, a row for each scenario and a column a variant."""
    effects = [row[TYPICAL] for one in groups for row in one.rows]
    variants = others(comparison)
    return Table(
        id="all-changes",
        caption=f"Typical latency of all {len(effects)} comparisons: {counted(effects)}",
        columns=words("scenario", *variants),
        rows=tuple(
            (Cell(one.subject.name, anchor=section_id(one.slug)), *_grid_cells(one, variants))
            for one in groups
        ),
    )


def _grid_cells(group: Group, variants: Sequence[str]) -> Iterator[Cell]:
    found = {row[TYPICAL].variant: row[TYPICAL] for row in group.rows}
    for variant in variants:
        if one := found.get(variant):
            yield Cell(decided_words(one)[0], VERDICT_TONES[one.verdict], one.ratio)
        else:
            yield Cell("")


def by_variant(subject: SubjectComparison) -> list[dict[str, Effect]]:
    """The effects of each variant by metric, worst news first; only where it has a typical one."""
    found: dict[str, dict[str, Effect]] = {}
    for one in subject.effects:
        found.setdefault(one.variant, {})[one.metric] = one
    return sorted((one for one in found.values() if TYPICAL in one), key=_news)


def _news(effects: Mapping[str, Effect]) -> tuple[bool, bool, bool, int, float]:
    """Sorts regressions first: of the typical latency, then of p95, then of CPU time."""
    typical = effects[TYPICAL]
    slower = (
        metric not in effects or effects[metric].verdict is not Verdict.SLOWER
        for metric in (TYPICAL, TAIL, CPU)
    )
    first, second, third = slower
    size = typical.ratio if typical.verdict is Verdict.FASTER else -typical.ratio
    return (first, second, third, BAD_NEWS_FIRST[typical.verdict], size)
