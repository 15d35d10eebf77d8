"""Where an answer leads that is a redirect and should be none, and what to write instead.

Redirects are not followed: a second request would count for the first. What is shown is of the
address alone, because the rest of it may be a token.
"""

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urljoin, urlsplit

LOCATION = "location"

_PORTS = {"http": 80, "https": 443}
_PLAIN_PATH = re.compile(r"(?:/[a-z_-]{1,20}){1,4}/?")
"""Words such as /login, which are no token."""


def redirect_hint(status: int, locations: Sequence[str], origin: str, target: str) -> str:
    """What to add to a complaint about a status; empty where it is no redirect.

    Args:
        status: of the answer.
        locations: the lines of its header Location.
        origin: scheme and host that were requested, such as `http://127.0.0.1:8080`.
        target: path and query that were requested.
    """
    if not 300 <= status < 400 or not locations:
        return ""
    requested = urlsplit(origin + target)
    try:
        found = urlsplit(urljoin(origin + target, locations[0]))
        there, here = _address(found), _address(requested)
    except ValueError:
        return ", a redirect to no address"
    if there == here:
        return f", a redirect to {_path_advice(requested, found)}"
    if there[1] != here[1]:
        advice = "write that as url, or, if it is this service, the name as target.host"
    elif there[0] == here[0]:
        advice = "write that port in url"
    else:
        advice = f'write url = "{found.scheme}://..."'
        if found.scheme == "https":
            advice += ', or send headers = { X-Forwarded-Proto = "https" } if it trusts that'
    return f", a redirect to {_shown(found)}: {advice}"


def _path_advice(requested: SplitResult, found: SplitResult) -> str:
    """Where in the same service, and what to do about it."""
    if found.path != requested.path and found.path.rstrip("/") == requested.path.rstrip("/"):
        change = "add / to" if found.path.endswith("/") else "leave out / at"
        return f"the same path: {change} the end of the path"
    where = found.path if _PLAIN_PATH.fullmatch(found.path) else "another path"
    follow = 'take = { next = "header:Location" }, then "GET {next}"'
    return f"{where}: ask for that, or follow it in a sequence with {follow}"


def _address(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port.

    Raises:
        ValueError: a client cannot go there.
    """
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(parts.scheme)
    return parts.scheme, parts.hostname.rstrip("."), parts.port or _PORTS[parts.scheme]


def _shown(parts: SplitResult) -> str:
    host = parts.hostname or ""
    name = host if re.fullmatch(r"[a-z0-9._-]{1,253}", host) else "another host"
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{name}{port}" if name == host else name
