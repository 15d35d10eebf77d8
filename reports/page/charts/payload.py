"""Draws how many bytes and rows one request takes, before and after."""

import math
from collections.abc import Sequence

from reports import units
from reports.effects.comparison import Comparison
from reports.effects.shapes import CounterEffect
from reports.page.charts.drawing import INK, Style, clean, fitted, style, text_width
from reports.page.charts.panels import NAMES_MAX, WIDTH, Chart, Panel
from reports.page.charts.scales import Scale, log_scale, row_scale, tick_label

BYTES = ("db_bytes", "wire_bytes", "body_bytes")
ROWS = ("db_rows",)
ROWS_MAX = 12
"""With more rows a chart is hard to read; the tables hold every row."""


def payload_chart(comparison: Comparison, chart_id: str) -> str:
    """Bytes, and rows of the database, of each scenario before and after.

    Positions rather than bars: a log scale has no zero for a bar to stand on.
    """
    parts = [
        (rows, axis)
        for metrics, axis in ((BYTES, "bytes (log scale)"), (ROWS, "rows (log scale)"))
        if (rows := _counted_rows(comparison, metrics))
    ]
    if not parts:
        return ""
    panels = []
    for rows, title in parts:
        names = [_row_name(row, comparison) for row in rows]
        counts = _count_scale(title, rows, names)
        panels.append(Panel(counts, row_scale(names), 8 + 23 * len(rows)))
    chart = Chart(chart_id, panels)
    for panel, (rows, _) in zip(panels, parts, strict=True):
        for place, row in enumerate(rows):
            _draw_change(panel, place, row, comparison.variants.index(row.variant))
    medians = "; ".join(
        f"{_row_name(row, comparison)}: {units.value(row.metric, row.before.median)} to "
        f"{units.value(row.metric, row.after.median)}"
        for rows, _ in parts
        for row in rows
    )
    title = "Bytes and rows of one request, before and after"
    return chart.svg(title, f"Medians. {medians}.")


def _counted_rows(comparison: Comparison, metrics: Sequence[str]) -> list[CounterEffect]:
    """Counts above zero, canaries excluded; of too many, those that changed most."""
    canaries = {scenario.name for scenario in comparison.scenarios if scenario.canary}
    rows = [
        counter
        for counter in comparison.counters()
        if counter.metric in metrics
        and counter.scenario not in canaries
        and counter.before.median > 0
        and counter.after.median > 0
    ]
    changed = sorted(rows, key=lambda row: -abs(math.log(row.after.median / row.before.median)))
    return [row for row in rows if row in changed[:ROWS_MAX]]


def _row_name(row: CounterEffect, comparison: Comparison) -> str:
    variant = f" ({row.variant})" if len(comparison.variants) > 2 else ""
    metric = f", {units.metric_name(row.metric)}"
    return fitted(clean(f"{row.scenario}{variant}"), NAMES_MAX - text_width(metric)) + metric


def _draw_change(panel: Panel, place: int, row: CounterEffect, index: int) -> None:
    before, after = row.before.median, row.after.median
    panel.line([(before, place), (after, place)], Style(INK), opacity="0.35")
    panel.marks([(before, place)], style(0), 4.5)
    panel.marks([(after, place)], style(index), 3)
    both = ", both" if before == after else ""
    # Where both are the same, one text is enough.
    for number in {before: None, after: None}:
        anchor, shift = ("start", 9) if number == max(before, after) else ("end", -9)
        text = f"{units.value(row.metric, number)}{both}"
        panel.text(number, place, text, (shift, 0), text_anchor=anchor, font_size="9")


def _count_scale(title: str, rows: Sequence[CounterEffect], names: Sequence[str]) -> Scale:
    """With room on both sides for the texts beside the marks."""
    counts = [count for row in rows for count in (row.before.median, row.after.median)]
    metric = rows[0].metric
    side = 20 + max(text_width(units.value(metric, count), 9) for count in counts)
    between = WIDTH - 40 - max(map(text_width, names)) - 2 * side
    return log_scale(
        title,
        counts,
        lambda count, digits: tick_label(units.value(metric, count, digits)),
        room=max(0.3, side / max(between, side)),
        decades_min=1.0,
    )
