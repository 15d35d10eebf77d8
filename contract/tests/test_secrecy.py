"""Secrets are guessed from the names that they stand under."""

import pytest

from contract.secrecy import REMOVED, is_secret, public_request, without_credentials


@pytest.mark.parametrize(
    ("request_stated", "expected"),
    [
        ("GET /a?b=1&token=x&c=2", "GET /a?b=1&token=[removed]&c=2"),
        ("GET /a?token=${TOKEN}", "GET /a?token=${TOKEN}"),
        ("GET /a?token={token}", "GET /a?token={token}"),
        ("GET /a?token=x${TOKEN}", "GET /a?token=[removed]"),
        ("GET /a?next=http://u:p@h/", "GET /a?next=[removed]"),
        ("GET /token/a", "GET /token/a"),
        ("GET /a?token=b/c;d", "GET /a?token=[removed]"),
        ("GET /a;jsessionid=1F/b?c=1", "GET /a;jsessionid=[removed]/b?c=1"),
    ],
)
def test_a_request_is_shown_without_secrets(request_stated: str, expected: str) -> None:
    """What a parameter's name does not tell, the documentation asks to take from ${NAME}."""
    assert expected == public_request(request_stated)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Authorization", "Bearer x", True),
        ("Authorization", "Bearer ${TOKEN}", False),
        ("api_key", "{key}", False),
        ("Authorization", "Bearer {row.token}", False),
        ("api_key", "x{row.key}", True),
        ("page", "1", False),
        ("pin", "1234", True),
        (".user.pass", "word", True),
        ("passenger", "Ada", False),
        ("next", "http://user:word@host/", True),
    ],
)
def test_a_value_is_secret_by_its_name_or_a_password(name: str, value: str, expected: bool) -> None:
    """What comes from the environment or an earlier answer may be shown."""
    assert expected == is_secret(name, value)


def test_an_address_is_shown_without_its_password() -> None:
    """Wherever it stands in a line."""
    shown = without_credentials("at https://joe:hunter22@h/x and http://h:80/y")

    assert f"at https://{REMOVED}@h/x and http://h:80/y" == shown


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("login failed: password=hunter2", "login failed: password=[removed]"),
        ("token: TOK88 refused", "token: [removed] refused"),
        ('{"password": "hunter2", "n": 1}', '{"password": [removed], "n": 1}'),
        ("DB_PASSWORD='a b' set", "DB_PASSWORD=[removed] set"),
        ("sent Bearer eyJhbGciOi.x.y", "sent Bearer [removed]"),
        ("ValueError: n=3, page: 7", "ValueError: n=3, page: 7"),
        ("KeyError: 'TOTALS'", "KeyError: 'TOTALS'"),
    ],
)
def test_a_line_of_a_program_is_shown_without_secrets(line: str, expected: str) -> None:
    """What stands behind a name that sounds secret, however it is written."""
    assert expected == without_credentials(line)
