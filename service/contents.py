"""What may be stored: names, content types, and how the bytes of each begin."""

from typing import Literal, get_args
from uuid import UUID

from service.limits import UPLOAD_BYTES_MAX
from service.problems import Problem

NAME_LENGTH_MAX = 255
SIZE_BYTES_MAX = UPLOAD_BYTES_MAX
"""However a file comes; through the service the form around it counts, too."""

ContentType = Literal[
    "image/png",
    "image/jpeg",
    "image/gif",
    "application/pdf",
    "application/json",
    "text/plain",
    "text/csv",
]
CONTENT_TYPES: tuple[ContentType, ...] = get_args(ContentType)

# The ending of its key, and how its bytes begin.
_FORMS: dict[ContentType, tuple[str, bytes]] = {
    "image/png": ("png", b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": ("jpg", b"\xff\xd8\xff"),
    "image/gif": ("gif", b"GIF8"),
    "application/pdf": ("pdf", b"%PDF-"),
    "application/json": ("json", b""),
    "text/plain": ("txt", b""),
    "text/csv": ("csv", b""),
}


def object_key(owner_id: str, file_id: UUID, content_type: ContentType) -> str:
    """Where a file's bytes are: the owner's own part of the bucket, whatever a client asks for."""
    return f"{owner_id}/files/{file_id}.{_FORMS[content_type][0]}"


def checked_type(sent: str | None) -> ContentType:
    """A content type that may be stored, without parameters such as its charset.

    Raises:
        Problem: 415, it is another one.
    """
    bare = (sent or "").partition(";")[0].strip().lower()
    for known in CONTENT_TYPES:
        if bare == known:
            return known
    raise Problem(415, f"A file must be one of {', '.join(CONTENT_TYPES)}.")


def checked_name(sent: str | None) -> str:
    """A name that the database can hold, cut where it is too long.

    Raises:
        Problem: 422, it holds a NUL character.
    """
    name = (sent or "unnamed")[:NAME_LENGTH_MAX]
    # Postgres takes none, and one such name would spoil the insert of all that came with it.
    if "\0" in name:
        raise Problem(422, "The file's name holds a NUL character.")
    return name


def head_length(content_type: ContentType) -> int:
    """How many of the first bytes tell whether the content is what its type says."""
    return len(_FORMS[content_type][1])


def check_head(head: bytes, content_type: ContentType) -> None:
    """Make sure that the first bytes are those of the type.

    Raises:
        Problem: 415, they are not.
    """
    if head != _FORMS[content_type][1]:
        raise Problem(415, f"The file's content is not {content_type}.")
