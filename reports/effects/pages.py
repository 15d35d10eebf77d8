"""From loads of pages to effects: what each variant changed of what a browser shows.

The unit is the round, in which every variant's page was loaded once, in random order. The family is
the pages' own: their primaries, one for each page and variant, hold together at 99 %.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from contract.run.pages import PAGE_COUNTS, PageLoad, PageRecord, Pages, PagesRecord
from reports.effects import page_validity
from reports.effects.counting import compare_counts, find_lack, lack_warnings
from reports.effects.effects import Pair, Terms, comparable, judged_effect
from reports.model import (
    Comparison,
    Delivery,
    Effect,
    FloatArray,
    Lack,
    LoadedPages,
    PageComparison,
    ReportError,
    State,
)
from reports.statistics import family, sequential

FALSE_ALARMS_MAX = 0.01
"""The chance, over all primaries of pages, that any interval misses its effect."""


def with_pages(comparison: Comparison, pages: Pages, margins: Mapping[str, float]) -> Comparison:
    """The comparison with what pages tell, also of whether the run is to be believed.

    Args:
        comparison: of the run's scenarios.
        pages: as they were loaded.
        margins: by metric, as ratios; a page's times have that of typical latency.

    Raises:
        ReportError: pages were loaded in other variants than the run's.
    """
    if pages.record.variants != comparison.variants:
        raise ReportError(
            f"pages were loaded in {', '.join(pages.record.variants)}, though the run's variants "
            f"are {', '.join(comparison.variants)}. Measure again."
        )
    loaded = compare_pages(pages, margins)
    found = tuple(page_validity.examine(loaded, comparison.baseline, comparison.state))
    return replace(
        comparison,
        pages=loaded,
        state=State.INVALID if found else comparison.state,
        reasons=(*comparison.reasons, *found),
        warnings=(
            *comparison.warnings,
            *(f"{page.name}: {warning}" for page in loaded.pages for warning in page.warnings),
        ),
    )


def compare_pages(pages: Pages, margins: Mapping[str, float]) -> LoadedPages:
    """Compare every variant's pages with the baseline's."""
    record = pages.record
    kin = len(record.pages) * (len(record.variants) - 1)
    confidence = 1 - FALSE_ALARMS_MAX / kin
    compared = tuple(_compare_page(page, pages, margins, confidence) for page in record.pages)
    alone = tuple(effect for page in compared for effect in page.effects)
    told = iter(family.tell_together(alone, kin, FALSE_ALARMS_MAX))
    return LoadedPages(
        browser=record.browser,
        confidence=confidence,
        pages=tuple(
            replace(page, effects=tuple(next(told) for _ in page.effects)) for page in compared
        ),
    )


@dataclass(frozen=True)
class _Rounds:
    """The compared rounds of one page.

    Attributes:
        loads: by variant, of the same rounds in the same order.
    """

    loads: Mapping[str, Sequence[PageLoad]]
    left_out: int

    def __len__(self) -> int:
        return len(next(iter(self.loads.values())))

    def values(self, variant: str, metric: str) -> FloatArray:
        """One metric of one variant, (n_rounds,); NaN where a load did not tell it."""
        told = (one.counts if metric in PAGE_COUNTS else one.times for one in self.loads[variant])
        return np.array([one.get(metric, np.nan) for one in told], np.float64)


def _compare_page(
    page: PageRecord, pages: Pages, margins: Mapping[str, float], confidence: float
) -> PageComparison:
    baseline, *others = pages.record.variants
    measured = [one for one in pages.loads if one.page == page.name and not one.warmup]
    rounds = _paired(measured, pages.record)
    found = len(rounds)
    terms = Terms(
        scenario=page.name,
        baseline=baseline,
        margins=margins,
        confidence=confidence,
        canary=False,
        # Pages share their time: more for this one means more for all.
        round_s=pages.record.measured_s / found if found else np.nan,
        shifts={},
        look=sequential.Look(found),
        primaries=(page.primary,),
    )

    def pairs(metrics: Sequence[str]) -> Iterator[Pair]:
        for variant in others:
            for metric in metrics if found else ():
                before, after = (rounds.values(one, metric) for one in (baseline, variant))
                yield Pair(metric, variant, before, after, members="loads")

    effects: list[Effect] = []
    lacks: list[Lack] = []
    for pair in pairs(page.times):
        if lack := find_lack(pair, terms, counted=False):
            lacks.append(lack)
        elif comparable(pair):
            effects.append(judged_effect(pair, terms))
    return PageComparison(
        name=page.name,
        path=page.path,
        description=page.description,
        primary=page.primary,
        rounds=found,
        rounds_left_out=rounds.left_out,
        effects=tuple(effects),
        counters=tuple(compare_counts(pair, terms) for pair in pairs(PAGE_COUNTS)),
        lacks=tuple(lacks),
        warnings=lack_warnings(lacks, terms),
        deliveries=tuple(
            _delivery(variant, page.name, pages.loads) for variant in pages.record.variants
        ),
    )


def _paired(measured: Sequence[PageLoad], record: PagesRecord) -> _Rounds:
    """Rounds in which every variant's page was loaded rightly; an error is no fast load."""
    right: dict[int, dict[str, PageLoad]] = {}
    for one in measured:
        of_round = right.setdefault(one.round, {})
        if not one.error:
            of_round[one.variant] = one
    whole = [one for one in right.values() if len(one) == len(record.variants)]
    loads = {variant: [one[variant] for one in whole] for variant in record.variants}
    return _Rounds(loads, len(right) - len(whole))


def _delivery(variant: str, page: str, loads: Sequence[PageLoad]) -> Delivery:
    mine = [one for one in loads if one.page == page and one.variant == variant]
    measured = [one for one in mine if not one.warmup]
    warmup = [one for one in mine if one.warmup]
    errors = [one.error for one in measured if one.error]
    return Delivery(
        variant=variant,
        requests=len(measured),
        first=sum(one.position == 0 for one in measured),
        errors=len(errors),
        warmup_requests=len(warmup),
        warmup_errors=sum(bool(one.error) for one in warmup),
        unanswered=0,
        kinds=tuple(Counter(errors).most_common()),
    )
