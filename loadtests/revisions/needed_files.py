"""Files that a server needs and that no copy of the code has, because git does not keep them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from loadtests.planning.addresses import Server
from loadtests.planning.disclosure import printable
from loadtests.revisions.git import failure, git
from loadtests.revisions.resolving import Change
from loadtests.revisions.states import RevisionError, State

_BETWEEN = re.compile(r"[\s:;,='\"`|&<>()]+")
"""Between paths in a shell's command, and in lists such as PATH's."""


def check_needed_files(server: Server, change: Change, worktree: Path) -> None:
    """Make sure that a revision has what its command and variables name in the repository.

    Raises:
        RevisionError: it names a file of the working tree that git ignores or does not know.
    """
    for path in _named(server, change.top):
        inside = path.relative_to(change.top)
        if (worktree / inside).exists() or not path.exists():
            continue
        name = printable(inside.as_posix())
        if _is_ignored(change, path):
            raise RevisionError(
                State.IGNORED,
                f"the server needs {name}, which no copy of the code has, and both revisions "
                "would use the working tree's. Let `build` or `prepare` in [revisions] make it in "
                "each copy ({worktree}), or share it on purpose: "
                f'link = ["{_outermost(change, path)}"].',
            )
        raise RevisionError(
            State.DIRTY,
            f"the server needs {name}, which a revision lacks, so it would use the working tree's. "
            "Commit it first, and measure the next change.",
        )


def _is_ignored(change: Change, path: Path) -> bool:
    ended = git(change.top, "check-ignore", "--quiet", "--", str(path))
    if ended.returncode not in {0, 1}:
        raise failure(change.top, ended)
    return ended.returncode == 0


def _outermost(change: Change, path: Path) -> str:
    """The folder that is ignored as a whole, such as `.venv`, as `link` names it."""
    above = [one for one in path.parents if one.is_relative_to(change.top) and one != change.top]
    found = next((one for one in reversed(above) if _is_ignored(change, one)), path)
    return printable(Path(os.path.relpath(found, change.project)).as_posix())


def _named(server: Server, top: Path) -> Iterator[Path]:
    """Paths of the working tree that words name, absolute or from the server's folder."""
    for word in (*server.command, *server.environment.values()):
        for part in dict.fromkeys((word, *_BETWEEN.split(word))):
            # A plain name may be anything; only a path is meant as one.
            if "/" in part and len(part) < os.pathconf("/", "PC_PATH_MAX"):
                path = Path(os.path.normpath(Path(server.cwd, part)))
                if path.is_relative_to(top) and path != top:
                    yield path
