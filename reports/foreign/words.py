"""Two files of other tools, side by side in words and one table."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile

from reports import units
from reports.clean import short, visible
from reports.foreign.pairing import Outcome, Pair, pairs_of
from reports.foreign.shapes import MEDIAN, Foreign, Identity, Series
from reports.page.overview import HEADLINE_MAX, ROWS_MAX, joined
from reports.page.runs import RunsPage
from reports.page.shapes import Cell, RatioRow, SideBySide, Table, numbers, words
from reports.statistics import stats
from reports.statistics.values import UNITS_MIN

TERMINAL_ROWS_MAX, PAGE_ROWS_MAX = 60, 2000

_WARNING = (
    "Not paired, and not judged: A and B were measured at different times, so changes of the "
    "machine are part of their difference"
)
_NAME_MAX = 72


def foreign_page(first: Foreign, second: Foreign, rows_max: int = TERMINAL_ROWS_MAX) -> RunsPage:
    """Word two files; series and metrics of only one of them are listed, too.

    Args:
        first: the file before.
        second: the file after.
        rows_max: with more rows, those with the largest changes are kept.

    Raises:
        ReportError: the files have nothing in common.
    """
    pairs = pairs_of(first, second)
    shown = _folded(pairs, rows_max)
    notes = [
        *_more(len(pairs) - len(shown)),
        *_doubts(pairs),
        *_left_out("A", first),
        *_left_out("B", second),
        *first.found.notes,
        *second.found.notes,
    ]
    resolutions = (first.found.resolution, second.found.resolution)
    table = Table(
        id="foreign",
        caption="B against A, UNPAIRED; in brackets the 90 % interval of a value, from raw times",
        columns=(*words("what", "metric"), *numbers("change", "A", "B")),
        rows=tuple(
            row
            for label, pair in zip(_labels(shown), shown, strict=True)
            for row in _rows(label, pair, resolutions)
        ),
    )
    return RunsPage(
        lines=(
            f"{_WARNING}.",
            *(_line(which, one) for which, one in (("A", first), ("B", second))),
            *_differences(first, second),
            f"series: {_counted(pairs)}",
        ),
        parts=((table, tuple(f"{note}." for note in dict.fromkeys(notes))),),
        first=_first_screen(pairs, resolutions),
    )


def _first_screen(pairs: Sequence[Pair], resolutions: tuple[str, str]) -> SideBySide:
    """The largest changes of one metric of each series; failures have none."""
    compared = [
        (label, pair, next(iter(pair.ratios)))
        for label, pair in zip(_labels(pairs), pairs, strict=True)
        if pair.ratios
    ]
    compared.sort(key=lambda one: -abs(math.log(one[1].ratios[one[2]])))
    rows = tuple(
        _ratio_row(*one, resolutions, number) for number, one in enumerate(compared[:ROWS_MAX], 1)
    )
    return SideBySide(
        chip=Cell("NOT JUDGED", "unsure"),
        headline=short(_headline(pairs, rows), HEADLINE_MAX),
        caption="B / A, the largest changes first; right is slower. Unpaired, so no verdict.",
        rows=rows,
        left_out=len(compared) - len(rows),
    )


def _headline(pairs: Sequence[Pair], rows: Sequence[RatioRow]) -> str:
    failed = sum(one.outcome is Outcome.FAILURES for one in pairs)
    parts = [f"Failures in {failed:,} series" if failed else ""]
    if rows:
        parts.append(f"largest change: {short(rows[0].what, 40)}, {rows[0].change.text}")
    text = joined([part for part in parts if part], HEADLINE_MAX)
    return f"{text[:1].upper()}{text[1:]}" or "Nothing that both files hold can be compared"


def _ratio_row(
    label: str, pair: Pair, metric: str, resolutions: tuple[str, str], number: int
) -> RatioRow:
    first, second = (
        _value(side, metric, resolution)
        for side, resolution in zip((pair.first, pair.second), resolutions, strict=True)
    )
    return RatioRow(
        what=label,
        metric=units.metric_name(metric),
        first=first,
        second=second,
        change=_change(pair, metric),
        interval="",
        ratio=pair.ratios[metric],
        low=math.nan,
        high=math.nan,
        chart_id=f"ratio-{number}",
    )


def _line(which: str, one: Foreign) -> str:
    more = [_cut(part) for part in (one.found.measured, one.found.failures) if part]
    return ", ".join((f"{which}: {one.path}", f"by {one.tool}", *more))


def _differences(first: Foreign, second: Foreign) -> tuple[str, ...]:
    if first.tool == second.tool:
        return ()
    return (f"differs: tool: {first.tool} / {second.tool}; they time different things",)


def _counted(pairs: Sequence[Pair]) -> str:
    """How many series are in both files, and of how many there is no change."""
    of = Counter(one.outcome for one in pairs)
    both = sum(count for outcome, count in of.items() if outcome not in _ALONE)
    rest = [f"{of[one]:,} {one}" for one in Outcome if of[one] and one is not Outcome.CHANGE]
    return ", ".join((f"{both:,} in both files", *rest))


_ALONE = (Outcome.FIRST, Outcome.SECOND)


def _folded(pairs: Sequence[Pair], rows_max: int) -> Sequence[Pair]:
    """All pairs in the order of the files, or, where they are too many, the most important ones."""
    if sum(map(_height, pairs)) <= rows_max:
        return pairs
    ranks = {outcome: rank for rank, outcome in enumerate(Outcome)}
    ranked = sorted(pairs, key=lambda one: (ranks[one.outcome], -one.size))
    fitting = takewhile(lambda height: height <= rows_max, accumulate(map(_height, ranked)))
    return ranked[: max(1, sum(1 for _ in fitting))]


def _more(series: int) -> Iterator[str]:
    if series:
        yield f"{series:,} more series not shown: failures stand first, then the largest changes"


def _height(pair: Pair) -> int:
    return len(_metrics(pair))


def _metrics(pair: Pair) -> list[str]:
    sides = (side.values_s for side in (pair.first, pair.second) if side)
    return list(dict.fromkeys(metric for values in sides for metric in values)) or [""]


def _doubts(pairs: Sequence[Pair]) -> Iterator[str]:
    """What to know of series that occur several times in a file, or are the sum of others."""
    if together := {one.identity for one in pairs if one.number and one.first and one.second}:
        yield f"several times in each file, paired in the order of the files: {_some(together)}"
    firsts, seconds = ({one.identity for one in pairs if one.outcome is side} for side in _ALONE)
    if apart := firsts & seconds:
        yield f"not equally often in both files, so not paired: {_some(apart)}"
    if any(side.total for one in pairs for side in (one.first, one.second) if side):
        yield "the sum of all endpoints: another mix of requests changes it, too"


def _some(identities: set[Identity]) -> str:
    more = f" and {len(identities) - 1:,} more" if len(identities) > 1 else ""
    return f"{_label(min(identities))}{more}"


def _left_out(which: str, one: Foreign) -> Iterator[str]:
    for what, count in one.found.left_out.items():
        yield f"{which}: left out {what}: {count:,}"


def _labels(pairs: Sequence[Pair]) -> list[str]:
    """A name for each series; names that look alike are numbered."""
    labels = [
        f"{_label(one.identity)} #{one.number}" if one.number else _label(one.identity)
        for one in pairs
    ]
    alike, seen = Counter(labels), Counter[str]()
    for place, label in enumerate(labels):
        if alike[label] > 1:
            seen[label] += 1
            labels[place] = f"{label} ({seen[label]})"
    return labels


def _label(one: Identity) -> str:
    more = [
        f"{part} {text}"
        for part, text in (("scenario", one.scenario), ("group", one.group))
        if text
    ]
    more += [one.parameters] if one.parameters else []
    label = visible(" ".join(filter(None, (one.method, one.name)))) or "(no name)"
    return _cut(f"{label} ({visible('; '.join(more))})" if more else label)


def _cut(text: str) -> str:
    """The text without its middle where it is long: long names differ at the end."""
    half = (_NAME_MAX - 1) // 2
    return text if len(text) <= _NAME_MAX else f"{text[:half]}\N{HORIZONTAL ELLIPSIS}{text[-half:]}"


def _rows(label: str, pair: Pair, resolutions: tuple[str, str]) -> Iterator[tuple[Cell, ...]]:
    for metric in _metrics(pair):
        yield (
            Cell(label),
            Cell(units.metric_name(metric) if metric else ""),
            _change(pair, metric),
            *(
                Cell(_value(side, metric, resolution))
                for side, resolution in zip((pair.first, pair.second), resolutions, strict=True)
            ),
        )


def _change(pair: Pair, metric: str) -> Cell:
    if metric in pair.ratios:
        return Cell(units.change(pair.ratios[metric]))
    if pair.outcome in (*_ALONE, Outcome.FAILURES) or not (pair.first and pair.second):
        return Cell(pair.outcome, "bad" if pair.outcome is Outcome.FAILURES else "")
    in_first, in_second = (metric in side.values_s for side in (pair.first, pair.second))
    if in_first and in_second:
        return Cell(Outcome.BELOW, "unsure")
    return Cell(Outcome.FIRST if in_first else Outcome.SECOND if in_second else Outcome.OTHER)


def _value(side: Series | None, metric: str, resolution: str) -> str:
    if side is None:
        return ""
    if side.count == 0:
        return "no requests"
    texts = [_time(side, metric, resolution)] if metric in side.values_s else []
    if side.failed:
        texts.append(f"{side.failed:,} of {side.count:,} failed" if side.count else "some failed")
    return ", ".join(texts)


def _time(side: Series, metric: str, resolution: str) -> str:
    value_s = side.values_s[metric]
    if not value_s:
        return f"below {resolution}"
    text = units.duration(value_s)
    if metric != MEDIAN or len(side.times_s) < UNITS_MIN:
        return text
    ends = stats.quantile_interval(side.times_s, 0.5, 0.90)
    return f"{text} [{units.duration(ends.low)}, {units.duration(ends.high)}]"
