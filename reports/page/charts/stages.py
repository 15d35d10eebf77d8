"""Draws where each variant's time goes."""

from collections.abc import Mapping, Sequence

from reports import units
from reports.effects.shapes import StageBreakdown, SubjectComparison
from reports.effects.stages import REST
from reports.page.charts.drawing import GREY, Style, clean, hatched, text_width
from reports.page.charts.panels import Chart, Key, Panel, box
from reports.page.charts.scales import linear_scale, row_scale, time_label

_TONES = ("#2f81d6", "#c8702a", "#1c9a78", "#9a6bd1", "#b0568f", "#8a8428", "#5b8fa8")
_HATCHED = "#a9adb3"
_HALF = 0.31


def stage_chart(scenario: SubjectComparison, chart_id: str) -> str:
    """Medians of the stages, variant below variant, side by side from zero."""
    stages = [one for one in scenario.stages if one.is_known]
    fills = _stage_fills(stages, hatched(chart_id))
    if not fills:
        return ""
    widest_s = max(sum(time_s for _, time_s in stage.parts) for stage in stages)
    names = [clean(stage.variant) for stage in stages]
    times = linear_scale("", 0, widest_s * 1.02, time_label)
    panel = Panel(times, row_scale(names, 0.5), 32 * len(stages))
    keys = [Key(name, Style(fill, mark="square"), lined=False) for name, fill in fills.items()]
    chart = Chart(chart_id, [panel], keys, _HATCHED)
    for place, breakdown in enumerate(stages):
        _draw_stages(panel, place, breakdown, fills)
    medians = "; ".join(
        f"{one.variant}: "
        + ", ".join(f"{stage} {units.duration(time_s)}" for stage, time_s in one.parts)
        for one in stages
    )
    title = f"Where the time of {scenario.name} goes"
    return chart.svg(title, f"Medians of stages. {medians}.")


def _stage_fills(stages: Sequence[StageBreakdown], hatch: str) -> dict[str, str]:
    """What fills each stage that took time; the unmeasured rest is grey and last."""
    named = dict.fromkeys(name for one in stages for name, _ in one.parts if name not in REST)
    fills = {name: _TONES[index % len(_TONES)] for index, name in enumerate(named)}
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
        if text_width(text, 9) + 2 < room and fills[name].startswith("#"):
            middle, black = (left_s + right_s) / 2, {"fill": "#000", "font_size": "9"}
            panel.text(middle, place, text, (0, 0), text_anchor="middle", **black)
        left_s = right_s
