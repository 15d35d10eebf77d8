"""What a reader is shown of a history, format-free."""

from dataclasses import dataclass

from reports.effects.shapes import Verdict
from reports.history.chains import Curve
from reports.history.trend import Trend
from reports.page.shapes import Card, Cell, Table


@dataclass(frozen=True)
class Total:
    """How far one metric has moved over the gates of a curve's main chain.

    Attributes:
        gates: how many; those of one base and one head count as one.
        base, head: the commits at its ends.
        low, high: of the interval; 0 and infinity where nothing bounds it.
    """

    scenario: str
    variant: str
    metric: str
    gates: int
    base: str
    head: str
    ratio: float
    low: float
    high: float
    confidence: float
    verdict: Verdict


@dataclass(frozen=True)
class HistoryRow:
    """One row of the first screen: one scenario in one variant.

    Attributes:
        anchor: the id of its section.
        span: which runs or commits it is about.
        chart_id: of the small drawing.
        change, interval: of the typical latency; the interval in brackets, or empty.
        other: p95 of gates; how often the effect of other runs changed.
    """

    scenario: str
    variant: str
    anchor: str
    span: str
    chart_id: str
    change: Cell
    interval: str
    other: Cell


@dataclass(frozen=True)
class HistorySection:
    """One scenario in one variant: gates that follow each other, or runs of variants.

    Attributes:
        gist: in a few words, beside the folded title.
        changes: what to look at, one sentence each.
        notes: about gaps, branches and machines, which other sections may share.
        curves: of gates, one for each metric; empty for a trend.
        trend: of runs that are no gates.
    """

    id: str
    title: str
    gist: str
    chart_id: str
    caption: str
    changes: tuple[str, ...]
    table: Table
    notes: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    trend: Trend | None = None


@dataclass(frozen=True)
class HistoryPage:
    """Everything that is shown of a history.

    Attributes:
        chip: in one word.
        headline: at most 90 characters.
        validity: how far it may be trusted, in short.
        lede: the same in sentences.
        method: how it was found, one sentence each.
        confidence: of each interval of a product.
        gates, trends: rows of the first screen, worst news first.
    """

    title: str
    chip: Cell
    headline: str
    validity: Cell
    lede: tuple[str, ...]
    method: tuple[str, ...]
    cards: tuple[Card, ...]
    confidence: float
    gates: tuple[HistoryRow, ...]
    trends: tuple[HistoryRow, ...]
    totals: tuple[Total, ...]
    sections: tuple[HistorySection, ...]
    runs: Table
    machines: Table
