"""The user that runs Postgres, which refuses to run as root, and that user's access to folders."""

import os
import pwd
import shutil
import subprocess
from functools import cache
from pathlib import Path

from service.stack.errors import StackError

# 65534 is "nobody" everywhere, and needs no new account.
_NOBODY = 65_534


def unprivileged() -> tuple[list[str], int | None]:
    """A command prefix and a user id (None: our own) with which Postgres agrees to run."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return [], None
    prefix = _namespace_prefix()
    if prefix or os.geteuid() != 0:
        return list(prefix), None
    return [], _NOBODY


def make_private(folder: Path) -> None:
    """Create the folder if missing, and close it to all users but the one who runs Postgres."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _, uid = unprivileged()
    folder.chmod(0o700 if uid is None else 0o711)


def hand_over(directory: Path, program: Path, uid: int) -> None:
    """Give the data directory to the user who runs Postgres.

    Raises:
        StackError: a parent folder of the directory or of the program is closed to that user.
    """
    for needed in (directory, program):
        for folder in needed.resolve().parents:
            if not folder.stat().st_mode & 0o001:
                raise StackError(
                    f"{folder} is closed to other users, and Postgres cannot run as root: user "
                    f"{uid} must reach {needed}. Run as an ordinary user, or `chmod o+x {folder}`."
                )
    os.chown(directory, uid, uid)
    for path in directory.rglob("*"):
        os.chown(path, uid, uid, follow_symlinks=False)


def _has_name(uid: int) -> bool:
    """Whether the user is in the password file; initdb refuses a user who is not."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


@cache
def _namespace_prefix() -> tuple[str, ...]:
    """Runs a program as nobody in its own user namespace; empty where that is not allowed.

    Files still belong to us, so no account and no wider permission on a folder is needed.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    prefix = (unshare, "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    probe = subprocess.run([*prefix, "/bin/sh", "-c", ":"], capture_output=True, check=False)
    return prefix if probe.returncode == 0 else ()
