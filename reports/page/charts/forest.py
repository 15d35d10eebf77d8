"""Draws all typical effects with their intervals on one axis; the canary's is shaded as noise."""

import math

from contract.metrics import TYPICAL
from reports import units
from reports.effects.comparison import Comparison
from reports.effects.shapes import Verdict
from reports.page.charts.drawing import GREY, INK, TONES, Style, clean
from reports.page.charts.panels import Chart, Panel, Reading, box, upright
from reports.page.charts.scales import log_scale, row_scale
from reports.page.tables import by_news, decided_change

ROWS_MAX = 40
"""With more rows a chart is hard to read; the table holds every row."""

_STYLES = {
    Verdict.SLOWER: Style(TONES[0], mark="right"),
    Verdict.FASTER: Style(TONES[2], mark="left"),
    Verdict.EQUIVALENT: Style(TONES[1], mark="square"),
    Verdict.INCONCLUSIVE: Style(GREY, mark="circle"),
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
    names = [f"{one.scenario}{f', {one.variant}' if several else ''}" for one in rows]
    wides = [one.interval_familywise for one in rows]
    ends = [end for wide in wides for end in (wide.low, wide.high)]
    along = "variant / baseline (log scale); left is faster"
    ratios = log_scale(along, [1.0, *ends], units.factor, room=0.06)
    panel = Panel(ratios, row_scale([clean(name) for name in names]), 12 + 24 * len(rows))
    readings = [
        Reading(
            f"{name}: {decided_change(one)}; {one.verdict}; {units.count_of(one.n, one.unit)}",
            [(panel, box(-math.inf, math.inf, place + 0.5, place - 0.5))],
        )
        for place, (name, one) in enumerate(zip(names, rows, strict=True))
    ]
    chart = Chart(chart_id, [panel], readings=readings)
    for one in canaries:
        noise = one.interval_familywise
        panel.areas([box(noise.low, noise.high)], GREY, 0.25)
    panel.line(upright(1), Style(INK), 1)
    for place, (effect, wide) in enumerate(zip(rows, wides, strict=True)):
        narrow, shown = effect.interval90, _STYLES[effect.verdict]
        for interval, width in ((wide, 1.2), (narrow, 3.5)):
            span = [(interval.low, place), (interval.high, place)]
            panel.line(span, Style(shown.tone), width)
        panel.marks([(effect.ratio, place)], shown, 4)
    changes = "; ".join(
        f"{name}: {decided_change(one)}, {one.verdict}"
        for name, one in zip(names, rows, strict=True)
    )
    title = "Change of typical latency, scenario by scenario"
    return chart.svg(title, f"Ratios with intervals. {changes}.")
