"""Numbers as people read them: the only place that makes milliseconds, megabytes or percent.

A number is never rounded onto a limit that it does not equal: 5.01 % with a limit of 5 % stays
5.01 %.
"""

import math
import re
from collections.abc import Callable
from datetime import datetime

from contract.metrics import MORE_IS_BETTER, find
from reports.statistics.values import Interval

_DIGITS = 3
_MORE_DIGITS = range(_DIGITS, 16)
_TRAILING_ZEROS = re.compile(r"(\.\d*[1-9])0+(?!\d)|\.0+(?!\d)")
_FACTOR_FROM = 1.5  # From here a change reads better as "2.4x" than as "140 %".
_WIDE_FROM = 2.0  # From here ends of intervals do, too.

_ODDS_SHOWN_MAX = 1_000_000
# A day: whatever lies beyond is a guess that nobody waits for.
_HARDLY_S = 86_400
_CHANCE_SHOWN_MIN = 0.0001


def metric_name(metric: str) -> str:
    """A metric's name in words."""
    return find(metric).label


def value(metric: str, number: float, digits: int = _DIGITS) -> str:
    """A number in its metric's own unit."""
    unit = find(metric).unit
    if unit == "bytes":
        return size(number, digits)
    if unit == "per_s":
        return f"{rate(number, digits)}/s"
    return duration(number, digits) if unit == "s" else count(number, digits)


def duration(seconds: float, digits: int = _DIGITS) -> str:
    """Seconds as s, ms or µs."""
    return _scaled(seconds, ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s")), digits)


def set_time(seconds: float) -> str:
    """A time that a configuration sets, without trailing zeros."""
    return _trimmed(duration(seconds))


def size(size_bytes: float, digits: int = _DIGITS) -> str:
    """Bytes in decimal units: 1 kB is 1000 bytes."""
    if abs(size_bytes) < 1000:
        return f"{count(size_bytes, digits)} B"
    return _scaled(size_bytes, ((1e3, "kB"), (1e6, "MB"), (1e9, "GB")), digits)


def count(number: float, digits: int = _DIGITS) -> str:
    """A count; whole ones are never rounded."""
    if not math.isfinite(number):
        return "?"
    return f"{number:,.0f}" if number == int(number) else _significant(number, digits)


def count_of(number: int, noun: str) -> str:
    """A count and its noun, given in the plural: `1 round`, `1,200 rounds`."""
    ending = "es" if noun.endswith(("ches", "shes", "sses", "xes")) else "s"
    return f"{number:,} {noun.removesuffix(ending) if number == 1 else noun}"


def percent(share: float, digits: int = _DIGITS) -> str:
    """A share of 1 as percent, without trailing zeros."""
    return f"{_trimmed(_significant(share * 100, digits))} %"


def odds(log_e: float) -> str:
    """An e-value of at least 1 as how rarely chance brings as much: `1 in 12,000`, rounded down."""
    if log_e > math.log(_ODDS_SHOWN_MAX):
        return f"< 1 in {_ODDS_SHOWN_MAX:,}"
    e_value = math.exp(log_e)
    step = 10.0 ** (math.floor(math.log10(e_value)) - 1)
    return f"1 in {count(round(math.floor(e_value / step) * step, 1), 2)}"


def chance(p_value: float) -> str:
    """A p-value; a very small one is only bounded."""
    if p_value < _CHANCE_SHOWN_MIN:
        return f"< {_CHANCE_SHOWN_MIN:.4f}"
    return _trimmed(_significant(p_value, 2))


def rate(per_s: float, digits: int = _DIGITS) -> str:
    """Arrivals a second, without trailing zeros."""
    return _trimmed(_significant(per_s, digits))


def factor(ratio: float, digits: int = _DIGITS) -> str:
    """A ratio as it stands."""
    return f"{_trimmed(_significant(ratio, digits))}x"


def rough_time(seconds: float) -> str:
    """A length of time for planning, not for comparing."""
    if seconds < 90:
        return f"{max(1, math.ceil(seconds))} s"
    if seconds < 5400:
        return f"{math.ceil(seconds / 60)} minutes"
    if seconds < 36_000:
        return f"{math.ceil(seconds / 360) / 10:g} hours"
    if seconds < 172_800:
        return f"{math.ceil(seconds / 3600)} hours"
    return f"{math.ceil(seconds / 86_400):,} days"


def still_needed(seconds: float, *, short: bool) -> str:
    """How much more measuring would help; short: until a verdict is possible, not likely."""
    if short:
        return f"at least {_more(rough_time(seconds))} before a verdict is possible"
    if seconds > _HARDLY_S:
        return "more of the same will hardly decide it"
    return f"about {_more(rough_time(seconds))} should decide it"


def needed_in_short(seconds: float, *, short: bool) -> str:
    """The same where there is little room: `at least 53 s more`."""
    if seconds > _HARDLY_S and not short:
        return "more of the same hardly decides it"
    return f"{'at least' if short else 'about'} {rough_time(seconds)} more"


def _more(time: str) -> str:
    """`3 more minutes`, `53 more seconds`."""
    number, _, unit = time.partition(" ")
    if time == "1 s":
        return "1 more second"
    return f"{number} more {'seconds' if unit == 's' else unit}"


def moment(iso: str) -> str:
    """An ISO 8601 time, to the second, as it reads best."""
    try:
        return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M:%S %Z}".strip()
    except ValueError:
        return iso


