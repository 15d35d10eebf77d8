"""Draws intervals with characters, for places that show no picture."""

import math
from collections.abc import Sequence

from reports.page.shapes import Change

_CELLS = 15
_EMPTY, _ONE, _SPAN, _CROSSED, _RATIO = "·", "│", "━", "┿", "●"
TEXT_CHART_TITLE = "faster │ slower"


def text_charts(rows: Sequence[Change]) -> list[str]:
    """A line of equally many characters for each row, all on one logarithmic axis.

    The axis reaches equally far to both sides of no change, which is in the middle. An end that
    nothing bounds lies at the edge.
    """
    reach = max((_reach(row) for row in rows), default=0.0)
    return [_drawn(row, reach or 1.0) for row in rows]


def _reach(row: Change) -> float:
    ends = (_log(number) for number in (row.ratio, row.low, row.high))
    return max((abs(end) for end in ends if math.isfinite(end)), default=0.0)


def _log(ratio: float) -> float:
    return math.log(ratio) if ratio > 0 else -math.inf


def _drawn(row: Change, reach: float) -> str:
    low, ratio, high = (_cell(_log(number), reach) for number in (row.low, row.ratio, row.high))
    cells = [_EMPTY] * _CELLS
    cells[_CELLS // 2] = _ONE
    cells[low : high + 1] = [_CROSSED if cell == _ONE else _SPAN for cell in cells[low : high + 1]]
    cells[ratio] = _RATIO
    return "".join(cells)


def _cell(logarithm: float, reach: float) -> int:
    share = (max(-1.0, min(1.0, logarithm / reach)) + 1) / 2
    return min(_CELLS - 1, int(share * _CELLS))
