"""Expressions for `ignore` are proposed only where they make two answers equal."""

import re

import pytest

from loadtests.checking.ignoring import propose_ignore
from loadtests.checking.places import find_places
from loadtests.planning.expressions import Ignored


def proposed(first: bytes, second: bytes, stated: str | None = None) -> str:
    ignored = Ignored.of(stated)
    return propose_ignore(first, second, stated, find_places(first, second, ignored, ()))


@pytest.mark.parametrize(
    ("first", "second", "expression"),
    [
        (b'{"at": "1", "b": 2}', b'{"at": "2", "b": 2}', '"at": "[^"]*"'),
        (b'{"n":1.5e3}', b'{"n":7}', '"n":[-+.0-9eE]+'),
        (b'{"a" : "1"}', b'{"a" : "2"}', r'"a"\s*:\s*"[^"]*"'),
        (b'{"a": "q\\"1"}', b'{"a": "q2"}', r'"a": "([^"\\]|\\.)*"'),
        (b"<p>2026-01-02T03:04:05Z", b"<p>2027-01-02T03:04:06Z", r"\d{4}-\d\d-"),
        (b"id 00000000000000000000aaaa", b"id 00000000000000000000bbbb", r"\b[0-9a-f]{16,128}\b"),
    ],
)
def test_proposals_make_both_answers_equal(first: bytes, second: bytes, expression: str) -> None:
    """Of a key, or of a pattern that everybody knows."""
    found = proposed(first, second)

    assert found.startswith(expression)
    assert re.sub(found.encode(), b"", first) == re.sub(found.encode(), b"", second)


def test_what_is_ignored_already_stays_so() -> None:
    """The proposal replaces the scenario's own."""
    first, second = b'{"at": "1", "n": 2}', b'{"at": "2", "n": 3}'

    assert '"at": "[^"]*"|"n": [-+.0-9eE]+' == proposed(first, second, '"at": "[^"]*"')


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"one thing", b"another thing"),
        (b'{"(a+)+$": "1"}', b'{"(a+)+$": "2"}'),
        (b'{"a": [1]}', b'{"a": [1, 2]}'),
        (b'{"a": "1"}', b'{"a": 1}'),
        (b'{"a": "' + b"x" * 2**20 + b'1"}', b'{"a": "2"}'),
    ],
)
def test_nothing_is_guessed(first: bytes, second: bytes) -> None:
    """No words, no odd keys, no change of shape or kind, nothing huge."""
    assert "" == proposed(first, second)
