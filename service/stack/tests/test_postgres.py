import pytest

from service.stack import StackError
from service.stack.postgres import Psql


@pytest.mark.parametrize("role", ["postgres", "authenticator"])
@pytest.mark.parametrize(
    ("password", "refusal"),
    [("", "no password supplied"), ("a guess", "password authentication failed")],
)
def test_every_connection_needs_the_password(
    database: Psql, role: str, password: str, refusal: str
) -> None:
    """Every role is refused without a password and with a wrong one."""
    with pytest.raises(StackError, match=refusal):
        Psql(database.port, password).run("-U", role, "-c", "select 1")


def test_passwords_are_in_no_statistics(database: Psql) -> None:
    """The statements that set the passwords are not in the server's statistics."""
    database.run("-c", "create extension if not exists pg_stat_statements")
    remembered = database.query("select query from pg_stat_statements where query ~* 'alter role'")

    assert [] == remembered


def test_a_failing_statement_ends_the_script(database: Psql) -> None:
    """The first failing statement is named, and nothing after it runs."""
    script = [b"select 1;\n", b"select 1 / 0;\n", b"create table never (id int);\n"]
    with pytest.raises(StackError, match=r"^psql: .*division by zero"):
        database.run("-f", "-", script=script)

    assert [["t"]] == database.query("select to_regclass('never') is null")
