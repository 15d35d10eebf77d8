"""Draws all typical effects with their intervals on one axis; the canary's is shaded as noise."""

import math

from matplotlib.axes import Axes

from contract.metrics import TYPICAL
from reports import units
from reports.effects.comparison import Comparison
from reports.effects.shapes import Effect, Verdict
from reports.page.charts import drawing
from reports.page.charts.drawing import INK
from reports.page.tables import by_news

ROWS_MAX = 40
"""With more rows a chart is hard to read; the table holds every row."""

_MARKS = {
    Verdict.SLOWER: (">", "#c8702a"),
    Verdict.FASTER: ("<", "#1c9a78"),
    Verdict.EQUIVALENT: ("s", "#2f81d6"),
    Verdict.INCONCLUSIVE: ("o", "#8c9199"),
}
"""Shape and tone by verdict: an arrow points to the side of slower or of faster."""


def forest_chart(comparison: Comparison, chart_id: str) -> str:
    """One row for each effect, in the order of the table."""
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
    with drawing.settings():
        figure = drawing.new_figure(0.9 + 0.36 * len(rows))
        axes = figure.add_subplot()
        for canary in canaries:
            noise = canary.interval_familywise
            axes.axvspan(noise.low, noise.high, color="#8c9199", alpha=0.25, linewidth=0)
        axes.axvline(1, color=INK, linewidth=1)
        for place, effect in enumerate(rows):
            _draw(axes, place, effect)
        names = [f"{one.scenario}{f', {one.variant}' if several else ''}" for one in rows]
        drawing.row_names(axes, names)
        ends = [end for one in rows for end in _ends(one)]
        drawing.log_axis(axes, "x", [1.0, *ends], units.factor, room=0.06)
        axes.set_xlabel("variant / baseline (log scale); left is faster")
        changes = "; ".join(
            f"{name}: {units.change(one.ratio, one.interval_familywise)}, {one.verdict}"
            for name, one in zip(names, rows, strict=True)
        )
        title = "Change of typical latency, scenario by scenario"
        return drawing.inline(figure, chart_id, title, f"Ratios with intervals. {changes}.")


def _draw(axes: Axes, place: int, effect: Effect) -> None:
    mark, tone = _MARKS[effect.verdict]
    wide, narrow = effect.interval_familywise, effect.interval90
    axes.plot([wide.low, wide.high], [place, place], color=tone, linewidth=1.2)
    axes.plot([narrow.low, narrow.high], [place, place], color=tone, linewidth=3.5)
    axes.plot([effect.ratio], [place], color=tone, marker=mark, markersize=6)


def _ends(effect: Effect) -> tuple[float, float]:
    return effect.interval_familywise.low, effect.interval_familywise.high
