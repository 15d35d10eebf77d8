"""Draws effects as SVG; variants are never told apart by colour alone."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from contract.run.record import LoadRecord, StepRecord
from reports import units
from reports.model import (
    REST,
    Capacity,
    Comparison,
    CounterEffect,
    Curve,
    ScenarioComparison,
    ShiftFunction,
    StageBreakdown,
)
from reports.page.charts.drawing import (
    INK,
    LINES,
    MARKS,
    VARIANT_TONES,
    WIDTH_IN,
    clean,
    drawing,
    inline,
    log_height,
    tick_label,
    ticks_over,
)

BYTES = ("db_bytes", "wire_bytes", "body_bytes")
ROWS = ("db_rows",)
ROWS_MAX = 12
"""A chart of more rows than this is no picture any more; the tables hold every row."""

_STAGE_TONES = ("#2f81d6", "#c8702a", "#1c9a78", "#9a6bd1", "#b0568f", "#8a8428", "#5b8fa8")
_REST_TONES = ("#8c9199", "#a9adb3")
_REST_HATCHES = ("", "//")
# A label's share of the axis: the range is widened by it, so that labels stand beside the curves.
_LABEL_SHARE = 0.42
_SHIFTS_MARKED = (0.5, 0.95, 0.99)
_SHARES_NAMED = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def latency_chart(scenario: ScenarioComparison, chart_id: str) -> str:
    """Each variant's latency distribution, overlaid on a log scale, medians marked."""
    with drawing():
        tails = all(one.tail for one in scenario.curves)
        figure = Figure(figsize=(WIDTH_IN, 4.9 if tails else 3.1), layout="constrained")
        axes, *below = figure.subplots(
            2 if tails else 1, 1, sharex=True, squeeze=False, height_ratios=(5, 3)[: 1 + tails]
        )[:, 0]
        for index, curve in enumerate(scenario.curves):
            _draw_curve(axes, index, curve)
        _time_axis(axes, [time for one in scenario.curves for time in _times(one)])
        for tail_axes in below:
            _draw_tails(tail_axes, scenario.curves)
        if len(scenario.curves) == 2:
            _label_curves(axes, scenario.curves)
        else:
            figure.legend(loc="outside upper left", ncols=3, frameon=False)
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
        (axes, *below)[-1].set_xlabel("latency (log scale)")
        axes.set_ylabel("requests answered")
        title = f"Latency of {scenario.name}, by variant"
        told = "; ".join(
            f"{one.variant}: median {units.duration(_at(one, 0.5))}, nine of ten requests "
            f"between {units.duration(_at(one, 0.05))} and {units.duration(_at(one, 0.95))}"
            for one in scenario.curves
        )
        return inline(figure, chart_id, title, f"Share of requests answered in time. {told}.")


def _draw_curve(axes: Axes, index: int, curve: Curve) -> None:
    tone = VARIANT_TONES[index % len(VARIANT_TONES)]
    median = _at(curve, 0.5)
    axes.plot(
        curve.latencies_s,
        curve.probabilities,
        color=tone,
        linestyle=LINES[index % len(LINES)],
        linewidth=2,
        label=_curve_label(curve),
    )
    axes.plot([median, median], [0, 0.5], color=tone, linewidth=1, alpha=0.6)
    axes.plot([median], [0.5], color=tone, marker=MARKS[index % len(MARKS)], markersize=7)


def _times(curve: Curve) -> tuple[float, ...]:
    return (*curve.latencies_s, *(time for _, time in curve.tail))


def _draw_tails(axes: Axes, curves: Sequence[Curve]) -> None:
    """The slowest tenth, each rarer share as far below as it is rarer."""
    for index, curve in enumerate(curves):
        axes.plot(
            [time for _, time in curve.tail],
            [share for share, _ in curve.tail],
            color=VARIANT_TONES[index % len(VARIANT_TONES)],
            linestyle=LINES[index % len(LINES)],
            linewidth=2,
        )
    axes.set_yscale("log")
    axes.set_ylim(min(share for one in curves for share, _ in one.tail) * 0.9, 0.11)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: units.percent(share)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="both", alpha=0.15, color=INK)
    axes.set_ylabel("still waiting (log)")


