"""Where numbers lie along an axis, and which of them it names."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reports import units

# Enough for every round number, and too few to show what its arithmetic leaves behind.
_TICK_DIGITS = 6
# Round numbers within a decade, on a scale of less than so many decades.
_ROUND = (((1.0, 1.5, 2.0, 3.0, 5.0, 7.0), 1.5), ((1.0, 2.0, 5.0), 3.5), ((1.0, 3.0), 5.0))
# On a scale of fewer decades, even steps are rounder than those.
_EVEN_DECADES = 0.5
# Beyond these, arithmetic has no numbers left for ticks.
_LEAST, _MOST = 1e-200, 1e200

Show = Callable[[float, int], str]
"""A number in so many digits."""


@dataclass(frozen=True)
class Scale:
    """One axis.

    Attributes:
        title: what stands beside it.
        bend: turns numbers into places; infinite ones into infinite ones.
        low, high: places of both ends, of which either may be the larger one.
        grades: numbers to name, the most first; the first that have room are named.
        show: a number's name.
        grid: whether there is a line at each of these numbers.
    """

    title: str
    bend: Callable[[float], float]
    low: float
    high: float
    grades: Sequence[Sequence[float]]
    show: Show
    grid: bool = True

    def share(self, number: float) -> float:
        """Which share of the axis lies before a number; one beyond an end is at that end."""
        return min(1.0, max(0.0, (self.bend(number) - self.low) / (self.high - self.low)))

    def holds(self, number: float) -> bool:
        """Whether a number is not beyond an end."""
        least, most = sorted((self.low, self.high))
        return least <= self.bend(number) <= most

    def name(self, tick: float) -> str:
        """What stands beside a tick."""
        return self.show(tick, _TICK_DIGITS)


def linear_scale(
    title: str, low: float, high: float, show: Show, *, ticks_max: int = 6, step_min: float = 0.0
) -> Scale:
    """From one number to a larger one."""
    if not _LEAST < high - low < _MOST:
        low, high = 0.0, 1.0
    grades = list(_even(low, high, ticks_max, step_min))
    return Scale(title, lambda number: number, low, high, grades, show)


def log_scale(
    title: str,
    values: Iterable[float],
    show: Show,
    *,
    room: float = 0.08,
    decades_min: float = 0.04,
    ticks: Sequence[float] = (),
) -> Scale:
    """Over the positive ones of some values; `ticks` stand in for round numbers.

    The room at both ends is a share of the range, or of `decades_min` if that is more.
    """
    logs = [math.log10(value) for value in values if _LEAST < value < _MOST] or [0.0]
    margin = max(max(logs) - min(logs), decades_min) * room
    low, high = min(logs) - margin, max(logs) + margin
    inside = [tick for tick in ticks if low <= _log(tick) <= high]
    grades = list(_thinned(inside) if ticks else _rounded(low, high))
    return Scale(title, _log, low, high, grades, show)


def logit_scale(title: str, shares: Iterable[float], show: Show, ticks: Sequence[float]) -> Scale:
    """Over shares of 1, with the tails stretched; of the ticks, those in this range are named."""
    places = [_logit(share) for share in shares if 0 < share < 1] or [0.0]
    low, high = min(places), max(places)
    inside = [tick for tick in ticks if low <= _logit(tick) <= high]
    return Scale(title, _logit, low, max(high, low + 0.01), list(_thinned(inside)), show)


def row_scale(names: Sequence[str], room: float = 0.6) -> Scale:
    """A row for each name, the first one on top, with room above it and below the last."""
    rows = [float(row) for row in range(len(names))]
    low, high = len(names) - 1 + room, -room
    return Scale("", lambda row: row, low, high, [rows], lambda row, _: names[int(row)], grid=False)


def tick_label(text: str) -> str:
    """A number and its unit, without idle zeros."""
    number, _, unit = text.partition(" ")
    return f"{float(number.replace(',', '')):.12g} {unit}".rstrip()


def count_label(number: float, digits: int) -> str:
    """A count at a tick."""
    return tick_label(units.count(number, digits))


def time_label(time_s: float, digits: int) -> str:
    """A time at a tick."""
    return tick_label(units.duration(time_s, digits))


def _log(number: float) -> float:
    return math.log10(number) if number > 0 else -math.inf


def _logit(share: float) -> float:
    return _log(share) - _log(1 - share)


def _thinned(ticks: Sequence[float]) -> Iterator[Sequence[float]]:
    """All, every second one, every third one..."""
    return (ticks[::stride] for stride in range(1, len(ticks) + 1))


def _even(low: float, high: float, ticks_max: int, step_min: float = 0.0) -> Iterator[list[float]]:
    """Multiples of 1, 2 or 5 and a power of ten, in fewer and fewer steps."""
    for steps in range(ticks_max, 0, -1):
        least = max((high - low) / steps, step_min)
        power = 10.0 ** math.floor(math.log10(least))
        step = power * next(one for one in (1, 2, 5, 10) if one * power >= least * (1 - 1e-9))
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        yield [number * step for number in range(first, last + 1)]


def _rounded(low: float, high: float) -> Iterator[Sequence[float]]:
    """Round numbers between two powers of ten."""
    if high - low < _EVEN_DECADES:
        yield from _even(10**low, 10**high, 6)
    powers = [10.0**power for power in range(math.floor(low), math.ceil(high) + 1)]
    for steps, decades in _ROUND:
        if high - low < decades:
            ticks = [step * power for power in powers for step in steps]
            yield [tick for tick in ticks if low <= _log(tick) <= high]
    yield from _thinned([power for power in powers if low <= _log(power) <= high])
