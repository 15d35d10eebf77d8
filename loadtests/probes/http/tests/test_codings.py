"""Codings are undone in the order of RFC 9110, within bounds, and broken ones are named."""

import gzip
import zlib

import brotli
import pytest

from loadtests.probes.http.codings import CodingError, decoded, reject_transfer_codings

TEXT = b"a body of some length, " * 200


def packed(text: bytes) -> bytes:
    """Without the time, which would name a test differently in each process that collects it."""
    return gzip.compress(text, mtime=0)


@pytest.mark.parametrize(
    ("body", "lines", "expected"),
    [
        (packed(TEXT), ["gzip"], TEXT),
        (b"".join(packed(bytes([one])) for one in TEXT), ["gzip"], TEXT),
        (packed(b"x") * 100_000, ["gzip"], b"x" * 100_000),
        (brotli.compress(packed(TEXT)), ["gzip", "br"], TEXT),
        (packed(zlib.compress(TEXT)), [" deflate ,, gzip "], TEXT),
        (TEXT, [], TEXT),
        (TEXT, ["", "identity, Identity"], TEXT),
        (b"", ["gzip"], b""),
        (packed(b""), ["gzip"], b""),
        (brotli.compress(b""), ["br"], b""),
    ],
)
def test_the_last_coding_is_undone_first(body: bytes, lines: list[str], expected: bytes) -> None:
    """All lines together are one list, in which empty elements mean nothing."""
    assert (expected, "") == decoded(body, lines, 2**22)


def test_an_unknown_coding_is_noted() -> None:
    """What stands before it cannot be undone any more; its name may be hostile."""
    body, note = decoded(packed(TEXT), ["br, \x1b[31m" + "x" * 100 + ", gzip"], 2**22)

    assert TEXT == body
    assert note.startswith(r"Content-Encoding '\x1b[31mxxx")
    assert len(note) < 120


@pytest.mark.parametrize(
    ("body", "line", "expected"),
    [
        (TEXT, "gzip", "Content-Encoding gzip: the body is broken"),
        (packed(TEXT)[:-1], "gzip", "Content-Encoding gzip: the body is cut off"),
        (packed(TEXT) + b"more", "X-Gzip", "Content-Encoding X-Gzip: the body is broken"),
        (zlib.compress(TEXT)[:-1], "deflate", "Content-Encoding deflate: the body is cut off"),
        (brotli.compress(TEXT)[:-1], "br", "Content-Encoding br: the body is cut off"),
        (brotli.compress(TEXT) + b"more", "br", "Content-Encoding br: the body is broken"),
    ],
)
def test_a_broken_body_is_named(body: bytes, line: str, expected: str) -> None:
    """By the header that says what it should be."""
    with pytest.raises(CodingError) as refused:
        decoded(body, [line], 2**22)

    assert expected == str(refused.value)


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress, brotli.compress])
def test_a_small_body_cannot_grow_without_bound(compress: object) -> None:
    """What a body becomes is bounded while it is decoded."""
    name = {gzip.compress: "gzip", zlib.compress: "deflate", brotli.compress: "br"}[compress]
    fits, grows = compress(bytes(2**22)), compress(bytes(2**22 + 1))  # type: ignore[operator]

    assert 2**22 == len(decoded(fits, [name], 2**22)[0])
    with pytest.raises(CodingError, match="the decoded body is larger than 4 MiB"):
        decoded(grows, [name], 2**22)


def test_the_number_of_codings_is_bounded() -> None:
    """A body that decodes to itself would otherwise be decoded for as long as its head is."""
    with pytest.raises(CodingError, match="lists 6 codings, more than 5"):
        decoded(gzip.compress(TEXT), ["gzip, " * 3, "gzip, gzip, gzip"], 2**22)


def test_chunks_are_the_only_transfer_coding() -> None:
    """No other one is asked for."""
    reject_transfer_codings(["", "Chunked, "])
    with pytest.raises(CodingError, match="Transfer-Encoding chunked stands there twice"):
        reject_transfer_codings(["chunked", "chunked"])
    with pytest.raises(CodingError, match="Transfer-Encoding gzip was not asked for"):
        reject_transfer_codings(["gzip, chunked"])
