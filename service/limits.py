"""All limits of a request, a connection and a stop; docs/service.md lists them."""

HEAD_BYTES_MAX = 32 * 1024
"""Of the request line and all header lines of one request; more is a 431."""

URL_BYTES_MAX = 8 * 1024
"""Of the address in the request line; more is a 414."""

HEAD_WITHIN_S = 10.0
"""From the first byte of a request, or the opening of its connection, to the end of its head."""

BODY_WITHIN_S = 60.0
"""From the end of a request's head to the end of its body; later is a 408."""

READ_WITHIN_S = 60.0
"""A client that reads nothing for so long of an answer that waits for it is disconnected."""

KEEP_ALIVE_S = 75
"""An unused connection stays open so long, for clients that pause between requests."""

CONNECTIONS_MAX = 2000
"""Open at the same moment, but at most half of the process's file descriptors; more are a 503."""

PIPELINED_MAX = 16
"""Requests that one connection sends before the answer to the first; more end the connection."""

REQUESTS_MAX_DEFAULT = 256
"""In progress at the same moment; more are a 503.

Each may hold a body of 5 MiB in memory.
"""

RATE_PER_S_DEFAULT = 50
"""Requests of one caller, in the long run; more are a 429."""

RATE_BURST_S = 2
"""An unused allowance is kept so long, so that a page can send its requests at once."""

CALLERS_MAX = 10_000
"""Callers whose rates are remembered; the least recently seen is forgotten first."""

JSON_BYTES_MAX = 5 * 1024 * 1024
"""Of a body that is no form; more is a 413."""

UPLOAD_BYTES_MAX = 20 * 1024 * 1024
"""Of a form with files; more is a 413."""

JSON_MARKS_MAX = 200_000
"""Commas, colons, opening brackets and & of a body without files, in texts too; more is a 413.

They bound how long parsing, checking and storing keep the event loop busy, at 1 ms for 1 MB of
counting. The bytes alone bound it badly: 5 MiB of empty lists take a second, 5 MiB of text 20 ms.
"""

INTEGER_DIGITS_MAX = 640
"""Of an integer in JSON: the time to read one grows with their square.

The smallest limit that Python accepts.
"""

FILES_MAX = 50
"""Files in one request."""

NODES_MAX = 10_000
"""Nodes of a workflow's payload."""

EDGES_MAX = 20_000
"""Edges of a workflow's payload."""

NESTING_MAX = 100
"""Levels of a payload; one deeper than about 200 could be stored, but not serialized again."""

ERRORS_MAX = 10
"""Errors that one answer lists."""

ERROR_LENGTH_MAX = 200
"""Characters of the place and of the message of each."""

RETRY_AFTER_S = 1
"""When a client that met a 503 of these limits may try again."""

DRAIN_WITHIN_S = 10.0
"""Requests in progress when the service is stopped may take so long to end."""

UNDO_WITHIN_S = 3.0
"""Those that did not are cancelled and may take so long to remove what they stored."""
