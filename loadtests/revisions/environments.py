"""Python environments with the packages that a revision of the reference service locks.

They are cached in `.versus/environments`, one for each lock content, Python and platform. An
environment is made in the checkout's folder and then moved there, so a cached one is complete.
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
from loadtests.revisions.worktrees import Checkout, cache_folder

# As in the Makefile: only packages from the configured index, by the machine's certificates.
_UV_ENVIRONMENT = {"UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}
_INSTALL = ("pip", "sync", "--quiet", "--require-hashes", "--only-binary", ":all:")


async def install(
    change: Change, checkout: Checkout, logs: Path, say: Callable[[str], None]
) -> dict[Side, str]:
    """The interpreter that has each revision's packages, by side.

    Args:
        change: the two revisions.
        checkout: their files.
        logs: takes the installer's output.
        say: takes a line of progress.

    Raises:
        RevisionError: packages cannot be installed.
    """
    own = change.relative(change.root)
    assert own is not None, "a project is in its repository"
    locks = {side: worktree / own / LOCK for side, worktree in checkout.worktrees.items()}
    for side, lock in locks.items():
        if not lock.is_file():
            raise RevisionError(State.NOT_BUILT, f"{change.title(side)}: there is no {LOCK}.")
    # This environment serves both or neither: the two must differ only by what the change made.
    if {lock.read_bytes() for lock in locks.values()} == {_current_lock(change.root)}:
        return dict.fromkeys(locks, sys.executable)
    return {
        side: await _install_one(change, side, lock, checkout, logs, say)
        for side, lock in locks.items()
    }


def _current_lock(root: Path) -> bytes | None:
    """The lock from which the running environment was made; None if that is not certain."""
    lock, made = root / LOCK, Path(sys.prefix, ".ok")
    if Path(sys.prefix).resolve() != root / ".venv":
        return None
    try:
        return lock.read_bytes() if made.stat().st_mtime >= lock.stat().st_mtime else None
    except OSError:
        return None


async def _install_one(
    change: Change,
    side: Side,
    lock: Path,
    checkout: Checkout,
    logs: Path,
    say: Callable[[str], None],
) -> str:
    environment = cache_folder(change) / "environments" / _key(lock)
    if not environment.is_dir():
        title = change.title(side)
        say(f"installing the packages of {title}; they are kept for the next run")
        making = checkout.folder / environment.name
        uv, log = _uv(title), logs / f"environment_{side}.log"
        # Relocatable, because the finished environment is moved.
        made = ("venv", "--quiet", "--no-project", "--relocatable", "--python", sys.executable)
        installed = (*_INSTALL, "--python", str(making / "bin" / "python"), str(lock))
        for arguments in ((*made, str(making)), installed):
            await build(title, (uv, *arguments), change.root, log, _UV_ENVIRONMENT)
        environment.parent.mkdir(exist_ok=True)
        try:
            making.rename(environment)
        except OSError:
            # Another run has made the same environment meanwhile.
            if not environment.is_dir():
                raise
    return str(environment / "bin" / "python")


def _key(lock: Path) -> str:
    """Equal for environments that would be equal."""
    ours = f"{sys.version}\0{sysconfig.get_platform()}\0{sys.base_prefix}\0"
    return sha256(ours.encode() + lock.read_bytes()).hexdigest()[:16]


def _uv(title: str) -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise RevisionError(
            State.NOT_BUILT,
            f"{title}: its packages must be installed, and uv is missing. Run `make setup`.",
        )
    return found
