"""Draws where each variant's time goes."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from reports import units
from reports.effects.shapes import StageBreakdown, SubjectComparison
from reports.effects.stages import REST
from reports.page.charts import drawing
from reports.page.charts.drawing import clean

_TONES = ("#2f81d6", "#c8702a", "#1c9a78", "#9a6bd1", "#b0568f", "#8a8428", "#5b8fa8")
_REST_STYLES = (("#8c9199", ""), ("#a9adb3", "//"))
_BLACK = "#000000"


def stage_chart(scenario: SubjectComparison, chart_id: str) -> str:
    """Medians of the stages, variant below variant, side by side from zero."""
    stages = scenario.stages
    styles = _stage_styles(stages)
    if not styles:
        return ""
    with drawing.settings():
        figure = drawing.new_figure(1.3 + 0.45 * len(stages))
        axes = figure.add_subplot()
        widest_s = max(sum(time_s for _, time_s in stage.parts) for stage in stages)
        for place, breakdown in enumerate(stages):
            _draw_stages(axes, place, breakdown, styles, widest_s)
        drawing.row_names(axes, [stage.variant for stage in stages])
        axes.set_ylim(len(stages) - 0.5, -0.5)
        axes.set_xlim(0, widest_s * 1.02)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
        drawing.show_numbers(axes.xaxis, drawing.time_label)
        drawing.show_grid(axes.xaxis)
        axes.set_axisbelow(True)
        drawing.legend(figure, len(styles), handlelength=1.2)
        medians = "; ".join(
            f"{one.variant}: "
            + ", ".join(f"{stage} {units.duration(time_s)}" for stage, time_s in one.parts)
            for one in stages
        )
        title = f"Where the time of {scenario.name} goes"
        return drawing.inline(figure, chart_id, title, f"Medians of stages. {medians}.")


def _stage_styles(stages: Sequence[StageBreakdown]) -> dict[str, tuple[str, str]]:
    """Tone and hatching of each stage that took time; the unmeasured rest is grey and last."""
    named = [name for name, _ in stages[0].parts if name not in REST]
    styles = {name: (_TONES[index % len(_TONES)], "") for index, name in enumerate(named)}
    styles |= dict(zip(REST, _REST_STYLES, strict=True))
    spent = {name for stage in stages for name, time_s in stage.parts if time_s > 0}
    return {name: style for name, style in styles.items() if name in spent}


def _draw_stages(
    axes: Axes,
    place: int,
    breakdown: StageBreakdown,
    styles: Mapping[str, tuple[str, str]],
    widest_s: float,
) -> None:
    left_s = 0.0
    for name, time_s in breakdown.parts:
        if name not in styles:
            continue
        tone, hatch = styles[name]
        axes.barh(
            place,
            time_s,
            0.62,
            left=left_s,
            color=tone,
            hatch=hatch,
            edgecolor=_BLACK,
            linewidth=0.0,
            label=clean(name) if place == 0 else "",
        )
        if time_s > 0.12 * widest_s and not hatch:
            axes.text(
                left_s + time_s / 2,
                place,
                units.duration(time_s),
                ha="center",
                va="center",
                color=_BLACK,
                fontsize=9,
            )
        left_s += time_s
