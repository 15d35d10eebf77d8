"""Pages in words: what each variant changed of what a browser shows, and what it loaded."""

from collections.abc import Iterator

from reports import units
from reports.effects.comparison import Comparison
from reports.effects.pages import LoadedPages
from reports.effects.shapes import SubjectComparison, Verdict
from reports.page.shapes import PageSection, PagesPart
from reports.page.tables import (
    by_news,
    counters_table,
    delivery_table,
    effects_table,
    sentence,
    slug_of,
    times_table,
)


def pages_part(loaded: LoadedPages, comparison: Comparison) -> PagesPart:
    """What a report shows of pages."""
    return PagesPart(
        facts=_facts(loaded),
        verdicts=effects_table(
            "pages-verdicts",
            "When each page shows its data, regressions first",
            by_news(one for one in comparison.effects("page") if one.primary),
            comparison,
            "page",
        ),
        pages=tuple(
            _section(page, index, comparison) for index, page in enumerate(loaded.pages, 1)
        ),
        delivery=delivery_table(
            "pages-delivery",
            "Pages loaded",
            ("page", "loads", "errors in warm-up"),
            [(page, "") for page in loaded.pages],
        ),
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


def _section(page: SubjectComparison, number: int, comparison: Comparison) -> PageSection:
    slug = f"page-{number}-{slug_of(page.name)}"
    return PageSection(
        title=page.name,
        path=page.page.path,
        facts=tuple(_page_facts(page)),
        times=times_table(page, slug, comparison, units.metric_name(page.page.primary)),
        counters=counters_table(page, slug, comparison, "load"),
    )


def _page_facts(page: SubjectComparison) -> Iterator[str]:
    if page.page.description:
        yield sentence(page.page.description)
    left_out = (
        f" {units.count_of(page.rounds_left_out, 'rounds')} left out, because some variant's load "
        "failed."
        if page.rounds_left_out
        else ""
    )
    yield f"{units.count_of(page.rounds, 'rounds')} compared.{left_out}"
