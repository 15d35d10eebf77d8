"""Which other measurements of this user run on this machine at the same time.

Each one holds the lock on a file of its own in a folder of the user, and writes its command into
the files of those that it finds there, so both know. A file that nobody has locked is left over.
Non-goal: measurements of other users, or in other containers, which see other folders.
"""

import fcntl
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_COMMAND = re.compile(r"[a-z]{1,20}")
_BYTES_MAX = 2**14
_COMMANDS_MAX = 100


class Presence:
    """One measurement, as others see it.

    Attributes:
        unknown: why others cannot be seen; empty where they can.
    """

    def __init__(self, command: str) -> None:
        self.unknown = ""
        self._found: list[str] = []
        self._file = -1
        self._path = Path()
        try:
            folder = _own_folder()
            self._announce(folder, command)
            for path in sorted(folder.glob("*.run")):
                if path != self._path and (other := _greet(path, command)):
                    self._found.append(other)
        except OSError as error:
            self.unknown = error.strerror or str(error)

    def others(self) -> tuple[str, ...]:
        """Commands of those that have run since this one began, in the order of beginning."""
        later: list[str] = []
        if self._file >= 0:
            with suppress(OSError):
                later = os.pread(self._file, _BYTES_MAX, 0).decode("ascii", "replace").split()[1:]
        known = [one for one in (*self._found, *later) if _COMMAND.fullmatch(one)]
        return tuple(known[:_COMMANDS_MAX])

    def end(self) -> None:
        """Leave nothing behind."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1

    def _announce(self, folder: Path, command: str) -> None:
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        hidden, self._path = folder / f".{name}", folder / f"{name}.run"
        self._file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        # Locked before anybody can find it, or it would be taken for one that is left over.
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(self._file, f"{command}\n".encode())
        hidden.rename(self._path)


@contextmanager
def announced(command: str, say: Callable[[str], None]) -> Iterator[Presence]:
    """Let other measurements see this one during a `with` block, and say which ones there are.

    Args:
        command: a word such as `bench`.
        say: takes a line, now about those that run already, at the end about those that came.
    """
    presence = Presence(command)
    try:
        if presence.unknown:
            say(f"whether another measurement runs on this machine is unknown: {presence.unknown}")
        before = presence.others()
        if before:
            say(_line("another measurement runs", before))
        yield presence
        if later := presence.others()[len(before) :]:
            say(_line("another measurement ran meanwhile", later))
    finally:
        presence.end()


def _line(what: str, commands: tuple[str, ...]) -> str:
    listed = ", ".join(dict.fromkeys(commands))
    return f"{what} on this machine ({listed}); both disturb each other. Measure one at a time"


def _own_folder() -> Path:
    """A folder that this user alone may enter.

    Raises:
        OSError: it cannot be made, or is somebody else's.
    """
    stated = os.environ.get("XDG_RUNTIME_DIR", "")
    own = Path(stated, "versus")
    if not (stated and Path(stated).is_dir()):
        own = Path(tempfile.gettempdir(), f"versus-{os.getuid()}")
    with suppress(FileExistsError):
        own.mkdir(mode=0o700)
    facts = own.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise PermissionError(1, f"{own} is not a folder of this user alone")
    return own


def _greet(path: Path, command: str) -> str:
    """Write our command into another's file; its own command, empty where it is left over."""
    try:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""  # It has just ended.
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.write(file, f"{command}\n".encode())
        first = os.pread(file, _BYTES_MAX, 0).decode("ascii", "replace").split("\n", 1)[0]
        return first if _COMMAND.fullmatch(first) else "unknown"
    else:
        path.unlink(missing_ok=True)
        return ""
    finally:
        os.close(file)
