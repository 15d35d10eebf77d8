"""Draws every typical effect with its intervals on one axis, the canary's as noise beside them."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from reports import units
from reports.model import TYPICAL, Comparison, Effect, Verdict
from reports.page.charts.drawing import INK, WIDTH_IN, clean, drawing, inline, ticks_over
from reports.page.tables import by_news

ROWS_MAX = 40
"""A chart of more rows than this is no picture any more; the table holds every row."""

_MARKS = {
    Verdict.SLOWER: (">", "#c8702a"),
    Verdict.FASTER: ("<", "#1c9a78"),
    Verdict.EQUIVALENT: ("s", "#2f81d6"),
    Verdict.INCONCLUSIVE: ("o", "#8c9199"),
}
"""Shape and tone by verdict: an arrow points to where a slower or faster one lies."""


def forest_chart(comparison: Comparison, chart_id: str) -> str:
    """One row an effect, as in the table; empty when none is bounded."""
    bounded = [
        one
        for one in comparison.effects()
        if one.metric == TYPICAL
        and one.interval_familywise.low > 0
        and math.isfinite(one.interval_familywise.high)
    ]
    primaries = by_news(one for one in bounded if one.primary)
    canaries = [one for one in bounded if not one.primary]
    rows = [*primaries, *canaries][:ROWS_MAX]
    if not rows:
        return ""
    several = len(comparison.variants) > 2
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, 0.9 + 0.36 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        for canary in canaries:
            noise = canary.interval_familywise
            axes.axvspan(noise.low, noise.high, color="#8c9199", alpha=0.25, linewidth=0)
        axes.axvline(1, color=INK, linewidth=1)
        for place, effect in enumerate(rows):
            _draw(axes, place, effect)
        labels = [f"{one.scenario}{f', {one.variant}' if several else ''}" for one in rows]
        axes.set_yticks(range(len(rows)), [clean(label) for label in labels])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        _ratio_axis(axes, rows)
        told = "; ".join(
            f"{label}: {units.change(one.ratio, one.interval_familywise)}, {one.verdict}"
            for label, one in zip(labels, rows, strict=True)
        )
        title = "Change of typical latency, scenario by scenario"
        return inline(figure, chart_id, title, f"Ratios with intervals. {told}.")


def _draw(axes: Axes, place: int, effect: Effect) -> None:
    mark, tone = _MARKS[effect.verdict]
    wide, narrow = effect.interval_familywise, effect.interval90
    axes.plot([wide.low, wide.high], [place, place], color=tone, linewidth=1.2)
    axes.plot([narrow.low, narrow.high], [place, place], color=tone, linewidth=3.5)
    axes.plot([effect.ratio], [place], color=tone, marker=mark, markersize=6)


def _ratio_axis(axes: Axes, rows: Sequence[Effect]) -> None:
    ends = [1.0, *(end for one in rows for end in _ends(one))]
    low, high = math.log10(min(ends)), math.log10(max(ends))
    room = max(high - low, 0.04) * 0.06
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - room), 10 ** (high + room))
    axes.xaxis.set_major_locator(ticks_over(high - low + 2 * room))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ratio, _: units.factor(ratio)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", alpha=0.15, color=INK)
    axes.set_xlabel("variant / baseline (log scale); left is faster")


def _ends(effect: Effect) -> tuple[float, float]:
    return effect.interval_familywise.low, effect.interval_familywise.high
