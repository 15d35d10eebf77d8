"""The GET requests that a running server's `/openapi.json` describes."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from contract.errors import ConfigError
from contract.secrecy import is_secret
from loadtests.discovery.guess import Route
from loadtests.planning.disclosure import printable

SOURCE = "/openapi.json"
BYTES_MAX = 5_000_000
TIMEOUT_S = 5.0
OPERATIONS_MAX = 1_000
VALUE_LENGTH_MAX = 100


def fetch_description(url: str) -> dict[str, Any] | None:
    """The OpenAPI description of the server at an address; None if it has none.

    One request, without redirects and proxies.

    Raises:
        ConfigError: the address cannot be used, or nothing answers there.
    """
    where, host, port, path = _address(url)
    made = HTTPSConnection if url.lower().startswith("https:") else HTTPConnection
    connection = made(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path + SOURCE, headers={"Accept": "application/json"})
        response = connection.getresponse()
        content = bytearray()
        until = time.monotonic() + TIMEOUT_S
        # A server may send its answer byte by byte for ever.
        while response.status == 200 and len(content) <= BYTES_MAX and time.monotonic() < until:
            piece = response.read1(65_536)
            if not piece:
                break
            content += piece
        else:
            return None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(
            f"--url {where}: no answer ({printable(str(reason))}). Start the service there, or "
            "leave --url out."
        ) from None
    finally:
        connection.close()
    try:
        description = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return description if isinstance(description, dict) else None


def described_routes(description: Mapping[str, Any]) -> list[Route]:
    """Operations that a GET without a login answers: those without required parameters first."""
    prefix = _prefix(description)
    plain: list[Route] = []
    filled: list[Route] = []
    paths = description.get("paths")
    items = list(paths.items())[:OPERATIONS_MAX] if isinstance(paths, dict) else []
    for path, item in items:
        operation = item.get("get") if isinstance(item, dict) else None
        if not isinstance(operation, dict) or not _usable(operation, description):
            continue
        parameters = list(_parameters(item, description)) + list(
            _parameters(operation, description)
        )
        required = [one for one in parameters if one.get("required") or one.get("in") == "path"]
        request = _filled(str(path), required)
        if request is not None:
            (filled if required else plain).append(Route(prefix + request, SOURCE))
    return [*plain, *filled]


def _address(url: str) -> tuple[str, str, int | None, str]:
    """The address for messages, its host, port and path.

    Raises:
        ConfigError: it cannot be used.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    plain = re.fullmatch(r"[\x21-\x7e]{1,500}", url) is not None
    if not plain or parts.scheme not in {"http", "https"} or not host or port == 0:
        raise ConfigError(
            "--url: an address such as http://127.0.0.1:8000 is expected, without spaces."
        )
    if parts.username or parts.password:
        raise ConfigError("--url: holds a password. Leave it out; only /openapi.json is read.")
    where = f"{parts.scheme}://{parts.netloc}"
    return where, host, port, parts.path.rstrip("/")


def _prefix(description: Mapping[str, Any]) -> str:
    """What stands before each path, as the first server's address says."""
    servers = description.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else {}
    url = first.get("url") if isinstance(first, dict) else ""
    # An absolute address is somebody else's, such as the one in production.
    return url.rstrip("/") if isinstance(url, str) and url.startswith("/") else ""


def _usable(operation: Mapping[str, Any], description: Mapping[str, Any]) -> bool:
    """Whether an operation needs no login and answers with status 200."""
    security = operation.get("security", description.get("security"))
    responses = operation.get("responses")
    success = responses.get("200") if isinstance(responses, dict) else None
    # A stream of events does not end.
    return not security and success is not None and "text/event-stream" not in str(success)[:10_000]


def _parameters(
    holder: Mapping[str, Any], description: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    stated = holder.get("parameters")
    for parameter in stated if isinstance(stated, list) else []:
        if isinstance(parameter, dict):
            reference = parameter.get("$ref")
            yield _resolved(str(reference), description) if reference else parameter


def _resolved(reference: str, description: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter that stands elsewhere; a required one without a value if it does not."""
    content: Any = description
    for step in reference.removeprefix("#/").split("/"):
        content = content.get(step) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {"required": True}


def _filled(path: str, required: list[Mapping[str, Any]]) -> str | None:
    """The path with an example of each required parameter; None if one has no example."""
    query = {}
    for parameter in required:
        name, place = str(parameter.get("name")), parameter.get("in")
        value = _example(parameter)
        if value is None or is_secret(name, value) or place not in {"path", "query"}:
            return None
        if place == "query":
            query[name] = value
        else:
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _example(parameter: Mapping[str, Any]) -> str | None:
    """An example or a default value of a parameter, as it is written into a path."""
    schema = parameter.get("schema")
    schema = schema if isinstance(schema, dict) else {}
    named = parameter.get("examples")
    candidates = [parameter.get("example")]
    if isinstance(named, dict):
        candidates += [one.get("value") for one in named.values() if isinstance(one, dict)]
    candidates += [schema.get("example"), schema.get("default")]
    for key in ("examples", "enum"):
        listed = schema.get(key)
        candidates += listed[:1] if isinstance(listed, list) else []
    for value in candidates:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float) and 0 < len(str(value)) <= VALUE_LENGTH_MAX:
            return str(value)
    return None
