"""Forms, as browsers send files: made once while planning, the same bytes for every request."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Base64Bytes

from contract.config.scenarios import PartConfig
from contract.errors import ConfigError
from loadtests.planning.templates import filled_in

FORM_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Form:
    """A multipart/form-data body.

    Attributes:
        content_type: with the boundary.
        summary: for people and the record: sizes and a checksum of the files, no text.
    """

    content_type: str
    content: Base64Bytes
    summary: str


def encoded(
    where: str, parts: Sequence[PartConfig], folder: Path, environment: Mapping[str, str]
) -> Form:
    """The form of these parts; files are looked for in `folder`.

    Raises:
        ConfigError: a part cannot be made; the message names it.
    """
    pieces: list[bytes] = []
    digest = hashlib.sha256()
    for index, part in enumerate(parts):
        place = f"{where} number {index + 1}"
        if part.text is not None:
            content = filled_in(f"{place}, text", part.text, environment).encode()
        else:
            content = _read(f"{place}, file", folder, part.file or "")
            digest.update(content)
        pieces += [_head(part) + content] * part.times
        if sum(map(len, pieces)) > FORM_BYTES_MAX:
            raise ConfigError(f"{where}: the form is larger than {FORM_BYTES_MAX} bytes.")
    boundary = hashlib.sha256(b"".join(pieces)).hexdigest()
    delimiter = f"--{boundary}".encode()
    body = b"".join(delimiter + b"\r\n" + piece + b"\r\n" for piece in pieces)
    body += delimiter + b"--\r\n"
    summary = f"form of {len(pieces)} parts, {len(body)} bytes"
    if any(part.file for part in parts):
        summary += f", files sha256 {digest.hexdigest()[:12]}"
    content_type = f"multipart/form-data; boundary={boundary}"
    return Form(content_type, body, summary)


def _head(part: PartConfig) -> bytes:
    filename = part.filename or (Path(part.file).name if part.file else None)
    lines = [f'Content-Disposition: form-data; name="{part.name}"']
    if filename:
        lines[0] += f'; filename="{filename}"'
    if part.type or part.file:
        lines.append(f"Content-Type: {part.type or 'application/octet-stream'}")
    return "\r\n".join([*lines, "", ""]).encode()


def _read(where: str, folder: Path, name: str) -> bytes:
    """A file's content; only of one beside the configuration, which may be somebody else's."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ConfigError(f"{where}: {name!r} is not in the folder of the configuration.")
        # A pipe or a device would be waited for, or have no end.
        if not path.is_file():
            raise ConfigError(f"{where}: {name!r} is not a file. Name one from {folder}.")
        if path.stat().st_size > FORM_BYTES_MAX:
            raise ConfigError(f"{where}: {name!r} is larger than {FORM_BYTES_MAX} bytes.")
        return path.read_bytes()
    except (OSError, RuntimeError) as error:  # the latter where links lead in a circle
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{where}: {name!r:.80} cannot be read: {reason}.") from None
