"""Draws how each quantile of latency changed."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from reports import units
from reports.effects.shapes import SubjectComparison
from reports.page.charts import drawing
from reports.page.charts.drawing import clean, style, tone
from reports.statistics.shift import ShiftFunction

_MARKED = (0.5, 0.95, 0.99)
_TICKS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def shift_chart(scenario: SubjectComparison, chart_id: str) -> str:
    """Each variant's ratio to the baseline at every quantile, with its band."""
    shifts = scenario.shift_functions
    variants = [curve.variant for curve in scenario.curves]
    with drawing.settings():
        figure = drawing.new_figure(2.9)
        axes = figure.add_subplot()
        for shift in shifts:
            _draw_shift(axes, variants.index(shift.variant), shift)
        _share_axis(axes, shifts)
        ends = (end for shift in shifts for end in (*shift.lows, *shift.highs))
        drawing.ratio_height(axes, ends, "variant / baseline (log)")
        drawing.legend(figure)
        changes = "; ".join(f"{shift.variant}: {_changes(shift)}" for shift in shifts)
        title = f"Change of latency in {scenario.name}, from the quickest requests to the slowest"
        return drawing.inline(
            figure, chart_id, title, f"Ratios of quantiles, with a band. {changes}."
        )


def _changes(shift: ShiftFunction) -> str:
    return ", ".join(
        f"{units.change(ratio)} at {units.percent(share)}"
        for share, ratio in zip(shift.probabilities, shift.ratios, strict=True)
        if share in _MARKED
    )


def _draw_shift(axes: Axes, index: int, shift: ShiftFunction) -> None:
    axes.fill_between(
        shift.probabilities, shift.lows, shift.highs, color=tone(index), alpha=0.18, linewidth=0
    )
    axes.plot(
        shift.probabilities,
        shift.ratios,
        **style(index),
        linewidth=2,
        markersize=6,
        markevery=[share in _MARKED for share in shift.probabilities],
        label=clean(shift.variant),
        clip_on=False,
    )


def _share_axis(axes: Axes, shifts: Sequence[ShiftFunction]) -> None:
    """A logit scale, which stretches the tails."""
    ends = [share for one in shifts for share in (one.probabilities[0], one.probabilities[-1])]
    axes.set_xscale("logit")
    axes.set_xlim(min(ends), max(ends))
    ticks = [one for one in _TICKS if min(ends) <= one <= max(ends)]
    axes.set_xticks(ticks, [units.percent(one) for one in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    drawing.show_grid(axes.xaxis)
    axes.set_xlabel("share of requests that are quicker")
