"""Content codings undone, as RFC 9110, 8.4, lists them: the last one first, all lines together."""

import zlib
from collections.abc import Callable, Sequence

import brotli

BODY_BYTES_MAX = 2**28
"""The largest body that is read, and the largest that may come of decoding one: 256 MiB."""

_PIECE_BYTES = 2**20
_NONE = frozenset({"", "identity"})


class CodingError(Exception):
    """A body is not what its codings say; the message says how, and shows nothing of the body."""


def decoded(body: bytes, lines: Sequence[str]) -> tuple[bytes, str]:
    """A body without its content codings.

    Args:
        body: as transferred.
        lines: the values of its Content-Encoding lines.

    Returns: the body, and a note where a coding is unknown: from that one on it is as it came.

    Raises:
        CodingError: the body is broken, or too large.
    """
    names = [name.strip() for line in lines for name in line.split(",")]
    for name in reversed(names):
        if not body or name.lower() in _NONE:
            continue
        undo = _CODINGS.get(name.lower())
        if undo is None:
            return body, f"Content-Encoding {name!r:.60} is unknown: the body is taken as it came"
        try:
            body = undo(body)
        except (zlib.error, brotli.error):
            raise CodingError(f"Content-Encoding {name}: the body is broken") from None
        except EOFError:
            raise CodingError(f"Content-Encoding {name}: the body is cut off") from None
    return body, ""


def reject_transfer_codings(lines: Sequence[str]) -> None:
    """Chunks are the only transfer coding that a client allows by saying nothing.

    Raises:
        CodingError: naming another one.
    """
    names = [name.strip() for line in lines for name in line.split(",") if name.strip()]
    for name in names:
        if name.lower() != "chunked":
            raise CodingError(f"Transfer-Encoding {name:.60} was not asked for")
    if len(names) > 1:
        raise CodingError("Transfer-Encoding chunked stands there twice")


def _gunzipped(body: bytes) -> bytes:
    """All members, one after the other (RFC 1952, 2.2); zeros behind them are padding."""
    pieces: list[bytes] = []
    while not pieces or body.strip(b"\0"):
        member = zlib.decompressobj(wbits=31)
        _inflate(member, body, pieces)
        body = member.unused_data
    return b"".join(pieces)


def _inflated(body: bytes) -> bytes:
    """A zlib stream; or a bare one, which many send instead."""
    try:
        return _inflated_as(body, zlib.MAX_WBITS)
    except zlib.error:
        return _inflated_as(body, -zlib.MAX_WBITS)


def _inflated_as(body: bytes, wbits: int) -> bytes:
    stream, pieces = zlib.decompressobj(wbits=wbits), list[bytes]()
    _inflate(stream, body, pieces)
    if stream.unused_data:
        raise zlib.error
    return b"".join(pieces)


def _inflate(stream: "zlib._Decompress", body: bytes, pieces: list[bytes]) -> None:
    room = BODY_BYTES_MAX - sum(map(len, pieces))
    while not stream.eof:
        piece = stream.decompress(body, _PIECE_BYTES)
        body = stream.unconsumed_tail
        if not (piece or body or stream.eof):
            raise EOFError
        pieces.append(piece)
        room = _room_after(piece, room)


def _unbrotlied(body: bytes) -> bytes:
    stream, pieces, room = brotli.Decompressor(), list[bytes](), BODY_BYTES_MAX
    piece = stream.process(body, output_buffer_limit=_PIECE_BYTES)
    while True:
        pieces.append(piece)
        room = _room_after(piece, room)
        if stream.is_finished():
            return b"".join(pieces)
        if not piece and stream.can_accept_more_data():
            raise EOFError
        piece = stream.process(b"", output_buffer_limit=_PIECE_BYTES)


def _room_after(piece: bytes, room: int) -> int:
    if len(piece) > room:
        raise CodingError(f"the decoded body is larger than {BODY_BYTES_MAX >> 20} MiB")
    return room - len(piece)


_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _inflated,
    "br": _unbrotlied,
}
