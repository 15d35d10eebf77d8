"""Python environments with the packages that a revision of the reference service locks.

They are kept in `.versus/environments`, one for each content of the lock, Python and platform, and
appear there whole: an environment that is being made is the checkout's, and goes with it.
"""

import shutil
import sys
import sysconfig
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from loadtests.revisions.building import build
from loadtests.revisions.comparable import LOCK
from loadtests.revisions.resolving import Change, Side
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.worktrees import Checkout, kept

# As in the Makefile: nothing but what a registry of packages holds, by the machine's certificates.
_UV_ENVIRONMENT = {"UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}
_INSTALL = ("pip", "sync", "--quiet", "--require-hashes", "--only-binary", ":all:")


async def install(
    change: Change, checkout: Checkout, logs: Path, say: Callable[[str], None]
) -> dict[Side, str]:
    """The Python that has each revision's packages, by side.

    Args:
        change: the two revisions ...
        checkout: ... and their files.
        logs: where the installer's output goes.
        say: takes a line of progress.

    Raises:
        RevisionError: packages cannot be installed.
    """
    own = change.inside(change.root)
    assert own is not None, "a project is in its repository"
    locks = {side: worktree / own / LOCK for side, worktree in checkout.worktrees.items()}
    for side, lock in locks.items():
        if not lock.is_file():
            raise RevisionError(State.NOT_BUILT, f"{change.title(side)}: there is no {LOCK}.")
    # Ours serves for both or for none: the two shall differ in nothing but what the change made.
    if {lock.read_bytes() for lock in locks.values()} == {_running(change.root)}:
        return dict.fromkeys(locks, sys.executable)
    return {
        side: await _installed(change, side, lock, checkout, logs, say)
        for side, lock in locks.items()
    }


def _running(root: Path) -> bytes | None:
    """The lock that the environment we run in was made from; None where that is not certain."""
    lock, made = root / LOCK, Path(sys.prefix, ".ok")
    if Path(sys.prefix).resolve() != root / ".venv":
        return None
    try:
        return lock.read_bytes() if made.stat().st_mtime >= lock.stat().st_mtime else None
    except OSError:
        return None


async def _installed(
    change: Change,
    side: Side,
    lock: Path,
    checkout: Checkout,
    logs: Path,
    say: Callable[[str], None],
) -> str:
    environment = kept(change.root) / "environments" / _key(lock)
    if not environment.is_dir():
        title = change.title(side)
        say(f"installing the packages of {title}, which are kept for the next time")
        making = checkout.folder / environment.name
        uv, log = _uv(title), logs / f"environment_{side}.log"
        # What it installs can be moved, because it will be.
        made = ("venv", "--quiet", "--no-project", "--relocatable", "--python", sys.executable)
        installed = (*_INSTALL, "--python", str(making / "bin" / "python"), str(lock))
        for arguments in ((*made, str(making)), installed):
            await build(title, (uv, *arguments), change.root, log, _UV_ENVIRONMENT)
        environment.parent.mkdir(exist_ok=True)
        try:
            making.rename(environment)
        except OSError:
            # Somebody else was quicker, and theirs is as good.
            if not environment.is_dir():
                raise
    return str(environment / "bin" / "python")


def _key(lock: Path) -> str:
    """The same for environments that would be the same."""
    ours = f"{sys.version}\0{sysconfig.get_platform()}\0{sys.base_prefix}\0"
    return sha256(ours.encode() + lock.read_bytes()).hexdigest()[:16]


def _uv(title: str) -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise RevisionError(
            State.NOT_BUILT,
            f"{title}: its packages must be installed, and there is no uv. Run `make setup`.",
        )
    return found
