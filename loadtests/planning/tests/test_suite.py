"""Variants of a suite, as a person types them and as they differ."""

from pathlib import Path

import pytest

from loadtests.planning.suite import Suite, SuiteError, SuiteVariant, parse_variant


def test_a_variant_is_parameters_variables_and_a_revision() -> None:
    """In any order, each word one of the three."""
    variant = parse_variant("after", ["codec=new", "rev:v1.2", "env:CACHE=a=b"])

    expected = SuiteVariant("after", {"codec": "new"}, {"CACHE": "a=b"}, revision="v1.2")
    assert expected == variant


@pytest.mark.parametrize("word", ["codec", "env:CACHE", "rev:", "1x=2", "=2"])
def test_a_word_that_is_none_of_them_is_refused(word: str) -> None:
    """The message names the variant and what to write."""
    with pytest.raises(SuiteError, match=rf"^{word!r} says nothing of after\. Write "):
        parse_variant("after", [word])


def test_one_variant_has_one_revision() -> None:
    """Two would contradict each other."""
    with pytest.raises(SuiteError, match=r"Write rev:NAME once"):
        parse_variant("after", ["rev:a", "rev:b"])


def test_variants_like_the_baseline_are_left_out() -> None:
    """Whatever they are called; another folder is another variant."""
    baseline, same = SuiteVariant("a", {"x": "1"}), SuiteVariant("b", {"x": "1"})
    other, elsewhere = SuiteVariant("c", {"x": "2"}), SuiteVariant("d", {"x": "1"}, cwd=Path("/"))
    suite = Suite("bench", (baseline, same, other, elsewhere))

    assert (baseline, other, elsewhere) == suite.distinct().variants
    assert not suite.by_parameters
    assert Suite("bench", (baseline, same, other)).by_parameters
