"""Pages in words: the first screen's sentence, facts, tables and deliveries."""

from dataclasses import replace

import pytest

from contract.run.pages import PageRecord
from reports.effects.comparison import Comparison
from reports.effects.pages import LoadedPages
from reports.effects.shapes import SubjectComparison, Verdict
from reports.page.pages import pages_in_words, pages_part
from reports.page.tests.made import DELIVERY, texts
from reports.verdicts.tests.test_gate import EFFECT, comparison_of

SHOWN = replace(EFFECT, scenario="dashboard", metric="data_shown_s")


def loaded(verdict: Verdict = Verdict.FASTER, left_out: int = 0) -> tuple[LoadedPages, Comparison]:
    """One page that takes half as long."""
    page = SubjectComparison(
        subject=PageRecord(
            name="dashboard", description="all files.", path="/dashboard", marks=("data-shown",)
        ),
        kind="page",
        rounds=14,
        rounds_left_out=left_out,
        rounds_silent=0,
        round_s=2.0,
        rounds_bodies_differ=0,
        effects=(replace(SHOWN, ratio=0.5, verdict=verdict),),
        counters=(),
        missing=(),
        deliveries=(DELIVERY,),
        warnings=(),
    )
    pages = LoadedPages("Chromium 150.0", 0.99, (page,))
    return pages, replace(comparison_of(), pages=pages)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.FASTER, "Pages in Chromium 150.0: dashboard 2.00x faster (optimized)."),
        (Verdict.INCONCLUSIVE, "Pages in Chromium 150.0: dashboard inconclusive (optimized)."),
    ],
)
def test_the_first_screen(verdict: Verdict, words: str) -> None:
    """By how much a page changed, where that is decided."""
    assert words == pages_in_words(*loaded(verdict))


def test_without_effects_there_is_no_sentence() -> None:
    """Nothing could be compared."""
    pages, comparison = loaded()
    bare = replace(pages, pages=(replace(pages.pages[0], effects=()),))

    assert "" == pages_in_words(bare, replace(comparison, pages=bare))


def test_a_page_has_its_section() -> None:
    """Description, rounds, times and deliveries."""
    part = pages_part(*loaded(left_out=1))
    (section,) = part.pages

    assert ("dashboard", "/dashboard") == (section.title, section.path)
    assert (
        "All files.",
        "14 rounds compared. 1 round left out, because some variant's load failed.",
    ) == section.facts
    assert "Times of dashboard; all but data shown are advisory" == section.times.caption
    assert "dashboard" == texts(part.verdicts.rows)[0][0]
    assert [["dashboard", "optimized", "1,200", "2", "1 of 10", "15", "2 x HTTP 500"]] == (
        texts(part.delivery.rows)
    )
