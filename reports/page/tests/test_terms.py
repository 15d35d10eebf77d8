"""The report explains its terms as the glossary does."""

import re
from pathlib import Path

import pytest

from reports.page.terms import TERMS, Term

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_the_glossary_has_each_term_with_the_same_meaning(term: Term) -> None:
    """One word has one meaning, on the page and in docs/glossary.md."""
    rows = re.findall(
        rf"^\| {re.escape(term.name)} \| (.*) \|$", GLOSSARY.read_text("utf-8"), re.MULTILINE
    )

    assert [term.meaning] == rows


def test_a_meaning_becomes_a_sentence() -> None:
    """Only the first letter changes; the others may be capitals."""
    assert "CPU time of X." == Term("x", "cPU time of X").sentence
