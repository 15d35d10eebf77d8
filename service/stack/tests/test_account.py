import os
import shutil
import tempfile
from pathlib import Path

import pytest

from service.stack import StackError, account, postgres


def test_without_user_namespaces_another_user_runs_postgres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If root cannot create a user namespace, nobody becomes the data directory's owner."""
    if os.geteuid() != 0:
        pytest.skip("only root cannot run Postgres as itself")
    monkeypatch.setattr(account, "_namespace_prefix", lambda: ())
    data = tmp_path / "closed" / "data"
    tmp_path.chmod(0o700)

    with pytest.raises(StackError, match="is closed to other users, and Postgres cannot run as ro"):
        postgres.create(data)

    temporary = Path(tempfile.gettempdir())
    for folder in data.parents:
        if folder.stat().st_uid == os.geteuid() and temporary in folder.parents:
            folder.chmod(0o711)
    shutil.rmtree(data.parent)
    postgres.create(data)
    assert 65_534 == (data / "PG_VERSION").stat().st_uid


def test_an_ordinary_user_runs_postgres_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user in the password file needs neither a prefix nor another user id."""
    monkeypatch.setattr(os, "geteuid", lambda: 1)

    assert ([], None) == account.unprivileged()


def test_a_private_folder_is_closed_again(tmp_path: Path) -> None:
    """A folder that exists with wide permissions is closed."""
    folder = tmp_path / "deep" / "folder"
    folder.mkdir(parents=True)
    folder.chmod(0o777)

    account.make_private(folder)

    assert folder.stat().st_mode & 0o777 in {0o700, 0o711}
