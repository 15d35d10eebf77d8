"""Addresses of services: http, https, and the sockets of this machine's file system."""

import ipaddress
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from contract.config.sections import PATH
from contract.errors import ConfigError

UNIX = "unix:"
"""An address that begins so goes on with the path of a socket."""

SOCKET_BYTES_MAX = 107 if sys.platform == "linux" else 103
"""The longest path of a socket, which the system limits."""

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?(?::[1-9]\d{0,4})?")


def full_url(path: Path, url: str) -> str:
    """An address without a trailing slash; that of a socket is relative to a configuration."""
    if url.startswith(UNIX):
        return UNIX + os.path.normpath(path.absolute().parent / url.removeprefix(UNIX))
    return url.removesuffix("/")


def url_path(url: str) -> str:
    """What stands before the path of each request; a socket has nothing of the kind."""
    return "" if url.startswith(UNIX) else urlsplit(url).path


def check_reachable(path: str, urls: Sequence[str]) -> None:
    """Make sure that workers on other machines can send to a configuration's addresses.

    Raises:
        ConfigError: there are none, or one is a socket of this machine.
    """
    if not urls or any(url.startswith(UNIX) for url in urls):
        started = "a service that is started here, which listens on loopback"
        raise ConfigError(
            f"{path}: workers on other machines cannot reach {'a unix socket' if urls else started}"
            ". Give its target.url, or send from this machine with --processes."
        )


def check_socket_length(where: str, socket: str, remedy: str) -> None:
    """Make sure that a socket can have a path.

    Raises:
        ConfigError: the system allows none that is so long.
    """
    if (length := len(os.fsencode(socket))) > SOCKET_BYTES_MAX:
        raise ConfigError(
            f"{where}: the path of a socket has at most {SOCKET_BYTES_MAX} bytes, and "
            f"{socket:.40}… has {length}. {remedy}"
        )


def check_url(path: Path, key: str, url: str | None) -> None:
    """Make sure that requests can be sent to an address.

    Args:
        path: of the configuration.
        key: that states the address.
        url: None where none is stated.

    Raises:
        ConfigError: saying what is wrong.
    """
    if url is None:
        return
    where = f"{path}: {key}"
    if url.lower().startswith(UNIX):
        _check_unix(path, where, url)
        return
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        usable = usable and not any(one.isspace() for one in parts.netloc)
        if "[" in parts.netloc:
            _check_literal(where, str(parts.hostname))
    except ValueError as error:
        raise ConfigError(f"{where}: {url!r}: {error}.") from None
    if not usable:
        raise ConfigError(f"{where}: an http or https address was expected, or unix:/PATH.")
    if parts.username or parts.password:
        raise ConfigError(
            f"{where}: holds a password. Use target.headers with "
            'Authorization = "Basic ${NAME}" instead.'
        )
    try:
        str(parts.hostname).encode("idna")
    except UnicodeError:
        raise ConfigError(f"{where}: {str(parts.hostname)[:80]!r} is no name of a host.") from None
    if parts.path and not re.fullmatch(PATH, parts.path):
        raise ConfigError(
            f"{where}: a path in ASCII was expected, with escapes such as %20 for other characters."
        )
    if parts.query or parts.fragment:
        raise ConfigError(f"{where}: ends with a query or fragment. Put it into the requests.")


def check_host(path: Path, host: str | None) -> None:
    """Make sure that the target's `host` can stand in a header and in a certificate.

    Raises:
        ConfigError: it cannot.
    """
    if host is not None and not _HOST.fullmatch(host):
        raise ConfigError(
            f"{path}: target.host: {host[:80]!r}: a name was expected, such as shop.example or "
            "shop.example:8443; of other letters its form with xn--."
        )


def _check_literal(where: str, host: str) -> None:
    if "%" in host:
        raise ConfigError(
            f"{where}: {host[:80]!r} has a zone (%), which is not supported. Write an address "
            "without one, such as [::1] or a global one."
        )
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        raise ConfigError(f"{where}: {host[:80]!r} in brackets is no IPv6 address.") from None


def _check_unix(path: Path, where: str, url: str) -> None:
    stated = url.removeprefix(UNIX)
    if stated == url or stated.startswith("//") or not stated.strip("/") or "\0" in stated:
        raise ConfigError(f"{where}: {url[:80]!r}: unix:/PATH was expected, such as unix:/run/app.")
    if stated.endswith("/"):
        raise ConfigError(
            f"{where}: {url[:80]!r} ends with a slash, and a socket is no folder. Leave it out; "
            "paths stand in the requests."
        )
    socket = full_url(path, url).removeprefix(UNIX)
    check_socket_length(where, socket, "Let the service use a shorter path.")