def _curve_label(curve: Curve) -> str:
    return f"{clean(curve.variant)}, median {units.duration(_at(curve, 0.5))}"


def _at(curve: Curve, probability: float) -> float:
    return float(np.interp(probability, curve.probabilities, curve.latencies_s))


def _time_axis(axes: Axes, times: Sequence[float]) -> None:
    low, high = math.log10(min(times)), math.log10(max(times))
    room = max(high - low, 0.15) * _LABEL_SHARE
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - room), 10 ** (high + room))
    axes.xaxis.set_major_locator(ticks_over(high - low + 2 * room))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: tick_label(units.duration(time))))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", alpha=0.15, color=INK)


def _label_curves(axes: Axes, curves: Sequence[Curve]) -> None:
    """The faster one is labelled left of its curve, the other right of it: they never collide."""
    for place, curve in enumerate(sorted(curves, key=lambda one: _at(one, 0.5))):
        height = 0.78 if place == 0 else 0.22
        # Two lines of text: where they end nearest to the curve, not where their middle is.
        nearest = height - 0.11 if place == 0 else height + 0.11
        axes.annotate(
            _curve_label(curve).replace(", ", "\n"),
            xy=(_at(curve, nearest), height),
            xytext=(-9 if place == 0 else 9, 0),
            textcoords="offset points",
            ha="right" if place == 0 else "left",
            va="center",
            linespacing=1.3,
        )


def shift_chart(scenario: ScenarioComparison, chart_id: str) -> str:
    """Each variant's ratio to the baseline at every quantile, with its band."""
    variants = [curve.variant for curve in scenario.curves]
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, 2.9), layout="constrained")
        axes = figure.add_subplot()
        for found in scenario.shift_functions:
            _draw_shift(axes, variants.index(found.variant), found)
        axes.axhline(1, color=INK, linewidth=1)
        _share_axis(axes, scenario.shift_functions)
        _ratio_axis(axes, scenario.shift_functions)
        figure.legend(loc="outside upper left", ncols=3, frameon=False)
        title = f"Change of latency in {scenario.name}, from the quickest requests to the slowest"
        told = "; ".join(
            f"{one.variant}: "
            + ", ".join(
                f"{units.change(ratio)} at {units.percent(share)}"
                for share, ratio in zip(one.probabilities, one.ratios, strict=True)
                if share in _SHIFTS_MARKED
            )
            for one in scenario.shift_functions
        )
        return inline(figure, chart_id, title, f"Ratios of quantiles, with a band. {told}.")


def _draw_shift(axes: Axes, index: int, found: ShiftFunction) -> None:
    tone = VARIANT_TONES[index % len(VARIANT_TONES)]
    axes.fill_between(
        found.probabilities, found.lows, found.highs, color=tone, alpha=0.18, linewidth=0
    )
    axes.plot(
        found.probabilities,
        found.ratios,
        color=tone,
        linestyle=LINES[index % len(LINES)],
        linewidth=2,
        marker=MARKS[index % len(MARKS)],
        markersize=6,
        markevery=[share in _SHIFTS_MARKED for share in found.probabilities],
        label=clean(found.variant),
        clip_on=False,
    )


def _share_axis(axes: Axes, found: Sequence[ShiftFunction]) -> None:
    """Tails are stretched, each as far from the middle as it is rare."""
    shares = [share for one in found for share in (one.probabilities[0], one.probabilities[-1])]
    axes.set_xscale("logit")
    axes.set_xlim(min(shares), max(shares))
    ticks = [one for one in _SHARES_NAMED if min(shares) <= one <= max(shares)]
    axes.set_xticks(ticks, [units.percent(one) for one in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", alpha=0.15, color=INK)
    axes.set_xlabel("share of requests that are quicker")


def _ratio_axis(axes: Axes, found: Sequence[ShiftFunction]) -> None:
    log_height(axes, [1.0, *(end for one in found for end in (*one.lows, *one.highs))])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda ratio, _: units.factor(ratio)))
    axes.set_ylabel("variant / baseline (log)")