def change_words(metric: str) -> tuple[str, str]:
    """What less and more of a metric are, for `change`."""
    return ("slower", "faster") if metric in MORE_IS_BETTER else ("faster", "slower")


def change(
    ratio: float, interval: Interval | None = None, words: tuple[str, str] = ("faster", "slower")
) -> str:
    """A ratio in words: `30.1x faster [28.2, 32.3]`, `3.1 % slower [2.0, 4.2]`.

    The bracket is in the same words: in "3.1 % slower [-0.2, 6.4]" the low end is 0.2 % faster.
    An interval with an infinite end bounds nothing and is left out.
    """
    if interval is not None and not (interval.low > 0 and math.isfinite(interval.high)):
        interval = None
    if ratio <= 0:
        return "none left"
    less, more = words
    if ratio >= _FACTOR_FROM:
        return f"{_times(ratio)}x {more}{_bracket(interval, lambda end: end, _times)}"
    if ratio <= 1 / _FACTOR_FROM:
        return f"{_times(1 / ratio)}x {less}{_bracket(interval, lambda end: 1 / end, _times)}"
    sign, word = (1, more) if ratio >= 1 else (-1, less)
    return _percent_change(ratio, interval, sign, word)


def signed(interval: Interval | None) -> str:
    """An interval by itself: `[-4.3, +9.1]` in percent of more, or `[0.40x, 2.25x]`."""
    if interval is None or not (interval.low > 0 and math.isfinite(interval.high)):
        return ""
    if interval.high >= _WIDE_FROM or interval.low <= 1 / _WIDE_FROM:
        return f"[{_times(interval.low)}x, {_times(interval.high)}x]"
    ends = [(end - 1) * 100 for end in (interval.low, interval.high)]
    decimals = 1 if max(map(abs, ends)) >= 1 else 2
    return f"[{', '.join(f'{end:+.{decimals}f}' for end in ends)}]"


def _percent_change(ratio: float, interval: Interval | None, sign: int, word: str) -> str:
    ends = (interval.low, interval.high) if interval else ()
    widest = max(abs(number - 1) * 100 for number in (ratio, *ends))
    decimals = 1 if widest >= 1 else 2

    def shown(number: float) -> str:
        return f"{sign * (number - 1) * 100 + 0.0:.{decimals}f}".replace("-0.0 ", "0.0 ")

    wide = any(end >= _WIDE_FROM or end <= 1 / _WIDE_FROM for end in ends)
    # Nobody reads "-422.9 % faster".
    bracket = signed(interval) if wide else _bracket(interval, lambda end: end, shown)
    bracket = f" {bracket}" if wide and bracket else bracket
    if float(shown(ratio)) == 0:
        return f"no change{bracket}{'' if wide else ' %'}" if bracket else "no change"
    return f"{shown(ratio)} % {word}{bracket}"


def _bracket(
    interval: Interval | None, turned: Callable[[float], float], shown: Callable[[float], str]
) -> str:
    if interval is None:
        return ""
    ends = [shown(turned(end)) for end in (interval.low, interval.high)]
    return f" [{', '.join(sorted(ends, key=_number))}]"


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _times(ratio: float) -> str:
    if ratio < 10:
        return f"{ratio:.2f}"
    return f"{ratio:.1f}" if ratio < 100 else f"{ratio:,.0f}"


def with_limit(number: float, limit: float, shown: Callable[[float, int], str]) -> tuple[str, str]:
    """A number and its limit with as many digits as it takes to show them as different."""
    texts = [(shown(number, digits), shown(limit, digits)) for digits in _MORE_DIGITS]
    apart = [pair for pair in texts if number == limit or pair[0] != pair[1]]
    text, limit_text = apart[0] if apart else (repr(number), repr(limit))
    return text, _trimmed(limit_text)


def _scaled(number: float, scales: tuple[tuple[float, str], ...], digits: int) -> str:
    if not math.isfinite(number):
        return "?"
    if number == 0:
        return f"0 {scales[-1][1]}"
    for scale, unit in scales:
        text = _significant(number / scale, digits)
        if abs(_number(text)) < 1000:
            return f"{text} {unit}"
    return f"{text} {unit}"


def _significant(number: float, digits: int) -> str:
    if not math.isfinite(number):
        return "?"
    rounded = float(f"{number:.{digits - 1}e}")
    magnitude = math.floor(math.log10(abs(rounded))) if rounded else 0
    return f"{rounded:,.{max(0, digits - 1 - magnitude)}f}" if rounded else "0"


def _trimmed(text: str) -> str:
    return _TRAILING_ZEROS.sub(r"\1", text)
