"""Draws how many bytes and rows one request takes, before and after."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from reports import units
from reports.effects.comparison import Comparison
from reports.effects.shapes import CounterEffect
from reports.page.charts import drawing
from reports.page.charts.drawing import INK, clean, mark, tone

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
    heights = [0.75 + 0.34 * len(rows) for rows, _ in parts]
    with drawing.settings():
        figure = drawing.new_figure(sum(heights))
        panels = figure.subplots(len(parts), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (rows, axis) in zip(panels, parts, strict=True):
            for place, row in enumerate(rows):
                _draw_change(axes, place, row, comparison.variants)
            _count_axis(axes, rows)
            axes.set_xlabel(axis)
            drawing.row_names(axes, [_row_name(row, comparison) for row in rows])
        medians = "; ".join(
            f"{_row_name(row, comparison)}: {units.value(row.metric, row.before.median)} to "
            f"{units.value(row.metric, row.after.median)}"
            for rows, _ in parts
            for row in rows
        )
        title = "Bytes and rows of one request, before and after"
        return drawing.inline(figure, chart_id, title, f"Medians. {medians}.")


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
    return clean(f"{row.scenario}{variant}, {units.metric_name(row.metric)}")


def _draw_change(axes: Axes, place: int, row: CounterEffect, variants: Sequence[str]) -> None:
    before, after = row.before.median, row.after.median
    index = variants.index(row.variant)
    axes.plot([before, after], [place, place], color=INK, alpha=0.35, linewidth=1.5)
    axes.plot([before], [place], color=tone(0), marker=mark(0), markersize=8)
    axes.plot([after], [place], color=tone(index), marker=mark(index), markersize=6)
    texts = {max(before, after): "left", min(before, after): "right"}
    for number, side in texts.items():
        same = before == after
        axes.annotate(
            f"{units.value(row.metric, number)}{', both' if same else ''}",
            xy=(number, place),
            xytext=(9 if side == "left" or same else -9, 0),
            textcoords="offset points",
            ha="left" if same else side,
            va="center",
            fontsize=9,
        )


def _count_axis(axes: Axes, rows: Sequence[CounterEffect]) -> None:
    counts = [count for row in rows for count in (row.before.median, row.after.median)]
    drawing.log_axis(
        axes,
        "x",
        counts,
        lambda count: drawing.tick_label(units.value(rows[0].metric, count)),
        room=0.3,
        decades_min=1.0,
    )
