"""Draws how a scenario's latencies moved while it was measured."""

import math
from collections.abc import Iterator, Mapping, Sequence

from contract.metrics import TYPICAL
from reports import units
from reports.effects.host import Disturbance
from reports.effects.shapes import SubjectComparison
from reports.page.charts.drawing import GREY, INK, TONES, Style, hatched, style
from reports.page.charts.panels import BAND, Chart, Key, Panel, Reading, across, box
from reports.page.charts.scales import count_label, linear_scale, log_scale, time_label
from reports.statistics.timeline import Timeline

_MARKED_MAX = 40
"""With more stretches, marks would cover the line."""
_READINGS_MAX = 24
"""With more, there would be no part wide enough to point at."""
_STOLEN = TONES[4]


def timeline_chart(
    scenario: SubjectComparison,
    timeline: Timeline,
    disturbances: Sequence[Disturbance],
    chart_id: str,
) -> str:
    """Median latencies, paired ratios and the host's load, over the same time.

    Args:
        scenario: whose effects are shaded beside the ratios.
        timeline: of the scenario.
        disturbances: block by block; the host's panel is left out where nothing was counted.
        chart_id: of the drawing.
    """
    if not timeline.start_s:
        return ""
    counted = [one for one in disturbances if math.isfinite(one.pressure_share)]
    names = [name for name, _ in timeline.medians_s]
    styles = {name: style(index) for index, name in enumerate(names)}
    low_s, high_s = _ends_s(timeline, counted)
    seconds = linear_scale("seconds since measuring began", low_s, high_s, count_label)
    times_s = [one for _, medians_s in timeline.medians_s for one in medians_s]
    changes = [one for _, ratios in timeline.ratios for one in ratios]
    latencies = Panel(seconds, log_scale("latency (log)", times_s, time_label), 110)
    factors = log_scale("ratio in pairs (log)", [1.0, *changes], units.factor)
    ratios = Panel(seconds, factors, 110)
    panels = [latencies, ratios]
    most = max((one.pressure_share for one in counted), default=0.0)
    if counted:
        shares = linear_scale("waited", 0, max(0.1, most) * 1.05, units.percent, ticks_max=2)
        panels.append(Panel(seconds, shares, 37))
    keys = [Key(name, shown) for name, shown in styles.items()]
    readings = [
        Reading(words, [(panel, box(start_s, end_s)) for panel in panels])
        for words, start_s, end_s in _stretches(timeline, high_s)
    ]
    chart = Chart(chart_id, panels, keys, _STOLEN if counted else "", readings=readings)
    _shade_effects(ratios, scenario, styles)
    ratios.line(across(1), Style(INK), 1)
    marked = len(timeline.start_s) <= _MARKED_MAX
    for panel, lines in ((latencies, timeline.medians_s), (ratios, timeline.ratios)):
        for name, values in lines:
            shown = styles[name] if marked else styles[name]._replace(mark="")
            panel.line(zip(timeline.start_s, values, strict=True), shown)
    if counted:
        _draw_host(panels[-1], counted, hatched(chart_id))
    stretches = (
        f"Medians of {units.count_of(len(timeline.start_s), 'stretches')} "
        f"of {min(timeline.rounds)} to {max(timeline.rounds)} rounds"
    )
    if counted:
        stretches += f"; at most {units.percent(most)} of a block something waited for a CPU"
    title = f"{scenario.name} while it was measured"
    return chart.svg(title, f"{stretches}, by variant, and of their ratios.")


def _stretches(timeline: Timeline, end_s: float) -> Iterator[tuple[str, float, float]]:
    """Words, begin and end of each stretch; of several together where there are many."""
    n = len(timeline.start_s)
    size = math.ceil(n / _READINGS_MAX)
    ends_s = [*timeline.start_s, end_s]
    for first in range(0, n, size):
        last = min(first + size, n)
        rounds = units.count_of(sum(timeline.rounds[first:last]), "rounds")
        medians = "; ".join(
            f"{name} {_range(values[first:last])}" for name, values in timeline.medians_s
        )
        words = f"from {count_label(round(ends_s[first], 1), 6)} s on, {rounds}: {medians}"
        yield words, ends_s[first], ends_s[last]


def _range(times_s: Sequence[float]) -> str:
    """The least and the greatest of some medians."""
    least, most = units.duration(min(times_s)), units.duration(max(times_s))
    return least if least == most else f"{least} to {most}"


def _ends_s(timeline: Timeline, blocks: Sequence[Disturbance]) -> tuple[float, float]:
    """From when until when something is drawn, with room on both sides."""
    times_s = [*timeline.start_s, *(end for one in blocks for end in (one.start_s, one.end_s))]
    low, high = min(times_s), max(times_s)
    room = 0.03 * (high - low) or 1.0
    return low - room, high + room


def _shade_effects(panel: Panel, scenario: SubjectComparison, styles: Mapping[str, Style]) -> None:
    """The interval of each typical effect of the whole run."""
    for effect in scenario.effects:
        interval = effect.interval_familywise
        if effect.metric == TYPICAL and math.isfinite(interval.high):
            outline = box(-math.inf, math.inf, interval.low, interval.high)
            panel.areas([outline], styles[effect.variant].tone, BAND)


def _draw_host(panel: Panel, blocks: Sequence[Disturbance], hatch: str) -> None:
    """A bar for each block: how much of it something waited for a CPU; hatched: stolen."""
    waited = [box(one.start_s, one.end_s, 0, one.pressure_share) for one in blocks]
    stolen = [
        box(one.start_s, one.end_s, 0, one.steal_share) for one in blocks if one.steal_share > 0
    ]
    panel.areas(waited, GREY)
    panel.areas(stolen, hatch)