def payload_chart(comparison: Comparison, chart_id: str) -> str:
    """Bytes, and rows of the database, of each scenario before and after.

    Empty when nothing of either came. Positions rather than bars: a log scale has no zero for a bar
    to stand on.
    """
    parts = [
        (rows, axis)
        for metrics, axis in ((BYTES, "bytes (log scale)"), (ROWS, "rows (log scale)"))
        if (rows := _counted_rows(comparison, metrics))
    ]
    if not parts:
        return ""
    heights = [0.75 + 0.34 * len(rows) for rows, _ in parts]
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, sum(heights)), layout="constrained")
        panels = figure.subplots(len(parts), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (rows, axis) in zip(panels, parts, strict=True):
            for place, row in enumerate(rows):
                _draw_change(axes, place, row, comparison.variants)
            _count_axis(axes, rows)
            axes.set_xlabel(axis)
            axes.set_yticks(range(len(rows)), [_payload_label(row, comparison) for row in rows])
            axes.set_ylim(len(rows) - 0.4, -0.6)
        told = "; ".join(
            f"{_payload_label(row, comparison)}: {units.value(row.metric, row.before.median)} to "
            f"{units.value(row.metric, row.after.median)}"
            for rows, _ in parts
            for row in rows
        )
        title = "Bytes and rows of one request, before and after"
        return inline(figure, chart_id, title, f"Medians. {told}.")


def _counted_rows(comparison: Comparison, metrics: Sequence[str]) -> list[CounterEffect]:
    """What can stand on a log scale, canaries left out; where it is too much, what changed most."""
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


def _payload_label(row: CounterEffect, comparison: Comparison) -> str:
    variant = f" ({row.variant})" if len(comparison.variants) > 2 else ""
    return clean(f"{row.scenario}{variant}, {units.metric_name(row.metric)}")


def _draw_change(axes: Axes, place: int, row: CounterEffect, variants: Sequence[str]) -> None:
    before, after = row.before.median, row.after.median
    index = variants.index(row.variant)
    axes.plot([before, after], [place, place], color=INK, alpha=0.35, linewidth=1.5)
    axes.plot([before], [place], color=VARIANT_TONES[0], marker=MARKS[0], markersize=8)
    axes.plot(
        [after],
        [place],
        color=VARIANT_TONES[index % len(VARIANT_TONES)],
        marker=MARKS[index % len(MARKS)],
        markersize=6,
    )
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
    low, high = math.log10(min(counts)), math.log10(max(counts))
    room = max(high - low, 1.0) * 0.3
    metric = rows[0].metric
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - room), 10 ** (high + room))
    axes.xaxis.set_major_locator(LogLocator(numticks=8))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda count, _: tick_label(units.value(metric, count)))
    )
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", alpha=0.15, color=INK)


def capacity_chart(load: LoadRecord, comparison: Comparison, chart_id: str) -> str:
    """Each step of the search: how many requests missed the objective at which rate.

    Empty when nothing was searched.
    """
    steps = [one for one in load.steps if one.phase == "capacity" and one.rate_per_s > 0]
    if not steps or comparison.load is None:
        return ""
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, 2.9), layout="constrained")
        axes = figure.add_subplot()
        for index, found in enumerate(comparison.load.capacities):
            mine = [one for one in steps if one.variant == found.variant]
            _draw_steps(axes, index, found, mine)
        _rate_axis(axes, [one.rate_per_s for one in steps])
        axes.axhline(1 - load.objective_quantile, color=INK, linewidth=1, linestyle=":")
        axes.set_ylim(-0.04, 1.04)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
        axes.set_xlabel("requests a second (log scale)")
        axes.set_ylabel("missed the objective")
        figure.legend(loc="outside upper left", ncols=3, frameon=False)
        title = "Steps of the search for capacity, by variant"
        told = "; ".join(
            f"{one.variant} met the objective up to {units.rate(one.low_per_s)} and missed it from "
            f"{units.rate(one.high_per_s)} requests a second on"
            for one in comparison.load.capacities
        )
        return inline(figure, chart_id, title, f"Share of requests that missed it. {told}.")


