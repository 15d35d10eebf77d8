"""Descriptions of an API by OpenAPI, from a file or an address, in JSON or YAML; read in bounds."""

import json
import re
import stat
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from contract.errors import ConfigError
from contract.secrecy import public_request
from loadtests.planning.disclosure import printable

SOURCE = "/openapi.json"
BYTES_MAX = 20_000_000
TIMEOUT_S = 5.0
DEPTH_MAX = 100
ALIASES_MAX = 500
MERGED_MAX = 10_000


def fetch_description(url: str) -> dict[str, Any] | None:
    """The OpenAPI description of the server at an address; None if it has none.

    One request, without redirects and proxies.

    Raises:
        ConfigError: the address cannot be used, or nothing answers there.
    """
    content = _fetch("--url", url, SOURCE)
    if content is None:
        return None
    try:
        description = _json(content.decode())
    except (ValueError, RecursionError):
        return None
    return description if isinstance(description, dict) else None


def read_description(where: str) -> tuple[dict[str, Any], str]:
    """The OpenAPI description in a file or at an address, and its short name.

    Raises:
        ConfigError: there is none; the message is one line.
    """
    shown = public_request(printable(where))[:200]
    if where.lower().startswith(("http://", "https://")):
        content = _fetch("--openapi", where, "")
        name = urlsplit(where).path.rsplit("/", 1)[-1] or "the address"
        if content is None:
            raise ConfigError(
                f"--openapi {shown}: the answer is no document of at most "
                f"{BYTES_MAX // 1_000_000} MB with status 200. Name the address of openapi.json."
            )
    else:
        content, name = _file(where, shown), Path(where).name
    description = _parsed(shown, content)
    if not isinstance(description, dict) or not isinstance(description.get("paths"), dict):
        raise ConfigError(f"--openapi {shown}: holds no `paths`, so it is no OpenAPI document.")
    return description, printable(name)


def _file(where: str, shown: str) -> bytes:
    try:
        # Opening a pipe would wait for its writer.
        if not stat.S_ISREG(Path(where).stat().st_mode):
            raise ConfigError(f"--openapi {shown}: is no regular file.")
        with Path(where).open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise ConfigError(f"--openapi {shown}: cannot be read ({reason}).") from None
    if len(content) > BYTES_MAX:
        raise ConfigError(
            f"--openapi {shown}: is larger than {BYTES_MAX // 1_000_000} MB. Cut it to the paths "
            "that you want to measure."
        )
    return content


def _parsed(shown: str, content: bytes) -> Any:
    try:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return _json(content.decode("utf-8-sig"))
        return _yaml(content.decode("utf-8-sig"))
    except RecursionError:
        reason = "it is nested too deep"
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        reason = f"{printable(str(error.problem))[:100]}{line}"
    except (ValueError, yaml.YAMLError) as error:
        reason = printable(" ".join(str(error).split()))[:150]
    raise ConfigError(f"--openapi {shown}: is neither JSON nor YAML that can be read: {reason}.")


def _json(text: str) -> Any:
    """The value of a text.

    Raises:
        ValueError: it is no JSON, or holds half of a surrogate pair, which cannot be sent.
        RecursionError: it is nested too deep.
    """
    content = json.loads(text)
    json.dumps(content, ensure_ascii=False).encode()
    return content


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with the plain values of version 1.2 alone, and few merges (`<<`)."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML copies it for each class

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        before = len(node.value)
        super().flatten_mapping(node)
        # Merges of merges could grow without end.
        if len(node.value) > before + MERGED_MAX:
            raise ValueError("its merges (<<) are too large")


for _kind, _pattern, _first in (
    ("bool", r"true|false|True|False|TRUE|FALSE", "tfTF"),
    ("int", r"[-+]?[0-9]{1,18}", "-+0123456789"),
    ("float", r"[-+]?[0-9]{0,18}\.?[0-9]{1,18}(?:[eE][-+]?[0-9]{1,3})?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}",
        re.compile(rf"^(?:{_pattern})$"),
        ["" if one == "\0" else one for one in _first],
    )


def _yaml(text: str) -> Any:
    """The one document of a text.

    Raises:
        ValueError: it is beyond the bounds.
        yaml.YAMLError: it is no YAML.
    """
    depth = aliases = 0
    for event in _events(text):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > DEPTH_MAX:
            raise ValueError(f"it is nested deeper than {DEPTH_MAX}")
        if aliases > ALIASES_MAX:
            raise ValueError(f"it has more than {ALIASES_MAX} aliases (*)")
        if getattr(event, "tag", None):
            raise ValueError("it has tags (!), which an OpenAPI document does not need")
    return yaml.load(text, _Loader)  # noqa: S506 - derived from the safe one


def _events(text: str) -> Iterator[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[yaml.Event] = yaml.parse(text, loader)
    return events


def _fetch(option: str, url: str, below: str) -> bytes | None:
    """The body of an answer with status 200 to one GET; None if there is none within the bounds.

    Raises:
        ConfigError: the address cannot be used, or nothing answers there.
    """
    where, host, port, target = _address(option, url, below)
    made = HTTPSConnection if url.lower().startswith("https:") else HTTPConnection
    connection = made(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", target, headers={"Accept": "application/json"})
        response = connection.getresponse()
        content = bytearray()
        until = time.monotonic() + TIMEOUT_S
        # A server may send its answer byte by byte for ever.
        while response.status == 200 and len(content) <= BYTES_MAX and time.monotonic() < until:
            piece = response.read1(65_536)
            if not piece:
                return bytes(content)
            content += piece
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(
            f"{option} {where}: no answer ({printable(str(reason))}). Start the service there, or "
            f"leave {option} out."
        ) from None
    finally:
        connection.close()
    return None


def _address(option: str, url: str, below: str) -> tuple[str, str, int | None, str]:
    """The address for messages, its host, port and what to request.

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
            f"{option}: an address such as http://127.0.0.1:8000 is expected, without spaces."
        )
    if parts.username or parts.password:
        raise ConfigError(f"{option}: holds a password. Leave it out; only a document is read.")
    where = f"{parts.scheme}://{parts.netloc}"
    if below:
        return where, host, port, parts.path.rstrip("/") + below
    return where, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
