"""Bytes of a file as text."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.foreign import texts
from reports.foreign.shapes import UnusableError
from reports.foreign.tests.made import written
from reports.foreign.texts import Content, load, parameters_text

TEXT = '{"é": "\U0001f600"}\n' * 3


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_are_recognised(tmp_path: Path, encoding: str, *, packed: bool) -> None:
    """With a mark or without; packed or not."""
    data = TEXT.encode(encoding)

    found = load(written(tmp_path, gzip.compress(data) if packed else data))

    assert TEXT.encode() == found.data


def test_a_character_between_two_chunks_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large files are decoded in pieces."""
    monkeypatch.setattr(texts, "_CHUNK", 3)

    for encoding in ("utf-8", "utf-16"):
        assert TEXT.encode() == load(written(tmp_path, TEXT.encode(encoding))).data


def test_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unpacked: a small file may become a large one."""
    monkeypatch.setattr(texts, "SIZE_MAX", 1000)

    with pytest.raises(UnusableError, match="is larger than"):
        load(written(tmp_path, gzip.compress(b" " * 1001)))
    assert b"x" == load(written(tmp_path, gzip.compress(b" " * 999 + b"x"))).data


def test_large_documents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON takes much more memory than its text."""
    monkeypatch.setattr(texts, "DOCUMENT_SIZE_MAX", 5)

    assert [1, 2] == Content(b"[1,2]").document
    with pytest.raises(UnusableError, match="its JSON is larger"):
        _ = Content(b"[1,20]").document


def test_a_header_is_read_as_csv_writes_it() -> None:
    """Quoted or not; spaces around a name are no part of it."""
    assert ("a", "b,c", "d") == Content(b'"a", "b,c" ,d\r\n1,2,3').columns or (
        "a",
        "b,c",
        "d",
    ) == Content(b'"a","b,c", d\r\n1,2,3').columns
    assert () == Content(b'{"a": 1}').columns


def test_a_line_of_bytes_that_are_no_text_is_named(tmp_path: Path) -> None:
    """In a large file nobody finds it else."""
    with pytest.raises(UnusableError, match="byte 0xff in line 3"):
        load(written(tmp_path, b"a\nb\nc\xff\n"))


@pytest.mark.parametrize(
    ("parameters", "typed", "text"),
    [
        ({}, False, ""),
        ({"n": "1", "f": "a b/c:d"}, False, "n=1, f=a b/c:d"),
        ({"f": "--x=1"}, False, "f=--x=1"),
        ({"a": "1, b=2"}, False, 'a="1, b=2"'),
        ({"a": "1", "b": "2"}, False, "a=1, b=2"),
        ({"a=1, b": "2"}, False, '"a=1, b"=2'),
        ({"a": '"1"'}, False, r'a="\"1\""'),
        ({"n": 1, "x": 0.5, "y": None, "z": True}, True, "n=1, x=0.5, y=None, z=True"),
        (
            {"n": "1", "y": "None", "z": "true", "f": "1.txt"},
            True,
            'n="1", y="None", z=true, f=1.txt',
        ),
        ({"l": [1, "é"], "o": {"a": 1}}, True, 'l=[1, "é"], o={"a": 1}'),
        ({"l": "[1]", "s": "x"}, True, 'l="[1]", s=x'),
    ],
)
def test_parameters_as_a_text(parameters: dict[str, Any], text: str, *, typed: bool) -> None:
    """Plain ones as a person would type them."""
    assert text == parameters_text(parameters, typed=typed)


WORDS = st.text('ab1,=" []{}\\.-', max_size=6) | st.sampled_from(["None", "True", "nan", "1e5"])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | WORDS
TYPED = st.dictionaries(WORDS, SCALARS | st.lists(SCALARS, max_size=2), min_size=1, max_size=3)


@given(TYPED, TYPED)
def test_different_parameters_are_different_texts(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Whatever their names and values hold; 1, 1.0, True and "1" are four values."""
    same = [*map(repr, one.items())] == [*map(repr, other.items())]

    assert same == (parameters_text(one, typed=True) == parameters_text(other, typed=True))


@given(*[st.dictionaries(WORDS, WORDS, min_size=1, max_size=3)] * 2)
def test_different_texts_on_a_command_line(one: dict[str, str], other: dict[str, str]) -> None:
    """There, all values are texts."""
    same = [*one.items()] == [*other.items()]

    assert same == (parameters_text(one, typed=False) == parameters_text(other, typed=False))
