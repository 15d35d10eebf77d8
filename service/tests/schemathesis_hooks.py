"""Tells Schemathesis how a file of a type is written into a form: as the bytes of its value."""

import schemathesis

from service.contents import CONTENT_TYPES

JSON = "application/json"


@schemathesis.serializer(*(name for name in CONTENT_TYPES if name != JSON))
def write(_: schemathesis.SerializationContext, value: object) -> bytes:
    """Bytes as they are, all else as text."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
