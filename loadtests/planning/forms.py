"""Forms, as browsers send files: made once while planning, but for the gaps of its texts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Base64Bytes

from contract.config.scenarios import PartConfig
from contract.errors import ConfigError
from loadtests.planning.templates import Template, drawn_in, filled_in, template

FORM_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Form:
    """A multipart/form-data body.

    Attributes:
        content_type: with the boundary.
        content: up to the first gap.
        gaps: names of what is drawn.
        rest: what follows each gap.
        summary: for people and the record: sizes and a checksum of the files, no text.
    """

    content_type: str
    content: Base64Bytes
    summary: str
    gaps: tuple[str, ...] = ()
    rest: tuple[Base64Bytes, ...] = ()

    def filled(self, drawn: Mapping[str, str]) -> bytes:
        """The whole body."""
        if not self.gaps:
            return self.content
        later = zip(self.gaps, self.rest, strict=True)
        return self.content + b"".join(drawn[name].encode() + piece for name, piece in later)


def encoded(
    where: str, parts: Sequence[PartConfig], folder: Path, environment: Mapping[str, str]
) -> Form:
    """The form of these parts; files are looked for in `folder`.

    Raises:
        ConfigError: a part cannot be made; the message names it.
    """
    pieces: list[tuple[bytes, tuple[str, ...]]] = []
    size = 0
    digest = hashlib.sha256()
    for index, part in enumerate(parts):
        place = f"{where} number {index + 1}"
        content = b""
        texts: Template = ("",)
        if part.text is not None:
            texts = _text(f"{place}, text", part.text, environment)
        else:
            content = _read(f"{place}, file", folder, part.file or "")
            digest.update(content)
        pieces += [(_head(part) + content, texts)] * part.times
        size += (len(pieces[-1][0]) + sum(map(len, texts))) * part.times
        if size > FORM_BYTES_MAX:
            raise ConfigError(f"{where}: the form is larger than {FORM_BYTES_MAX} bytes.")
    whole = b"".join(first + "".join(texts).encode() for first, texts in pieces)
    boundary = hashlib.sha256(whole).hexdigest()
    delimiter = f"--{boundary}".encode()
    # Bytes without gaps, and between them names: what is fixed is joined once.
    gaps: list[str] = []
    runs: list[list[bytes]] = [[]]
    for first, texts in pieces:
        runs[-1] += [delimiter, b"\r\n", first, texts[0].encode()]
        for name, text in zip(texts[1::2], texts[2::2], strict=True):
            gaps.append(name)
            runs.append([text.encode()])
        runs[-1].append(b"\r\n")
    runs[-1].append(delimiter + b"--\r\n")
    body, *rest = (b"".join(run) for run in runs)
    summary = f"form of {len(pieces)} parts, {len(body) + sum(map(len, rest))} bytes"
    if any(part.file for part in parts):
        summary += f", files sha256 {digest.hexdigest()[:12]}"
    content_type = f"multipart/form-data; boundary={boundary}"
    return Form(content_type, body, summary, tuple(gaps), tuple(rest))


def _text(where: str, text: str, environment: Mapping[str, str]) -> Template:
    return template(text, drawn_in(text), lambda part: filled_in(where, part, environment))


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
