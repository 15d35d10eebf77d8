import shutil
from pathlib import Path

import pytest

from service.stack import StackError
from service.stack.migrate import MIGRATIONS, migrate
from service.stack.postgres import Psql


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that a test may change."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def test_every_file_is_recorded_once(database: Psql) -> None:
    """Applying again does nothing, and the record names every file."""
    again = migrate(database)

    recorded = [name for (name,) in database.query("select name from schema_migrations")]
    assert [] == again
    assert sorted(path.name for path in MIGRATIONS.glob("*.sql")) == sorted(recorded)


def test_changed_file_is_refused(database: Psql, folder: Path) -> None:
    """A file that has changed since it was applied is an error that names it."""
    with (folder / "0002_tables.sql").open("a") as file:
        file.write("-- a late thought\n")

    with pytest.raises(StackError, match=r"0002_tables\.sql has changed since it was applied"):
        migrate(database, folder)


def test_failing_file_leaves_nothing(database: Psql, folder: Path) -> None:
    """A file whose second statement fails is not applied in part, nor recorded."""
    (folder / "0100_half.sql").write_text("create table half (id int);\nselect 1 / 0;\n")

    with pytest.raises(StackError, match="division by zero"):
        migrate(database, folder)

    found = database.query("select to_regclass('half') is null, count(*) from schema_migrations")
    assert [["t", str(len(list(MIGRATIONS.glob("*.sql"))))]] == found


def test_supabase_shape_is_idempotent(database: Psql) -> None:
    """On a server that has Supabase's roles already, the first file changes nothing."""
    database.run("-f", str(MIGRATIONS / "0001_supabase_shape.sql"))

    roles = database.query(
        "select rolname, rolinherit, rolbypassrls from pg_roles"
        " where rolname in ('anon', 'authenticated', 'authenticator', 'service_role') order by 1"
    )
    expected = [
        ["anon", "t", "f"],
        ["authenticated", "t", "f"],
        ["authenticator", "f", "f"],
        ["service_role", "t", "t"],
    ]
    assert expected == roles


def test_every_table_has_row_level_security(database: Psql) -> None:
    """No table of the exposed schema is without row-level security."""
    open_tables = database.query(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind = 'r' and not relrowsecurity"
    )
    assert [] == open_tables
