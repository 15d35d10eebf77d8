"""Addresses: those that can be used, and one line for each that cannot."""

from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.planning.urls import (
    SOCKET_BYTES_MAX,
    check_host,
    check_reachable,
    check_url,
    full_url,
    url_path,
)

CONFIG = Path("/work/versus.toml")


def refusal(url: str) -> str:
    with pytest.raises(ConfigError) as refused:
        check_url(CONFIG, "target.url", url)
    assert 1 == len(str(refused.value).splitlines())
    return str(refused.value).removeprefix(f"{CONFIG}: target.url: ")


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1]:8080",
        "https://[2001:db8::1]/api",
        "http://127.0.0.1",
        "unix:/run/app.sock",
        "unix:run/app.sock",
        "unix:/run/my app.sock",
    ],
)
def test_addresses_of_every_kind_can_be_used(url: str) -> None:
    """Names, both families, and sockets."""
    check_url(CONFIG, "target.url", url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://[fe80::1%eth0]:80", "has a zone (%), which is not supported. Write an address"),
        ("http://[zz]:80", "in brackets is no IPv6 address"),
        ("unix:", "unix:/PATH was expected"),
        ("unix:///run/app.sock", "unix:/PATH was expected"),
        ("UNIX:/run/app.sock", "unix:/PATH was expected"),
        ("unix:/run/app.sock/", "a socket is no folder. Leave it out; paths stand in the requests"),
        ("unix:/run/a\0b", "unix:/PATH was expected"),
        ("http://exa mple", "an http or https address was expected"),
        ("ftp://host", "an http or https address was expected, or unix:/PATH"),
    ],
)
def test_other_addresses_are_refused(url: str, expected: str) -> None:
    """In one line."""
    shown = refusal(url)
    # Newer Pythons check brackets themselves.
    assert expected in shown or "IPv6" in shown


def test_a_socket_is_relative_to_the_configuration_and_not_too_long() -> None:
    """The limit is the system's and counts bytes."""
    longest = "unix:/" + "x" * (SOCKET_BYTES_MAX - 1)
    check_url(CONFIG, "target.url", longest)

    assert "unix:/work/run/app.sock" == full_url(CONFIG, "unix:run/app.sock")
    assert "unix:/run/app.sock" == full_url(CONFIG, "unix:/run/x/../app.sock")
    assert "http://host/api" == full_url(CONFIG, "http://host/api/")
    assert ("", "/api") == (url_path("unix:/run/app.sock"), url_path("http://host/api"))
    assert f"at most {SOCKET_BYTES_MAX} bytes" in refusal(longest + "é")
    assert f"has {SOCKET_BYTES_MAX + 2}. Let the service use" in refusal(longest + "é")


@pytest.mark.parametrize("host", ["shop.example", "shop.example:8443", "localhost", "10.0.0.1"])
def test_a_host_is_a_name_with_or_without_a_port(host: str) -> None:
    """As a Host header has it."""
    check_host(CONFIG, host)


@pytest.mark.parametrize(
    "host", ["", "a b", "a\r\nX: 1", "http://a", "a/b", "läden.example", "a:b", "a:0", "-" * 300]
)
def test_other_hosts_are_refused(host: str) -> None:
    """In one line, whatever they hold."""
    with pytest.raises(ConfigError) as refused:
        check_host(CONFIG, host)
    assert 1 == len(str(refused.value).splitlines())
    assert "a name was expected, such as shop.example" in str(refused.value)


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ((), "a service that is started here, which listens on loopback"),
        (("http://host", "unix:/run/app.sock"), "cannot reach a unix socket. Give"),
    ],
)
def test_workers_elsewhere_reach_no_socket_of_this_machine(
    urls: tuple[str, ...], expected: str
) -> None:
    """Nor a server that is started here."""
    check_reachable("versus.toml", ["http://host"])
    with pytest.raises(ConfigError, match=expected):
        check_reachable("versus.toml", urls)
