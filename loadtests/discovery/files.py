"""A repository's files: read within bounds, never run, and never outside of its folder.

The folder may be anything: a home folder, a repository with odd names, pipes, links or a file of
gigabytes. What is beyond a bound is left out, and `notes` says so.
"""

import json
import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

FILE_BYTES_MAX = 2_000_000
TOTAL_BYTES_MAX = 16_000_000
ENTRIES_MAX = 2_000
SOURCES_MAX = 300
CHILDREN_MAX = 40

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
# Neither holds a service's own code.
_SKIPPED = frozenset(
    {
        *("__pycache__", "bin", "build", "dist", "docs", "env", "examples", "migrations"),
        *("node_modules", "public", "runs", "site-packages", "static", "target", "templates"),
        *("test", "tests", "vendor", "venv"),
    }
)
_TEST_NAME = re.compile(r"test_.*|.*_test\.\w+|.*\.(?:test|spec)\.\w+|conftest\.py")


@dataclass
class Bounds:
    """What may still be read, by all folders together."""

    bytes_left: int = TOTAL_BYTES_MAX
    notes: list[str] = field(default_factory=list)


class Folder:
    """A folder of a project.

    Attributes:
        root: its path.
        name: relative to the folder that is looked at first; empty for that folder.
        bounds: shared with other folders; its notes name what was not read.
    """

    def __init__(self, root: Path, name: str = "", bounds: Bounds | None = None) -> None:
        """Read nothing yet."""
        self.root = root
        self.name = name
        self.bounds = bounds or Bounds()
        self._texts: dict[str, str | None] = {}

    def shown(self, path: str) -> str:
        """A file's name, as a person in the first folder types it."""
        return f"{self.name}/{path}" if self.name else path

    def has(self, path: str) -> bool:
        """Whether there is a regular file of that name."""
        try:
            return stat.S_ISREG((self.root / path).lstat().st_mode)
        except OSError:
            return False

    def read(self, path: str) -> str | None:
        """A file's text; None if it is missing, no regular file, or beyond the bounds."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def read_table(self, path: str) -> dict[str, Any]:
        """The content of a TOML or JSON file; empty if it has none that can be used."""
        text = self.read(path)
        if text is None:
            return {}
        try:
            content = json.loads(text) if path.endswith(".json") else tomllib.loads(text)
        except (ValueError, RecursionError):
            self.bounds.notes.append(f"{self.shown(path)} cannot be parsed; it was not used.")
            return {}
        return content if isinstance(content, dict) else {}

    def files(self) -> list[str]:
        """The names of the files in this folder."""
        return sorted(self._entries("", folders=False))

    def children(self) -> list["Folder"]:
        """The folders one level below that may hold a project of their own."""
        return [
            Folder(self.root / name, self.shown(name), self.bounds)
            for name in self._folders("")[:CHILDREN_MAX]
        ]

    def sources(self, *suffixes: str) -> list[str]:
        """Source files here and one level below, in this order; `src` is no level of its own."""
        levels = ["", *self._folders("")]
        if "src" in levels:
            levels += [f"src/{name}" for name in self._folders("src")]
        names = [
            f"{level}/{name}" if level else name
            for level in levels
            for name in sorted(self._entries(level, folders=False))
            if name.endswith(suffixes) and not _TEST_NAME.fullmatch(name)
        ]
        if len(names) > SOURCES_MAX:
            self.bounds.notes.append(f"More than {SOURCES_MAX} source files; the rest is not read.")
        return names[:SOURCES_MAX]

    def _folders(self, level: str) -> list[str]:
        return sorted(name for name in self._entries(level, folders=True) if name not in _SKIPPED)

    def _entries(self, level: str, *, folders: bool) -> list[str]:
        """Names that can be written into a command as they are; links are not followed."""
        try:
            with os.scandir(self.root / level) as entries:
                return [
                    entry.name
                    for entry in islice(entries, ENTRIES_MAX)
                    if _SAFE_NAME.fullmatch(entry.name)
                    and (
                        entry.is_dir(follow_symlinks=False)
                        if folders
                        else entry.is_file(follow_symlinks=False)
                    )
                ]
        except OSError:
            return []

    def _read(self, path: str) -> str | None:
        # Opening a pipe would wait for its writer, and a link may lead anywhere.
        try:
            descriptor = os.open(
                self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except (OSError, ValueError):
            return None
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            content = file.read(min(FILE_BYTES_MAX, self.bounds.bytes_left) + 1)
        if len(content) > min(FILE_BYTES_MAX, self.bounds.bytes_left):
            self.bounds.notes.append(f"{self.shown(path)} is too large to be read.")
            return None
        self.bounds.bytes_left -= len(content)
        return content.decode("utf-8", errors="replace")
