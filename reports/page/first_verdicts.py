"""What a run under way has decided already, for a person who waits."""

from collections.abc import Collection

from reports import units
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, Verdict
from reports.page.tables import decided_change

Key = tuple[str, str, str]
"""Scenario, variant and metric of an effect."""


def new_verdicts(comparison: Comparison, shown: Collection[Key]) -> dict[Key, str]:
    """A line for each primary effect that has a verdict now and is not among those shown.

    Args:
        comparison: of the run so far; its intervals hold at every look.
        shown: effects that have had their line.
    """
    return {
        key: _line(effect)
        for scenario in comparison.scenarios
        for effect in scenario.effects
        if effect.primary and effect.verdict is not Verdict.INCONCLUSIVE
        if not scenario.canary and not scenario.rounds_bodies_differ
        if (key := (effect.scenario, effect.variant, effect.metric)) not in shown
    }


def _line(effect: Effect) -> str:
    change = decided_change(effect)
    what = f"{effect.scenario}, {effect.variant}: {units.metric_name(effect.metric)}"
    return f"decided: {what} {effect.verdict}, {change}"
