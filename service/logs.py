"""JSON logs on standard error: warnings and errors only, without secrets."""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from service.telemetry import current_cost

REDACTED = "[redacted]"

_SECRET_KEY = re.compile(
    r"authorization|token|secret|password|credential|api_?key|signature", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JSON web token
    r"|\bX-Amz-[\w-]+=[^&\s\"']*"  # the signed part of a presigned URL
    r"|\bBearer\s+\S+",
    re.IGNORECASE,
)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values that look like credentials, or whose key names one, at any depth."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, dict):
        return {str(name): _redacted(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", inner) for inner in value]
    if isinstance(value, int | float):
        return value
    return _SECRET_TEXT.sub(REDACTED, str(value))


def _add_request_id(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["request_id"] = current_cost().request_id
    return event


class _StandardError:
    """Looks up standard error for each line, so that a later redirection works too.

    A line that cannot be written, because the disk is full or nobody reads, is lost: it must not
    change the answer to a request. The next line says how many were.
    """

    def __init__(self) -> None:
        self._lost = 0

    def write(self, text: str) -> None:
        try:
            if self._lost:
                sys.stderr.write(json.dumps({"event": "lines lost", "count": self._lost}) + "\n")
            sys.stderr.write(text)
            sys.stderr.flush()
        # No descriptor at all, a closed one, or one that refuses.
        except (AttributeError, ValueError, OSError):
            self._lost += 1
        else:
            self._lost = 0

    def flush(self) -> None:
        """Every line was flushed when it was written."""


# Nothing global is configured, so other users of structlog in this process are not affected.
# Information and debug lines are dropped first, so that logging does not disturb a measurement.
log: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
    structlog.WriteLogger(_StandardError()),  # type: ignore[arg-type] # write and flush suffice
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
)
