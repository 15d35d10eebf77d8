"""Pages: from page loads to trials.

The unit is the round, in which every variant's page was loaded once, in random order. The family is
the pages' own: their primaries, one for each page and variant, hold jointly at 99 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from contract.metrics import MARGINS, page_metrics
from contract.run.pages import PageRecord, Pages
from contract.run.samples import Samples
from reports.effects.comparer import (
    Compared,
    Trial,
    compare_metrics,
    deliveries_of,
    missing_warnings,
)
from reports.effects.estimating import Terms
from reports.effects.family import confidence_of, judge_together
from reports.effects.rounds import align, places_of
from reports.effects.shapes import Effect, SubjectComparison
from reports.statistics import sequential
from reports.statistics.values import BoolArray


@dataclass(frozen=True)
class LoadedPages:
    """Pages in a browser, compared.

    Attributes:
        browser: name and version.
        confidence: of each primary interval, so that together they reach 99 %.
    """

    browser: str
    confidence: float
    pages: tuple[SubjectComparison, ...]


def compare_pages(pages: Pages, margins: Mapping[str, float]) -> LoadedPages:
    """Compare every variant's pages with the baseline's.

    Args:
        pages: as they were loaded.
        margins: by metric, as ratios; a page's times have that of typical latency.
    """
    record = pages.record
    comparisons = len(record.pages) * (len(record.variants) - 1)
    confidence = confidence_of(comparisons)
    loads = _table(pages)
    codes, texts = loads.labels("error")
    right: BoolArray = codes == (texts.index("") if "" in texts else -1)
    trials = [_trial(page, pages, loads, right, margins, confidence) for page in record.pages]
    compared = compare_metrics(trials)
    estimated = [alone for one in compared for alone in one.effects]
    judged = iter(judge_together(estimated, comparisons))
    return LoadedPages(
        browser=record.browser,
        confidence=confidence,
        pages=tuple(
            _comparison(
                page, trial, found, tuple(next(judged) for _ in found.effects), loads, right
            )
            for page, trial, found in zip(record.pages, trials, compared, strict=True)
        ),
    )


def _table(pages: Pages) -> Samples:
    """The loads as columns; NaN where a load has no value."""
    columns: dict[str, object] = {
        name: [getattr(one, name) for one in pages.loads]
        for name in ("page", "variant", "round", "position", "warmup", "error")
    }
    names = {
        metric.name: metric for page in pages.record.pages for metric in page_metrics(page.marks)
    }
    for name, metric in names.items():
        values = ((one.times if metric.is_time else one.counts).get(name) for one in pages.loads)
        columns[name] = np.array([np.nan if value is None else value for value in values])
    return Samples.of(pa.table(columns))


def _trial(
    page: PageRecord,
    pages: Pages,
    loads: Samples,
    right: BoolArray,
    margins: Mapping[str, float],
    confidence: float,
) -> Trial:
    baseline, *others = pages.record.variants
    rows = np.flatnonzero(places_of(loads, "page", page.name))
    number = loads.values("round")[rows]
    # Pages share their time: more for this one means more for all.
    rounds = align(loads, rows, number, pages.record.variants, right, pages.record.measured_s)
    terms = Terms(
        scenario=page.name,
        baseline=baseline,
        margins=MARGINS | dict(margins),
        confidence=confidence,
        canary=False,
        round_s=rounds.round_s,
        look=sequential.Look(len(rounds.number)),
        primaries=(page.primary,),
        shifts={},
    )
    return Trial(rounds, page_metrics(page.marks), terms, tuple(others))


def _comparison(
    page: PageRecord,
    trial: Trial,
    compared: Compared,
    effects: tuple[Effect, ...],
    loads: Samples,
    right: BoolArray,
) -> SubjectComparison:
    rounds = trial.rounds
    mine = places_of(loads, "page", page.name)
    return SubjectComparison(
        subject=page,
        kind="page",
        rounds=len(rounds.number),
        rounds_left_out=rounds.left_out,
        rounds_silent=rounds.silent,
        round_s=rounds.round_s,
        rounds_bodies_differ=0,
        effects=effects,
        counters=tuple(compared.counters),
        missing=tuple(compared.missing),
        deliveries=deliveries_of(loads, mine, right, (trial.terms.baseline, *trial.variants)),
        warnings=missing_warnings(
            [one for one in compared.missing if not one.counted], trial.terms.baseline
        ),
    )
