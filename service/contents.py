"""What may be stored: names, content types, and the first bytes of each type."""

from typing import Literal, get_args
from uuid import UUID

from service.limits import UPLOAD_BYTES_MAX
from service.problems import Problem

NAME_LENGTH_MAX = 255
SIZE_BYTES_MAX = UPLOAD_BYTES_MAX
"""Of one file; in an upload through the service, the form around it counts too."""

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

ENCODING = {"contentType": ", ".join(CONTENT_TYPES)}
"""For OpenAPI: the types of a form's part."""

# The extension of its key, and its first bytes.
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
    """The key of a file's object, always in the owner's part of the bucket."""
    return f"{owner_id}/files/{file_id}.{_FORMS[content_type][0]}"


def checked_type(sent: str | None) -> ContentType:
    """A content type that may be stored, without parameters such as its charset.

    Raises:
        Problem: 415; the type may not be stored.
    """
    bare = (sent or "").partition(";")[0].strip().lower()
    for known in CONTENT_TYPES:
        if bare == known:
            return known
    raise Problem(415, f"A file must be one of {', '.join(CONTENT_TYPES)}.")


def checked_name(sent: str | None) -> str:
    """A name that the database can store, cut if it is too long.

    Raises:
        Problem: 422; the name contains a NUL character.
    """
    name = (sent or "unnamed")[:NAME_LENGTH_MAX]
    # Postgres refuses NUL, and with it the rows of all files of the same request.
    if "\0" in name:
        raise Problem(422, "The file's name contains a NUL character.")
    return name


def head_length(content_type: ContentType) -> int:
    """How many of the first bytes are needed to check the content type."""
    return len(_FORMS[content_type][1])


def check_head(head: bytes, content_type: ContentType) -> None:
    """Make sure that the first bytes fit the type.

    Raises:
        Problem: 415; they do not.
    """
    if head != _FORMS[content_type][1]:
        raise Problem(415, f"The file's content is not {content_type}.")
