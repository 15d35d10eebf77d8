"""Applies the SQL files of a folder in order of their names, each once, and records them."""

import hashlib
from pathlib import Path

from service.stack.errors import StackError
from service.stack.postgres import Psql

MIGRATIONS = Path(__file__).parent / "migrations"

# Row-level security without a policy: no client can read it.
_RECORD = """
create table if not exists public.schema_migrations (
    name text primary key,
    sha256 text not null,
    applied_at timestamptz not null default now()
);
alter table public.schema_migrations enable row level security;
"""


def migrate(psql: Psql, directory: Path = MIGRATIONS) -> list[str]:
    """Apply the new files and return their names.

    Raises:
        StackError: an applied file has changed.
    """
    # Without the option, every start after the first would print a notice.
    psql.run("-c", "set client_min_messages = warning", "-c", _RECORD)
    applied = dict(psql.query("select name, sha256 from public.schema_migrations"))
    new: list[str] = []
    for path in sorted(directory.glob("*.sql")):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        recorded = applied.get(path.name)
        if recorded is None:
            _apply(psql, path, digest)
            new.append(path.name)
        elif recorded != digest:
            raise StackError(
                f"{path} has changed since it was applied (sha256 {digest[:12]}, recorded "
                f"{recorded[:12]}). Restore it, and put the change into a new file."
            )
    return new


def _apply(psql: Psql, path: Path, digest: str) -> None:
    values = f"('{path.name}', '{digest}')"  # a file name of ours and a hash
    record = f"insert into public.schema_migrations (name, sha256) values {values}"  # noqa: S608
    psql.run("--single-transaction", "-f", str(path), "-c", record)
