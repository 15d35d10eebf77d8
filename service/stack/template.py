"""Seeded data directories, built once for each size and seed, and copied by every start.

A template's name ends in a hash of everything that determines its content. After a change of code
or of a server's version, a new template replaces the old one.
"""

import hashlib
import platform
import secrets
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from service.stack import binaries, object_store, postgres
from service.stack.account import make_private
from service.stack.folders import Instance, locked, remove, remove_sockets
from service.stack.load import load
from service.stack.migrate import MIGRATIONS, migrate
from service.stack.object_store import ObjectStore
from service.stack.ports import free_ports
from service.stack.postgres import Postgres
from service.stack.process import interrupts_deferred

POSTGRES_FOLDER = "postgres"
OBJECTS_FOLDER = "objects"

_SEEDING_S = {"small": 5, "medium": 8, "large": 15}  # estimates, shown while the user waits
_CODE = ("load.py", "migrate.py", "object_store.py", "postgres.py", "seed.py")

Say = Callable[[str], None]


def template_key(size: str, seed: int) -> str:
    """The name of the template of this size and seed, with this code and these servers."""
    digest = hashlib.sha256(platform.machine().encode())
    here = Path(__file__).parent
    for path in [*sorted(MIGRATIONS.glob("*.sql")), *(here / name for name in _CODE)]:
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    versions = binaries.versions()
    digest.update(f"\0{versions['postgres']}\0{versions['object_store']}".encode())
    return f"{size}-{seed}-{digest.hexdigest()[:16]}"


def copy_template(root: Path, size: str, seed: int, instance: Instance, say: Say) -> None:
    """Fill the instance's folder with the seeded data; build the template first if missing."""
    templates = root / "templates"
    wanted = templates / template_key(size, seed)
    lock = templates / f"{size}-{seed}.lock"
    make_private(templates)
    with locked(lock, shared=True, on_wait=lambda: say(f"waiting for {size} to be seeded")):
        if wanted.is_dir():
            _copy(wanted, instance.folder)
            return
    with locked(lock, on_wait=lambda: say(f"waiting for {size} to be seeded")):
        if not wanted.is_dir():
            _remove_older(templates, f"{size}-{seed}-")
            say(f"seeding {size} (first time, ~{_SEEDING_S[size]} s)")
            _build(wanted, size, seed, instance.logs)
        _copy(wanted, instance.folder)


def _copy(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    # copytree copied the template's mode too, which may be outdated on this machine.
    make_private(folder)


def _remove_older(templates: Path, prefix: str) -> None:
    """Remove templates of older code, and unfinished ones of builders that were killed."""
    for path in templates.glob(f"{prefix}*"):
        remove(path)


def _build(wanted: Path, size: str, seed: int, logs: Path) -> None:
    # Renamed when complete, so a template that exists is complete.
    unfinished = wanted.with_name(f"{wanted.name}.unfinished-{secrets.token_hex(3)}")
    try:
        make_private(unfinished)
        _fill(unfinished, size, seed, logs)
        unfinished.rename(wanted)
    except BaseException:
        remove(unfinished)
        raise


def _fill(folder: Path, size: str, seed: int, logs: Path) -> None:
    port, *store_ports = free_ports(1 + object_store.PORT_COUNT)
    with ExitStack() as running:
        with interrupts_deferred():
            store = ObjectStore(
                folder / OBJECTS_FOLDER,
                store_ports,
                "seed",
                secrets.token_hex(16),
                logs / "object_store.log",
            )
            running.callback(remove_sockets, folder)
            running.callback(store.process.stop, object_store.STOP_WITHIN_S)
        postgres.create(folder / POSTGRES_FOLDER)
        with interrupts_deferred():
            passwords = {postgres.SUPERUSER: secrets.token_hex(24)}
            database = Postgres(folder / POSTGRES_FOLDER, port, passwords, logs / "postgres.log")
            running.callback(database.process.stop, postgres.STOP_WITHIN_S)
        database.process.await_ready(database.is_ready, postgres.READY_WITHIN_S)
        migrate(database.psql)
        store.process.await_ready(store.is_ready, object_store.READY_WITHIN_S)
        load(database.psql, store, size, seed)
    (folder / OBJECTS_FOLDER).with_suffix(".json").unlink()
