"""Pages in words: what each variant changed of what a browser shows, and what it loaded."""

import re
from collections.abc import Iterator

from reports import units
from reports.effects.comparison import Comparison
from reports.effects.pages import LoadedPages
from reports.effects.shapes import SubjectComparison, Verdict
from reports.page.shapes import Cell, Column, PageSection, PagesPart, Table
from reports.page.tables import by_news, counters_table, effect_cells, effect_columns


def pages_part(loaded: LoadedPages, comparison: Comparison) -> PagesPart:
    """What a report shows of pages."""
    return PagesPart(
        facts=_facts(loaded),
        verdicts=_verdicts(comparison),
        pages=tuple(
            _section(page, index, comparison) for index, page in enumerate(loaded.pages, 1)
        ),
        delivery=_delivery(loaded),
    )


def pages_in_words(loaded: LoadedPages, comparison: Comparison) -> str:
    """The pages' own sentence on the first screen; empty where nothing could be compared."""
    primaries = [one for one in comparison.effects("page") if one.primary]
    changed = ", ".join(
        f"{one.scenario} {units.change(one.ratio)} ({one.variant})"
        for one in by_news(primaries)
        if one.verdict in {Verdict.SLOWER, Verdict.FASTER}
    )
    others = [
        f"{one.scenario} {one.verdict} ({one.variant})"
        for one in primaries
        if one.verdict not in {Verdict.SLOWER, Verdict.FASTER}
    ]
    parts = ", ".join(part for part in (changed, *others) if part)
    return f"Pages in {loaded.browser}: {parts}." if parts else ""


def _facts(loaded: LoadedPages) -> tuple[str, ...]:
    how = (
        f"Loaded by {loaded.browser}, once in every variant in each round, in random order, each "
        "time in a tab of its own with an empty cache. Times count from the beginning of "
        "navigation."
    )
    how_sure = (
        "The intervals of the first table hold jointly with 99 % confidence, a family of their "
        f"own: {units.percent(loaded.confidence, 5)} each. All others are advice."
    )
    return how, how_sure


def _verdicts(comparison: Comparison) -> Table:
    return Table(
        id="pages-verdicts",
        caption="When each page shows its data, regressions first",
        columns=(Column("page"), *effect_columns(comparison)),
        rows=tuple(
            (Cell(one.scenario), *_variant(one.variant, comparison), *effect_cells(one))
            for one in by_news(one for one in comparison.effects("page") if one.primary)
        ),
    )


def _variant(variant: str, comparison: Comparison) -> tuple[Cell, ...]:
    return (Cell(variant),) if len(comparison.variants) > 2 else ()


def _section(page: SubjectComparison, number: int, comparison: Comparison) -> PageSection:
    slug = f"page-{number}-{re.sub('[^a-z0-9]+', '-', page.name.lower()).strip('-')}"
    primary = units.metric_name(page.page.primary)
    return PageSection(
        title=page.name,
        path=page.page.path,
        facts=tuple(_page_facts(page)),
        times=Table(
            id=f"times-{slug}",
            caption=f"Times of {page.name}; all but {primary} are advisory",
            columns=effect_columns(comparison),
            rows=tuple(
                (*_variant(one.variant, comparison), *effect_cells(one)) for one in page.effects
            ),
        ),
        counters=counters_table(page, slug, comparison, "load"),
    )


def _page_facts(page: SubjectComparison) -> Iterator[str]:
    if page.page.description:
        yield f"{page.page.description[:1].upper()}{page.page.description[1:].removesuffix('.')}."
    left_out = (
        f" {units.count_of(page.rounds_left_out, 'rounds')} left out, because some variant's load "
        "failed."
        if page.rounds_left_out
        else ""
    )
    yield f"{units.count_of(page.rounds, 'rounds')} compared.{left_out}"


def _delivery(loaded: LoadedPages) -> Table:
    return Table(
        id="pages-delivery",
        caption="Pages loaded",
        columns=(
            Column("page"),
            Column("variant"),
            Column("loads", numeric=True),
            Column("errors", numeric=True),
            Column("errors in warm-up", numeric=True),
            Column("rounds", numeric=True),
            Column("notes"),
        ),
        rows=tuple(
            (
                Cell(page.name),
                Cell(one.variant),
                Cell(units.count(one.requests)),
                Cell(f"{one.errors:,}", "bad" if one.errors else ""),
                Cell(f"{one.warmup_errors:,} of {one.warmup_requests:,}"),
                Cell(f"{page.rounds + page.rounds_left_out:,}"),
                Cell("; ".join(f"{count:,} x {kind}" for kind, count in one.kinds[:3])),
            )
            for page in loaded.pages
            for one in page.deliveries
        ),
    )
