"""What an unexpected redirect says: where it leads, what to write, and no token."""

from pathlib import Path

import pytest

from loadtests.probes.http.redirects import redirect_hint
from loadtests.probes.http.tests.test_exchange import rows_of, url

__all__ = ["url"]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            "https://shop.example/v1/things?a=1",
            ', a redirect to https://shop.example: write url = "https://...", or send headers =',
        ),
        ("https://shop.example:8443/", ", a redirect to https://shop.example:8443: write url = "),
        ("//www.shop.example/v1/things", ", a redirect to http://www.shop.example: write that as"),
        ("http://shop.example:81/", ", a redirect to http://shop.example:81: write that port"),
        ("/v1/things/", ", a redirect to the same path: add / to the end of the path"),
        ("things/?a=1", ", a redirect to the same path: add / to the end of the path"),
        ("/login?next=s3cret", ", a redirect to /login: ask for that, or follow it in a sequence "),
        ("/v1/s3cret", ", a redirect to another path: ask for that, or follow it in a sequence "),
        ("/v1/things?a=2", ", a redirect to another path: ask for that, or follow it in a seq"),
        ("https://s3cret@b%41/", ", a redirect to another host: write that as url, or, if it"),
        ("https://[::1", ", a redirect to no address"),
        ("mailto:s3cret", ", a redirect to no address"),
        ("http://shop.example:99999/", ", a redirect to no address"),
    ],
)
def test_a_redirect_says_what_to_write(location: str, expected: str) -> None:
    """By what differs first: host, scheme, port, path; of what may be a token nothing is shown."""
    hint = redirect_hint(301, [location], "http://shop.example", "/v1/things?a=1")

    assert hint.startswith(expected)
    assert "s3cret" not in hint
    assert hint.isprintable()


def test_all_else_says_nothing() -> None:
    """Neither another status nor a redirect that leads nowhere."""
    assert "" == redirect_hint(404, ["/x"], "http://a", "/")
    assert "" == redirect_hint(304, [], "http://a", "/")


def test_a_slash_that_is_too_much_is_said_to_be_one() -> None:
    """As services do that know a path without it alone."""
    hint = redirect_hint(308, ["/things"], "http://a", "/things/")

    assert ", a redirect to the same path: leave out / at the end of the path" == hint


def test_an_answer_that_is_a_redirect_has_the_hint(tmp_path: Path, url: str) -> None:
    """Behind the status; where the status is right, nothing is said."""
    text = '[[scenarios]]\nname = "{}"\nrequest = "GET /moved/login"\nstatus = {}\n'
    rows = rows_of(tmp_path, url, text.format("wrong", 200) + text.format("right", 301))

    assert "status 301, expected 200, a redirect to /login: ask for that" in rows[0]["error"]
    assert "" == rows[2]["error"]