def _draw_steps(axes: Axes, index: int, found: Capacity, steps: Sequence[StepRecord]) -> None:
    tone, mark = VARIANT_TONES[index % len(VARIANT_TONES)], MARKS[index % len(MARKS)]
    if 0 < found.low_per_s < found.high_per_s < math.inf:
        axes.axvspan(found.low_per_s, found.high_per_s, color=tone, alpha=0.18, linewidth=0)
    for met in (True, False):
        alike = [one for one in steps if bool(one.met) == met]
        axes.plot(
            [one.rate_per_s for one in alike],
            [one.late_share for one in alike],
            color=tone,
            marker=mark,
            markerfacecolor=tone if met else "none",
            markeredgewidth=1.6,
            markersize=7,
            linestyle="none",
            label=clean(found.variant) if met else "",
        )


def _rate_axis(axes: Axes, rates_per_s: Sequence[float]) -> None:
    low, high = math.log10(min(rates_per_s)), math.log10(max(rates_per_s))
    room = max(high - low, 0.15) * 0.08
    axes.set_xscale("log")
    axes.set_xlim(10 ** (low - room), 10 ** (high + room))
    axes.xaxis.set_major_locator(ticks_over(high - low + 2 * room))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", alpha=0.15, color=INK)


def stage_chart(scenario: ScenarioComparison, chart_id: str) -> str:
    """Where each variant's time went: medians of the stages, side by side from zero.

    Empty when no time was spent anywhere.
    """
    tones = _stage_tones(scenario.stages)
    if not tones:
        return ""
    with drawing():
        figure = Figure(figsize=(WIDTH_IN, 1.3 + 0.45 * len(scenario.stages)), layout="constrained")
        axes = figure.add_subplot()
        widest = max(sum(time for _, time in stage.parts) for stage in scenario.stages)
        for place, breakdown in enumerate(scenario.stages):
            _draw_stages(axes, place, breakdown, tones, widest)
        axes.set_yticks(
            range(len(scenario.stages)), [clean(stage.variant) for stage in scenario.stages]
        )
        axes.set_ylim(len(scenario.stages) - 0.5, -0.5)
        axes.set_xlim(0, widest * 1.02)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda time, _: tick_label(units.duration(time)))
        )
        axes.grid(axis="x", alpha=0.15, color=INK)
        axes.set_axisbelow(True)
        figure.legend(loc="outside upper left", ncols=len(tones), frameon=False, handlelength=1.2)
        told = "; ".join(
            f"{one.variant}: "
            + ", ".join(f"{stage} {units.duration(time)}" for stage, time in one.parts)
            for one in scenario.stages
        )
        title = f"Where the time of {scenario.name} goes"
        return inline(figure, chart_id, title, f"Medians of stages. {told}.")


def _stage_tones(stages: Sequence[StageBreakdown]) -> dict[str, tuple[str, str]]:
    """Tone and hatching by stage; what nobody measured directly is grey and comes last.

    A stage no variant spent time in has none.
    """
    named = [name for name, _ in stages[0].parts if name not in REST]
    tones = {
        name: (_STAGE_TONES[index % len(_STAGE_TONES)], "") for index, name in enumerate(named)
    }
    tones |= {
        name: (tone, hatch)
        for name, tone, hatch in zip(REST, _REST_TONES, _REST_HATCHES, strict=True)
    }
    spent = {name for stage in stages for name, time in stage.parts if time > 0}
    return {name: tone for name, tone in tones.items() if name in spent}


def _draw_stages(
    axes: Axes,
    place: int,
    breakdown: StageBreakdown,
    tones: Mapping[str, tuple[str, str]],
    widest: float,
) -> None:
    left = 0.0
    for name, time in breakdown.parts:
        if name not in tones:
            continue
        tone, hatch = tones[name]
        label = clean(name) if place == 0 else ""
        axes.barh(
            place,
            time,
            0.62,
            left=left,
            color=tone,
            hatch=hatch,
            edgecolor="#000000",
            linewidth=0.0,
            label=label,
        )
        if time > 0.12 * widest and not hatch:
            axes.text(
                left + time / 2,
                place,
                units.duration(time),
                ha="center",
                va="center",
                color="#000000",
                fontsize=9,
            )
        left += time
