"""As whom Postgres runs, which refuses to run as root, and which folders that user must pass."""

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
    """A command prefix and a user id, None for our own, with which Postgres accepts to run."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return [], None
    prefix = _namespace_prefix()
    if prefix or os.geteuid() != 0:
        return list(prefix), None
    return [], _NOBODY


def private(folder: Path) -> None:
    """Make the folder if need be, and close it to others; only who runs Postgres may pass."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _, uid = unprivileged()
    folder.chmod(0o700 if uid is None else 0o711)


def hand_over(directory: Path, program: Path, uid: int) -> None:
    """Give the data directory to the user who runs Postgres, who must be able to reach both.

    Raises:
        StackError: a folder on the way is closed to that user.
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
    """Whether the user is in the password file; initdb refuses one who is not."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


@cache
def _namespace_prefix() -> tuple[str, ...]:
    """Runs a program as nobody in a user namespace of its own; empty where that is barred.

    Files stay ours, so neither an account nor a looser permission on any folder is needed.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    prefix = (unshare, "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    probe = subprocess.run([*prefix, "/bin/sh", "-c", ":"], capture_output=True, check=False)
    return prefix if probe.returncode == 0 else ()
