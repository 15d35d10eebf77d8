"""Who asks for a page, and what of that may be shown."""

from loadtests.probes.page.address import HEADERS_ITEM, TOKEN_COOKIE, TOKEN_ITEM, Address

HEADERS = {"authorization": "bearer abcdef0123", "Flags": "mode=new", "COOKIE": "shop=7; b=2"}
ASKED = Address("https://shop.example:8443/app", "/page", HEADERS, ())


def test_secrets_go_to_one_origin() -> None:
    """Scheme, host and port, without the path."""
    assert "https://shop.example:8443" == ASKED.origin


def test_a_token_is_sent_as_cookie_and_as_item() -> None:
    """Headers are found whatever their case; cookies stay cookies, the others go to the session."""
    assert "abcdef0123" == ASKED.token
    assert {"shop": "7", "b": "2", TOKEN_COOKIE: "abcdef0123"} == ASKED.cookies
    assert {HEADERS_ITEM: '{"Flags": "mode=new"}', TOKEN_ITEM: "abcdef0123"} == ASKED.items


def test_without_a_token_there_is_none() -> None:
    """Basic authentication is no bearer token."""
    address = Address("http://127.0.0.1", "/", {"Authorization": "Basic abc"}, ())

    assert "" == address.token
    assert {} == address.cookies
    assert {HEADERS_ITEM: "{}"} == address.items


def test_what_a_page_says_holds_no_secret() -> None:
    """Values of headers and queries are taken out; it is one short line."""
    shown = ASKED.without_secrets("GET /a?key=1 by\nabcdef0123 and mode=new " + "x" * 500)

    assert shown.startswith("GET /a by [removed] and [removed] x")
    assert 200 == len(shown)
