"""Draws how each quantile of latency changed."""

from collections.abc import Sequence

from reports import units
from reports.effects.shapes import SubjectComparison
from reports.page.charts.drawing import INK, Style, style
from reports.page.charts.panels import BAND, Chart, Key, Panel, Reading, across, box
from reports.page.charts.readings import parts_of, with_counts
from reports.page.charts.scales import log_scale, logit_scale
from reports.statistics.shift import ShiftFunction

_MARKED = (0.5, 0.95, 0.99)
_TICKS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def shift_chart(scenario: SubjectComparison, chart_id: str) -> str:
    """Each variant's ratio to the baseline at every quantile, with its band."""
    shifts = scenario.shift_functions
    variants = [curve.variant for curve in scenario.curves]
    styles = [style(variants.index(shift.variant)) for shift in shifts]
    ends = [end for shift in shifts for end in (*shift.lows, *shift.highs)]
    shares = [share for shift in shifts for share in shift.probabilities]
    quicker = logit_scale("share of requests that are quicker", shares, units.percent, _TICKS)
    ratios = log_scale("variant / baseline (log)", [1.0, *ends], units.factor)
    named = [share for share in _TICKS if share in shares]
    panel = Panel(quicker, ratios, 125)
    keys = [Key(one.variant, shown) for one, shown in zip(shifts, styles, strict=True)]
    readings = [
        Reading(_ratios(shifts, share), [(panel, box(*part))])
        for share, part in zip(named, parts_of(named), strict=True)
    ]
    chart = Chart(chart_id, [panel], keys, readings=readings)
    panel.line(across(1), Style(INK), 1)
    for shift, shown in zip(shifts, styles, strict=True):
        points = list(zip(shift.probabilities, shift.ratios, strict=True))
        lows = zip(shift.probabilities, shift.lows, strict=True)
        highs = zip(shift.probabilities, shift.highs, strict=True)
        panel.areas([[*lows, *reversed(list(highs))]], shown.tone, BAND)
        panel.line(points, shown._replace(mark=""), 2)
        panel.marks([point for point in points if point[0] in _MARKED], shown, 3)
    changes = "; ".join(f"{shift.variant}: {_changes(shift)}" for shift in shifts)
    title = f"Change of latency in {scenario.name}, from the quickest requests to the slowest"
    return chart.svg(title, f"Ratios of quantiles, with a band. {changes}.")


def _ratios(shifts: Sequence[ShiftFunction], share: float) -> str:
    """Of all variants at one quantile, with their bands."""
    ratios = [
        (one.variant, f"{units.factor(ratio)} [{units.factor(low)}, {units.factor(high)}]", one.n)
        for one in shifts
        for at, ratio, low, high in zip(
            one.probabilities, one.ratios, one.lows, one.highs, strict=True
        )
        if at == share
    ]
    return with_counts(f"p{100 * share:g}", ratios, "rounds")


def _changes(shift: ShiftFunction) -> str:
    return ", ".join(
        f"{units.change(ratio)} at {units.percent(share)}"
        for share, ratio in zip(shift.probabilities, shift.ratios, strict=True)
        if share in _MARKED
    )
