"""Draws where each variant's time goes."""

import math
from collections.abc import Mapping, Sequence

from reports import units
from reports.effects.shapes import StageBreakdown, SubjectComparison
from reports.effects.stages import REST
from reports.page.charts.drawing import GREY, TONES, Style, hatched, text_width
from reports.page.charts.panels import Chart, Key, Panel, Reading, box
from reports.page.charts.scales import row_scale
from reports.page.charts.times import row_name, time_axis

_HATCHED = "#a9adb3"
_HALF = 0.31


def stage_chart(scenario: SubjectComparison, chart_id: str) -> str:
    """Medians of the stages, variant below variant, side by side from zero."""
    stages = [one for one in scenario.stages if one.is_known]
    fills = _stage_fills(stages, hatched(chart_id))
    if not fills:
        return ""
    axis = time_axis(scenario)
    names = [row_name(stage.variant) for stage in stages]
    panel = Panel(axis.linear, row_scale(names, 0.5), 32 * len(stages))
    keys = [Key(name, Style(fill, mark="square"), lined=False) for name, fill in fills.items()]
    readings = [
        Reading(_words(one), [(panel, box(-math.inf, math.inf, place + 0.5, place - 0.5))])
        for place, one in enumerate(stages)
    ]
    chart = Chart(chart_id, [panel], keys, _HATCHED, margin_min=axis.margin, readings=readings)
    for place, breakdown in enumerate(stages):
        _draw_stages(panel, place, breakdown, fills)
    medians = "; ".join(map(_words, stages))
    title = f"Where the time of {scenario.name} goes"
    return chart.svg(title, f"Medians of stages. {medians}.")


def _words(breakdown: StageBreakdown) -> str:
    parts = (f"{stage} {units.duration(time_s)}" for stage, time_s in breakdown.parts)
    return f"{breakdown.variant}: {', '.join(parts)}"


def _stage_fills(stages: Sequence[StageBreakdown], hatch: str) -> dict[str, str]:
    """What fills each stage that took time; the unmeasured rest is grey and last."""
    named = dict.fromkeys(name for one in stages for name, _ in one.parts if name not in REST)
    fills = {name: TONES[index % len(TONES)] for index, name in enumerate(named)}
    fills |= dict(zip(REST, (GREY, hatch, hatch), strict=True))
    spent = {name for stage in stages for name, time_s in stage.parts if time_s > 0}
    return {name: fill for name, fill in fills.items() if name in spent}


def _draw_stages(
    panel: Panel, place: int, breakdown: StageBreakdown, fills: Mapping[str, str]
) -> None:
    left_s = 0.0
    for name, time_s in breakdown.parts:
        if name not in fills:
            continue
        right_s = left_s + time_s
        panel.areas([box(left_s, right_s, place + _HALF, place - _HALF)], fills[name])
        text = units.duration(time_s)
        room = panel.at(right_s, 0)[0] - panel.at(left_s, 0)[0]
        if text_width(text, 9) + 2 < room and fills[name] in (*TONES, GREY):
            # Around the letters lies the page's own colour, so that any tone leaves them legible.
            halo = {"stroke": "var(--paper)", "stroke_width": "3", "paint_order": "stroke"}
            middle = (left_s + right_s) / 2
            panel.text(middle, place, text, (0, 0), text_anchor="middle", font_size="9", **halo)
        left_s = right_s
