"""Draws what the target's processes held while they were measured: memory and descriptors."""

import math
from collections.abc import Iterator, Mapping, Sequence

from contract.run.memory import MemoryRow
from reports import units
from reports.page.charts.drawing import style
from reports.page.charts.panels import Chart, Key, Panel, Reading, box
from reports.page.charts.readings import parts_of
from reports.page.charts.scales import count_label, linear_scale, tick_label
from reports.statistics.slopes import STRETCHES_MIN

_READINGS_MAX = 24
"""With more, there would be no part wide enough to point at."""

_Lines = Mapping[str, list[MemoryRow]]


def memory_chart(readings: Sequence[MemoryRow], chart_id: str) -> str:
    """What each service and each other part held, reading by reading.

    Args:
        readings: in order of time.
        chart_id: of the drawing.

    Returns: nothing where one life of none was read often enough for a slope.
    """
    lines = _lines(readings)
    if not lines:
        return ""
    rows = [row for one in lines.values() for row in one]
    counted = [row.descriptors for row in rows if row.descriptors is not None]
    styles = {name: style(index, marked=False) for index, name in enumerate(lines)}
    last_s, most_bytes = max(row.time_s for row in rows), max(row.rss_bytes for row in rows)
    seconds = linear_scale("seconds since measuring began", 0, 1.03 * last_s, count_label)
    sizes = linear_scale("resident memory", 0, 1.05 * most_bytes, _size_label)
    panels = [Panel(seconds, sizes, 110)]
    if counted:
        numbers = linear_scale("descriptors", 0, 1.05 * max(counted) + 1, count_label)
        panels.append(Panel(seconds, numbers, 80))
    shown = [
        Reading(words, [(panel, box(low_s, high_s)) for panel in panels])
        for words, low_s, high_s in _moments(lines)
    ]
    keys = [Key(name, one) for name, one in styles.items()]
    chart = Chart(chart_id, panels, keys, readings=shown)
    for name, of in lines.items():
        panels[0].line([(row.time_s, row.rss_bytes) for row in of], styles[name])
        for panel in panels[1:]:
            panel.line([(row.time_s, _number(row)) for row in of], styles[name])
    ends = "; ".join(
        f"{name} from {_words(of[0])} to {_words(of[-1])}" for name, of in lines.items()
    )
    return chart.svg("Memory and open descriptors while they were measured", f"{ends}.")


def _lines(readings: Sequence[MemoryRow]) -> _Lines:
    """Those of one life with enough readings; servers that start repeatedly have short ones."""
    lives: dict[tuple[str, str], list[MemoryRow]] = {}
    for row in readings:
        lives.setdefault((row.server, row.part), []).append(row)
    return {
        part or server or "service": of
        for (server, part), of in lives.items()
        if len(of) > STRETCHES_MIN and of[-1].start == of[0].start and of[-1].time_s > 0
    }


def _moments(lines: _Lines) -> Iterator[tuple[str, float, float]]:
    """Words about some readings, and from when to when each is shown."""
    times_s = sorted({row.time_s for of in lines.values() for row in of})
    times_s = times_s[:: math.ceil(len(times_s) / _READINGS_MAX)]
    for time_s, (low_s, high_s) in zip(times_s, parts_of(times_s), strict=True):
        held = "; ".join(
            f"{name} {_words(row)}"
            for name, of in lines.items()
            for row in of
            if row.time_s == time_s
        )
        yield f"{count_label(round(time_s, 1), 6)} s: {held}", low_s, high_s


def _words(row: MemoryRow) -> str:
    size = units.size(row.rss_bytes)
    return size if row.descriptors is None else f"{size}, {row.descriptors:,} descriptors"


def _number(row: MemoryRow) -> float:
    return math.nan if row.descriptors is None else row.descriptors


def _size_label(size_bytes: float, digits: int) -> str:
    return tick_label(units.size(size_bytes, digits))
