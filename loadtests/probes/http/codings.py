"""Content codings undone, as RFC 9110, 8.4, lists them: the last one first, all lines together."""

import gzip
import io
import zlib
from collections.abc import Callable, Sequence

import brotli

CODINGS_MAX = 5
"""Of one body; each may make it larger, and none is read while it is measured."""

_PIECE_BYTES = 2**20


class CodingError(Exception):
    """A body is not what its codings say; the message says how, and shows nothing of the body."""


class GrowthError(CodingError):
    """A body would be too large as decoded."""


def elements(lines: Sequence[str]) -> list[str]:
    """The elements of a header that is a list, all lines together; empty ones mean nothing."""
    return [stated for line in lines for one in line.split(",") if (stated := one.strip())]


def decoded(body: bytes, lines: Sequence[str], bytes_max: int) -> tuple[bytes, str]:
    """A body without its content codings.

    Args:
        body: as transferred.
        lines: the values of its Content-Encoding lines.
        bytes_max: what each coding may make of it.

    Returns: the body, and a note where a coding is unknown: from that one on it is as it came.

    Raises:
        CodingError: the body is broken; a `GrowthError` where it is too large.
    """
    names = elements(lines)
    if len(names) > CODINGS_MAX:
        raise CodingError(f"Content-Encoding lists {len(names)} codings, more than {CODINGS_MAX}")
    for name in reversed(names):
        if not body or name.lower() == "identity":
            continue
        undo = _CODINGS.get(name.lower())
        if undo is None:
            return body, f"Content-Encoding {name!r:.60} is unknown: the body is taken as it came"
        try:
            body = undo(body, bytes_max)
        except (gzip.BadGzipFile, zlib.error, brotli.error):
            raise CodingError(f"Content-Encoding {name}: the body is broken") from None
        except EOFError:
            raise CodingError(f"Content-Encoding {name}: the body is cut off") from None
    return body, ""


def shown_limit(bytes_max: int) -> str:
    """The limit of a body in words, and where it is set."""
    return f"{bytes_max >> 20} MiB (target.body_mib_max)"


def reject_transfer_codings(lines: Sequence[str]) -> None:
    """Chunks are the only transfer coding that a client allows by saying nothing.

    Raises:
        CodingError: naming another one.
    """
    names = elements(lines)
    for name in names:
        if name.lower() != "chunked":
            raise CodingError(f"Transfer-Encoding {name:.60} was not asked for")
    if len(names) > 1:
        raise CodingError("Transfer-Encoding chunked stands there twice")


def _gunzipped(body: bytes, bytes_max: int) -> bytes:
    """All members, one after the other (RFC 1952, 2.2); zeros behind them are padding."""
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as members:
        return _within_bounds(members.read(bytes_max + 1), bytes_max)


def _inflated(body: bytes, bytes_max: int) -> bytes:
    """A zlib stream; or a bare one, which many send instead."""
    try:
        return _inflated_as(body, zlib.MAX_WBITS, bytes_max)
    except zlib.error:
        return _inflated_as(body, -zlib.MAX_WBITS, bytes_max)


def _inflated_as(body: bytes, wbits: int, bytes_max: int) -> bytes:
    stream = zlib.decompressobj(wbits=wbits)
    found = _within_bounds(stream.decompress(body, bytes_max + 1), bytes_max)
    if not stream.eof:
        raise EOFError
    if stream.unused_data:
        raise zlib.error
    return found


def _unbrotlied(body: bytes, bytes_max: int) -> bytes:
    stream, pieces = brotli.Decompressor(), list[bytes]()
    size, piece = 0, stream.process(body, output_buffer_limit=_PIECE_BYTES)
    while True:
        pieces.append(piece)
        size += len(piece)
        if stream.is_finished() or size > bytes_max:
            return _within_bounds(b"".join(pieces), bytes_max)
        if not piece and stream.can_accept_more_data():
            raise EOFError
        piece = stream.process(b"", output_buffer_limit=_PIECE_BYTES)


def _within_bounds(decoded_body: bytes, bytes_max: int) -> bytes:
    if len(decoded_body) > bytes_max:
        raise GrowthError(f"the decoded body is larger than {shown_limit(bytes_max)}")
    return decoded_body


_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _inflated,
    "br": _unbrotlied,
}
