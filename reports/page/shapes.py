"""What a reader is shown, format-free: the terminal and the page only place these."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reports.effects.shapes import State

Tone = Literal["", "bad", "good", "same", "unsure"]


@dataclass(frozen=True)
class Cell:
    """One cell: what it says, and how it should feel.

    Attributes:
        number: what a column is sorted by where the text is no plain number.
        anchor: the id of what it leads to.
    """

    text: str
    tone: Tone = ""
    number: float | None = None
    anchor: str = ""


@dataclass(frozen=True)
class Column:
    """One column; numbers stand right-aligned."""

    title: str
    numeric: bool = False


def words(*titles: str) -> tuple[Column, ...]:
    """Columns of words."""
    return tuple(map(Column, titles))


def numbers(*titles: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(title, numeric=True) for title in titles)


@dataclass(frozen=True)
class Table:
    """Cells made once, for every format to place.

    Attributes:
        id: stable, for links.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Dumbbell:
    """What is drawn of one change: seconds, NaN where unknown.

    Attributes:
        chart_id: of the drawing.
        before_s, after_s: typical latencies.
        before_p95_s, after_p95_s: how far the slow ones reach.
    """

    chart_id: str
    before_s: float
    after_s: float
    before_p95_s: float
    after_p95_s: float
    tone: Tone


@dataclass(frozen=True)
class Change:
    """One row of the first screen: one scenario in one variant.

    Attributes:
        anchor: the id of the scenario's section.
        first: whether the row above is another scenario's.
        change, interval: of the typical latency; the interval in brackets, or empty.
        others: cells of p95, and of what else the run has columns for.
        ratio, low, high: of the typical latency, variant / baseline, with the interval that is
            shown, or would be.
    """

    scenario: str
    request: str
    variant: str
    anchor: str
    first: bool
    before: str
    after: str
    change: Cell
    interval: str
    others: tuple[Cell, ...]
    dumbbell: Dumbbell
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class RatioRow:
    """One row of two runs or files side by side.

    Attributes:
        what, metric: what is compared.
        first, second: in A and in B, in words.
        change, interval: B / A; the interval in brackets, or empty.
        ratio, low, high: the same as numbers; NaN where unknown.
        chart_id: of its drawing.
    """

    what: str
    metric: str
    first: str
    second: str
    change: Cell
    interval: str
    ratio: float
    low: float
    high: float
    chart_id: str


@dataclass(frozen=True)
class SideBySide:
    """The first screen of two runs or files.

    Attributes:
        chip: what may be concluded, in a word or two.
        headline: at most 90 characters.
        rows: the most important ones; the tables have all.
        left_out: how many only the tables have.
    """

    chip: Cell
    headline: str
    caption: str
    rows: tuple[RatioRow, ...]
    left_out: int


@dataclass(frozen=True)
class Card:
    """A few words with a link.

    Attributes:
        anchor: the id of what it sums up.
        bar: counts by tone, drawn as a bar; empty: none.
    """

    title: str
    text: str
    anchor: str
    bar: tuple[tuple[Tone, int], ...] = ()


@dataclass(frozen=True)
class Overview:
    """The first screen.

    Attributes:
        chip: the verdict in one word.
        headline: at most 90 characters.
        titles: of the cells behind each change.
        left_out: how many comparisons have no row here; they are in `grid`.
        grid: every comparison, a row for each scenario and a column for each variant; only where
            not all have a row here.
        causes: where the largest changes come from, as far as the run shows it; one sentence each.
    """

    chip: Cell
    headline: str
    titles: tuple[str, ...]
    changes: tuple[Change, ...]
    left_out: int
    grid: Table
    cards: tuple[Card, ...]
    causes: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One scenario's part of the page; charts are placed by the ids given here.

    Attributes:
        shapes: how variants changed the shape of the latencies.
        has_linear_axis: whether latencies are drawn on a linear axis, too.
        rows: which rows of data its requests were made of; also among its facts.
    """

    id: str
    title: str
    request: str
    verdict: str
    facts: tuple[str, ...]
    warnings: tuple[str, ...]
    shapes: tuple[str, ...]
    spark_chart_id: str
    shape_chart_id: str
    latency_chart_id: str
    has_linear_axis: bool
    shift_chart_id: str
    time_chart_id: str
    stage_chart_id: str
    stage_caption: str
    times: Table
    cpu: Table
    stages: Table
    counters: Table
    rows: str = ""


@dataclass(frozen=True)
class LoadPart:
    """What a page tells of load: only that of a run under load has one."""

    title: str
    facts: tuple[str, ...]
    capacity: Table
    steps: Table
    workers: Table
    throughput: Table


@dataclass(frozen=True)
class FunctionsPart:
    """What a page tells of a suite.

    Attributes:
        warnings: doubts about all functions.
        sweeps: ids of charts, and of which functions each one is.
    """

    facts: tuple[str, ...]
    warnings: tuple[str, ...]
    verdicts: Table
    levels: Table
    sweeps: tuple[tuple[str, str], ...]
    growths: Table


@dataclass(frozen=True)
class PageSection:
    """One page of the measured service."""

    title: str
    path: str
    facts: tuple[str, ...]
    times: Table
    counters: Table


@dataclass(frozen=True)
class PagesPart:
    """What a report tells of pages in a browser."""

    facts: tuple[str, ...]
    verdicts: Table
    pages: tuple[PageSection, ...]
    delivery: Table


@dataclass(frozen=True)
class Page:
    """The whole report, in the order of reading.

    Attributes:
        headline: what happened, bad news first.
        lede: how sure, and what else there is to know at once; one sentence each.
        validity: how far a complete run may be trusted: in short, and in a sentence.
        notes: what else to know about the run, which is no doubt.
        gists: one line for parts of the page, by their ids.
    """

    title: str
    overview: Overview
    gists: Mapping[str, str]
    headline: str
    lede: tuple[str, ...]
    state: State
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    verdicts: Table
    gate: tuple[str, ...]
    budgets: Table
    sections: tuple[Section, ...]
    memory: Table
    interactions: Table
    claims: Table
    pages: PagesPart | None
    functions: FunctionsPart | None
    delivery: Table
    environment: tuple[Table, ...]
    method: tuple[str, ...]
    command: str
    about: tuple[tuple[str, str], ...]
    files: Table
    load: LoadPart | None = None
    validity: tuple[Cell, str] = (Cell(""), "")
    notes: tuple[str, ...] = ()
