"""Suites and variants as plain values, and variants as they are typed."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from loadtests.planning.suite import (
    Suite,
    SuiteError,
    SuiteVariant,
    parse_variant,
    split_words,
)


def test_a_variant_is_parameters_variables_and_a_revision() -> None:
    """Each word is one of them; a value may hold anything."""
    expected = SuiteVariant("a", {"codec": "env:x=1"}, {"CACHE": "0"}, revision="v1:x")

    assert expected == parse_variant("a", ["codec=env:x=1", "env:CACHE=0", "rev:v1:x"])
    assert SuiteVariant("a") == parse_variant("a", [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("rev:v1.2,codec=old , env:X=1", ["rev:v1.2", "codec=old", "env:X=1"]),
        # A value is an id of pytest's, which may hold anything.
        ("codec=a,b", ["codec=a,b"]),
        ("codec=a, b=c", ["codec=a", "b=c"]),
        (r"codec=a\, b=c", ["codec=a, b=c"]),
        ("codec=k=v", ["codec=k=v"]),
        ("codec", ["codec"]),
    ],
)
def test_words_are_separated_by_commas(text: str, expected: list[str]) -> None:
    """Only by one that another word follows."""
    assert expected == split_words(text)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["rev:"], r"a: 'rev:' is not valid\. Write rev:NAME once"),
        (["rev:v1", "rev:v2"], r"a: 'rev:v2' is not valid\. Write rev:NAME once"),
        (["codec"], r"a: 'codec' is not valid\. Write NAME=VALUE for a parameter"),
        (["env:CACHE"], r"a: 'env:CACHE' is not valid\. Write NAME=VALUE"),
        (["two words=1"], r"a: 'two words=1' is not valid"),
    ],
)
def test_other_words_are_refused(words: Sequence[str], expected: str) -> None:
    """The message names the variant and the word, and says what to write."""
    with pytest.raises(SuiteError, match=expected):
        parse_variant("a", words)


def test_variants_without_a_difference_are_left_out() -> None:
    """Nothing is measured twice under two names."""
    names = ("one", "two")
    same = Suite("s", (*map(SuiteVariant, names), SuiteVariant("x", {"a": "b"})))

    assert ["one", "x"] == [variant.name for variant in same.distinct().variants]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (SuiteVariant("b", {"how": "fast"}), True),
        (SuiteVariant("b", {"how": "fast"}, {"CACHE": "0"}), False),
        (SuiteVariant("b", python="other"), False),
        (SuiteVariant("b", cwd=Path("other")), False),
    ],
)
def test_variants_may_differ_by_parameters_alone(other: SuiteVariant, *, expected: bool) -> None:
    """Then tests without such a parameter run the same code."""
    assert expected is Suite("s", (SuiteVariant("a"), other)).by_parameters
