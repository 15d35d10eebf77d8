from pathlib import Path

import pytest

from service.stack import StackError, account
from service.stack.folders import claim
from service.stack.postgres import Psql


@pytest.mark.parametrize("role", ["postgres", "authenticator"])
@pytest.mark.parametrize(
    ("password", "refusal"),
    [("", "no password supplied"), ("a guess", "password authentication failed")],
)
def test_nobody_connects_without_the_password(
    database: Psql, role: str, password: str, refusal: str
) -> None:
    """Every role is refused without a password and with a wrong one."""
    with pytest.raises(StackError, match=refusal):
        Psql(database.port, password).run("-U", role, "-c", "select 1")


def test_passwords_are_in_no_statistics(database: Psql) -> None:
    """What set the passwords is not among the statements that the server remembers."""
    database.run("-c", "create extension if not exists pg_stat_statements")
    remembered = database.query("select query from pg_stat_statements where query ~* 'alter role'")

    assert [] == remembered


def test_other_users_find_every_folder_closed(tmp_path: Path) -> None:
    """Only the owner opens the stack's folders, even where they were open before."""
    tmp_path.chmod(0o755)
    instance = claim(tmp_path)
    folders = [tmp_path, instance.folder, instance.folder.parent, instance.logs.parent]
    mode = 0o700 if account.unprivileged()[1] is None else 0o711

    assert {mode} == {folder.stat().st_mode & 0o777 for folder in folders}
    instance.release(keep_logs=False)
