"""Chains of gates in words: how far each scenario has moved, where a link is missing."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from contract.metrics import TAIL, TYPICAL
from reports import units
from reports.effects.shapes import Verdict
from reports.history.chains import Chain, ChainLink, Curve, LogRatio
from reports.history.shapes import HistoryRow, HistorySection, Total
from reports.page.shapes import Cell, Table, numbers, words
from reports.page.tables import VERDICT_TONES
from reports.statistics.values import Interval

_CAPTION = (
    "The product of the effects of consecutive gates: each point is a commit, compared with the "
    "first one of its chain. Up is slower. Shaded: the interval of the product. Dotted lines are "
    "gaps, where it begins anew; dashed lines mark another machine or plan."
)
_LISTED_MAX = 5


def total_of(curve: Curve, confidence: float) -> Total:
    """The product over a curve's longest chain, with its verdict."""
    links, total = curve.main.links, curve.main.total
    interval = total.interval(confidence)
    return Total(
        scenario=curve.scenario,
        variant=curve.variant,
        metric=curve.metric,
        gates=len(links),
        base=links[0].base,
        head=links[-1].head,
        ratio=total.ratio,
        low=interval.low,
        high=interval.high,
        confidence=confidence,
        verdict=_verdict(total, confidence),
    )


def _verdict(total: LogRatio, confidence: float) -> Verdict:
    interval = total.interval(confidence)
    if interval.holds(1.0):
        return Verdict.INCONCLUSIVE
    return Verdict.SLOWER if total.ratio > 1 else Verdict.FASTER


def news_of(total: Total) -> tuple[bool, bool, float]:
    """Sorts what became slower first, by how much, then what became faster."""
    slower, faster = (total.verdict is one for one in (Verdict.SLOWER, Verdict.FASTER))
    return not slower, not faster, total.ratio if faster else -total.ratio


def grouped(curves: Sequence[Curve]) -> list[tuple[Curve, ...]]:
    """The curves of each scenario and variant, that of the typical latency first."""
    ordered = sorted(curves, key=lambda one: (one.scenario, one.variant, one.metric != TYPICAL))
    groups = groupby(ordered, key=lambda one: (one.scenario, one.variant))
    return [tuple(group) for _, group in groups]


def curve_row(curves: Sequence[Curve], confidence: float, number: int) -> HistoryRow:
    """The first screen's row of one scenario and variant."""
    totals = {one.metric: total_of(one, confidence) for one in curves}
    first = totals[curves[0].metric]
    change, bracket = _cell(totals.get(TYPICAL))
    return HistoryRow(
        scenario=first.scenario,
        variant=first.variant,
        anchor=f"gates-{number}",
        span=f"{units.count_of(first.gates, 'gates')}, {first.base[:7]} to {first.head[:7]}",
        chart_id=f"gates-small-{number}",
        change=change,
        interval=bracket,
        other=_tail_cell(totals.get(TAIL), first.gates),
    )


def _tail_cell(total: Total | None, gates: int) -> Cell:
    """The change of p95; where not every gate has one, how many have."""
    if total and total.gates < gates:
        return Cell(f"in {total.gates} of {gates} gates", "unsure")
    return _cell(total)[0]


def _cell(total: Total | None) -> tuple[Cell, str]:
    if total is None:
        return Cell(""), ""
    text, bracket = _in_words(total)
    return Cell(text, VERDICT_TONES[total.verdict]), bracket


def _in_words(total: Total) -> tuple[str, str]:
    """The change and its interval; no number stands where nothing is decided."""
    whole = units.change(total.ratio, _interval(total))
    bracket = f"[{whole.partition(' [')[2]}" if " [" in whole else ""
    if total.verdict is Verdict.INCONCLUSIVE:
        return "undecided", bracket
    return units.change(total.ratio), bracket


def _interval(total: Total) -> Interval:
    return Interval(total.low, total.high, total.confidence)


def curve_section(curves: Sequence[Curve], confidence: float, number: int) -> HistorySection:
    """One scenario and variant: its curves, what to look at, and every link."""
    first = curves[0]
    text, bracket = _in_words(total_of(first, confidence))
    return HistorySection(
        id=f"gates-{number}",
        title=f"{first.scenario}: {first.variant}",
        gist=f"{text} {bracket}".rstrip(),
        chart_id=f"gates-chart-{number}",
        caption=_CAPTION,
        changes=tuple(_sentences(curves, confidence)),
        notes=tuple(_notes(first)),
        table=_links_table(first, confidence, number),
        curves=tuple(curves),
    )


def _sentences(curves: Sequence[Curve], confidence: float) -> Iterator[str]:
    for curve in curves:
        total = total_of(curve, confidence)
        yield (
            f"{units.metric_name(curve.metric)}: "
            f"{units.change(total.ratio, _interval(total))} over "
            f"{units.count_of(total.gates, 'gates')}, from {total.base[:10]} to {total.head[:10]}."
        )


def _notes(curve: Curve) -> Iterator[str]:
    yield from _some(list(_gaps(curve)), "more gaps")
    yield from _some(list(_switches(curve)), "more such places")


def _some(sentences: Sequence[str], more: str) -> Iterator[str]:
    yield from sentences[:_LISTED_MAX]
    if len(sentences) > _LISTED_MAX:
        yield f"And {units.count_of(len(sentences) - _LISTED_MAX, more)}."


def _gaps(curve: Curve) -> Iterator[str]:
    known: set[str] = set()
    for before, after in pairwise(curve.chains):
        known |= {commit for link in before.links for commit in (link.base, link.head)}
        start, end = after.links[0].base, before.links[-1].head
        if start in known:
            yield f"Another branch starts from {start[:10]}: it is a chain of its own."
        else:
            yield (
                f"Gap: no usable gate joins {end[:10]} and {start[:10]}, so the product begins "
                f"anew. To close it, check out {start[:10]} and run `versus gate --base "
                f"{end[:10]}` with this history."
            )


def _switches(curve: Curve) -> Iterator[str]:
    for chain in curve.chains:
        for at in chain.switches:
            link, before = chain.links[at], chain.links[at - 1]
            what = "machine" if link.machine != before.machine else "plan"
            yield (
                f"From {link.base[:10]} on: another {what} than before. Ratios may differ between "
                "the two, so the product over this place is less sure than its interval."
            )


def _links_table(curve: Curve, confidence: float, number: int) -> Table:
    return Table(
        id=f"gates-table-{number}",
        caption=f"{units.metric_name(curve.metric)} of {curve.scenario}, {curve.variant}, gate by "
        "link, newest first",
        columns=(
            *words("commit", "base", "run", "machine"),
            *numbers("this gate [interval]", "since the first [interval]"),
        ),
        rows=tuple(row for chain in curve.chains[::-1] for row in _rows(chain, confidence)),
    )


def _rows(chain: Chain, confidence: float) -> Iterator[tuple[Cell, ...]]:
    for link, total in reversed(list(zip(chain.links, chain.totals, strict=True))):
        yield (
            Cell(link.head[:10]),
            Cell(link.base[:10]),
            Cell(_runs(link)),
            Cell(link.letter),
            Cell(_change(link.change, confidence), number=link.change.ratio),
            Cell(
                _change(total, confidence),
                VERDICT_TONES[_verdict(total, confidence)],
                number=total.ratio,
            ),
        )


def _runs(link: ChainLink) -> str:
    more = f" and {len(link.runs) - 1} more" if len(link.runs) > 1 else ""
    return f"{link.runs[0]}{more}"


def _change(found: LogRatio, confidence: float) -> str:
    return units.change(found.ratio, found.interval(confidence))
