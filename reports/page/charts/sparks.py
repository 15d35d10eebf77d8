"""Draws the small charts beside folded scenarios: one bar for each variant, slower to the right."""

import math
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from contract.metrics import TYPICAL
from reports.effects.shapes import SubjectComparison
from reports.page.charts import drawing
from reports.page.charts.drawing import add_path, px
from reports.page.tables import VERDICT_TONES

_WIDTH, _BAR, _MIDDLE = 72.0, 5.0, 36.0
_LOG_REACH_MIN = math.log(1.1)


def spark_charts(subjects: Sequence[tuple[str, SubjectComparison]]) -> Mapping[str, str]:
    """One drawing for each chart id, all on one log axis of the typical latency's ratio.

    The words stand beside them, so these are for eyes alone.
    """
    effects = {
        chart_id: [one for one in subject.effects if one.metric == TYPICAL]
        for chart_id, subject in subjects
    }
    logs = [abs(math.log(one.ratio)) for found in effects.values() for one in found]
    reach = max([_LOG_REACH_MIN, *(one for one in logs if math.isfinite(one))])
    drawn = {}
    for chart_id, found in effects.items():
        height = max(_BAR * len(found), 2 * _BAR)
        root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "aria-hidden": "true"})
        root.attrib |= {"class": "spark", "viewBox": f"0 0 {px(_WIDTH)} {px(height)}"}
        root.set("height", px(height))
        for index, one in enumerate(found):
            length = (_MIDDLE - 2) * math.log(one.ratio) / reach
            length = math.copysign(max(abs(length), 1.0), length) if math.isfinite(length) else 0.0
            y = px(_BAR * (index + 0.5) + (height - _BAR * len(found)) / 2)
            add_path(
                root,
                f"M{px(_MIDDLE)} {y}h{px(length)}",
                stroke=drawing.INK,
                stroke_width=_BAR - 1.5,
                **{"class": VERDICT_TONES[one.verdict]},
            )
        add_path(root, f"M{px(_MIDDLE)} 0v{px(height)}", stroke=drawing.GREY, stroke_width=1)
        if found:
            drawn[chart_id] = ET.tostring(root, encoding="unicode")
    return drawn
