"""Finds the line of a program's log that says why it failed; the last one seldom does.

A build's log ends with what the outermost tool says: `make: *** Error 1`, `npm error A complete log
of this run can be found in`, `error: could not compile`. Kinds of lines are looked for in order of
what they tell, and the first kind that is there wins.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contract.secrecy import is_secret, without_credentials
from loadtests.planning.disclosure import blanked, printable

LINE_LENGTH_MAX = 300
_LOG_END_BYTES = 2**16
_READ_LENGTH_MAX = 1000
"""Of a line, so that no expression works long on one."""

_FOLDERS = {"PWD", "OLDPWD"}
"""Variables with the name of a password that hold the current folder."""

_STYLE = re.compile(r"\x1b\[[0-9;]{0,32}[mK]")


@dataclass(frozen=True)
class _Kind:
    """A kind of lines.

    Attributes:
        first: whether the first one tells, because later ones follow from it.
    """

    pattern: re.Pattern[str]
    first: bool = False


# Of Python, JavaScript, Java and their like, also within the output of pip.
_EXCEPTION = _Kind(
    re.compile(
        r"(?:Caused by: |Uncaught |Exception in thread \S{1,80} |E +|\[stderr\] )?"
        r"[A-Za-z_][\w.]{0,120}(?:Error|Exception|SystemExit|Interrupt|NotFound)"
        r"(?: \[\w+\])?(?:: .+)?$"
    )
)
_KINDS = (
    # Compilers: tsc (plain and pretty), gcc, clang, rustc, go.
    _Kind(
        re.compile(
            r"\S{1,200}(?:\(\d+,\d+\): error |:\d+:\d+ - error |:\d+:(?:\d+:)? (?:fatal )?error: )"
            r"|error\[E\d+\]: "
            r"|\S{1,200}\.go:\d+:(?:\d+:)? "
        ),
        first=True,
    ),
    _EXCEPTION,
    # The end of uv's chain of causes.
    _Kind(re.compile(r"(?:Caused by|cause): \S|╰─▶ ")),
    _Kind(re.compile(r"panic: |fatal error: |fatal: |go: (?!downloading |finding )"), first=True),
    _Kind(
        re.compile(r"error: (?!could not compile|aborting|metadata-gen|subprocess-exited)"), True
    ),
    # npm: the lines with code, errno, syscall and path come before the one with words.
    _Kind(
        re.compile(
            r"npm (?:ERR!|error) (?!code\b|errno\b|syscall\b|path\b|command\b|location\b"
            r"|workspace\b|Lifecycle\b|A complete log|\s*$)"
        ),
        first=True,
    ),
    _Kind(re.compile(r".{1,200}: (?:command )?not found$|make: \*\*\* No rule"), first=True),
    _Kind(re.compile(r"(?:ERROR|FATAL|CRITICAL)\b")),
    _Kind(
        re.compile(
            r"(?!make(?:\[\d+\])?: \*\*\* \[)(?!npm (?:ERR!|error))"
            r".*\b(?:error|fatal|panicked|refused|denied|cannot|could not|no such|in use)\b",
            re.IGNORECASE,
        )
    ),
)


def telling_line(log: Path, hidden: Sequence[str] = (), since: int = 0) -> str:
    """The line of a process's log that tells most, safe to show; empty where there is none.

    Args:
        log: of the process; it may hold anything.
        hidden: values that must not be shown, beside secrets of the environment.
        since: bytes at its beginning that are of earlier processes.
    """
    return _shown(_most_telling(_lines(log, since)).strip(), hidden)


def last_lines(log: Path, count: int, hidden: Sequence[str] = (), since: int = 0) -> list[str]:
    """The last lines of a process's log that are not empty, safe to show.

    Args:
        log: of the process; it may hold anything.
        count: at most so many.
        hidden: as of `telling_line`.
        since: as of `telling_line`.
    """
    kept = [line for line in _lines(log, since) if line.strip()][-count:]
    return [_shown(line, hidden) for line in kept]


def _lines(log: Path, since: int = 0) -> list[str]:
    with log.open("rb") as file:
        size = log.stat().st_size
        # It may have been cut since then.
        file.seek(max(since if since <= size else 0, size - _LOG_END_BYTES))
        text = file.read(_LOG_END_BYTES).decode(errors="replace")
    return [_plain(line) for line in text.splitlines()]


def _shown(line: str, hidden: Sequence[str]) -> str:
    secrets = [*hidden, *secrets_of_environment()]
    return printable(without_credentials(blanked(line, secrets)))[:LINE_LENGTH_MAX]


def secrets_of_environment() -> list[str]:
    """Values of this process's environment that sound secret; what it starts inherits them."""
    return [
        value
        for name, value in os.environ.items()
        if is_secret(name, value) and name not in _FOLDERS
    ]


def _plain(line: str) -> str:
    """A line without colours and without the frame that pip draws around a program's output."""
    return _STYLE.sub("", line[:_READ_LENGTH_MAX]).rstrip().removeprefix("  │")


def _most_telling(lines: Sequence[str]) -> str:
    lines = [line for line in lines if line.strip()]
    for kind in _KINDS:
        found = [place for place, line in enumerate(lines) if kind.pattern.match(line.strip())]
        if found:
            return lines[found[0 if kind.first else -1]]
        if kind is _EXCEPTION and (line := _after_traceback(lines)):
            return line
    return lines[-1] if lines else ""


def _after_traceback(lines: Sequence[str]) -> str:
    """An exception of any name: what follows a traceback's indented lines, or Rust's panic."""
    for place in range(len(lines) - 2, -1, -1):
        line = lines[place]
        if line.startswith("thread ") and " panicked at " in line:
            return f"{line} {lines[place + 1].strip()}"
        if line.strip() == "Traceback (most recent call last):":
            depth = _depth(line)
            return next((one for one in lines[place + 1 :] if _depth(one) <= depth), "")
    return ""


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
