"""Secrets of recorded requests."""

from loadtests.discovery.vault import Vault


def test_a_secret_has_one_name_wherever_it_stands() -> None:
    """Another secret under the same name gets a number."""
    vault = Vault()

    assert "${TOKEN}" == vault.text("token", "geheim-1")
    assert "${TOKEN_2}" == vault.text("token", "geheim-2")
    assert "${TOKEN}" == vault.text("api_key", "geheim-1")
    assert "tea" == vault.text("q", "tea")
    assert ["TOKEN", "TOKEN_2"] == vault.names


def test_a_known_secret_is_found_under_other_names() -> None:
    """Also within a text; short ones would garble it."""
    vault = Vault()
    vault.text("session", "s3ss-abcdef")
    vault.text("pwd", "x")

    assert "id=${SESSION};x" == vault.text("note", "id=s3ss-abcdef;x")
    assert {"a": ["${SESSION}", 1, None, True]} == vault.json({"a": ["s3ss-abcdef", 1, None, True]})


def test_headers_keep_their_scheme() -> None:
    """All cookies are one variable, because they change from request to request."""
    vault = Vault()

    assert "Bearer ${AUTHORIZATION}" == vault.header("Authorization", "Bearer abc.def")
    assert "${X_API_KEY}" == vault.header("X-Api-Key", "one two")
    assert "${COOKIE}" == vault.header("cookie", "a=1; b=2")
    assert "${COOKIE}" == vault.header("Cookie", "a=2")
    assert "application/json" == vault.header("Accept", "application/json")
    assert ["AUTHORIZATION", "X_API_KEY", "COOKIE"] == vault.names


def test_bodies_are_looked_through() -> None:
    """A number can be secret, too; null and booleans are not."""
    vault = Vault()
    body = {"user": "ada", "login": {"password": "geheim", "keys": [1234, None, True]}}

    assert {
        "user": "ada",
        "login": {"password": "${PASSWORD}", "keys": ["${KEYS}", None, True]},
    } == vault.json(body)


def test_only_names_of_secrets_are_kept_as_they_are_in_a_query() -> None:
    """What looks like a variable, but is none, would be filled from the environment."""
    vault = Vault()
    vault.text("token", "geheim-1")

    assert "a%20${TOKEN}%24%7BHOME%7D" == vault.quoted("a ${TOKEN}${HOME}")
