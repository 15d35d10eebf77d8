"""Opens files that may be somebody else's: regular ones alone.

A pipe would be waited for, and a device may have no end.
"""

import errno
import io
import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISLNK, "link"),
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
)


class IrregularError(OSError):
    """What is there is no regular file, or too large; `strerror` says what it is."""


def open_regular(path: Path, *, follow: bool = True) -> io.BufferedReader:
    """Open a regular file to read.

    Args:
        path: of the file.
        follow: whether a link to one is one.

    Raises:
        IrregularError: it is none.
        OSError: it cannot be opened.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        number = os.open(path, flags if follow else flags | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, or a socket
            check_regular(path, follow=follow)
        raise
    try:
        _check(os.fstat(number).st_mode)
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def read_regular(path: Path, bytes_max: int, *, follow: bool = True) -> bytes:
    """Read a regular file.

    Raises:
        IrregularError: it is none, or larger.
        OSError: it cannot be read.
    """
    with open_regular(path, follow=follow) as file:
        size = os.fstat(file.fileno()).st_size
        if size > bytes_max:
            raise IrregularError(errno.EFBIG, f"is larger than {bytes_max >> 20} MiB")
        return file.read(size)


def check_regular(path: Path, *, follow: bool = True) -> None:
    """Make sure that a file, if there is one, is regular, before a library opens it by its name.

    Raises:
        IrregularError: it is none.
        OSError: it cannot be looked at.
    """
    try:
        _check(path.stat(follow_symlinks=follow).st_mode)
    except FileNotFoundError:
        return


def _check(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for is_one, name in _KINDS if is_one(mode)), "device")
        raise IrregularError(errno.EINVAL, f"is a {kind}, not a file")
