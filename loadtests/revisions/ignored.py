"""What git ignores in the working tree, and a fresh copy of the code therefore lacks."""

from collections.abc import Sequence
from pathlib import Path

from loadtests.planning.disclosure import printable
from loadtests.revisions.git import git

_SHOWN = 5
_CACHES = {
    *("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox"),
    *(".versus", "runs", ".coverage", "htmlcov", ".cache", ".gradle", ".DS_Store"),
    *(".idea", ".vscode"),
}
_CACHED = (".pyc", ".pyo", ".log", ".swp", "~", ".egg-info")


def missing_in_copies(folder: Path, copies: Sequence[Path] = ()) -> str:
    """A sentence that names what git ignores where a server runs; empty if there is nothing.

    Args:
        folder: of the working tree.
        copies: the same folder in each worktree; what all of them have, such as what was linked
            or built, is left out.
    """
    options = ("--others", "--ignored", "--exclude-standard", "--directory")
    listed = git(folder, "ls-files", "-z", *options, undecodable="surrogateescape")
    names = [name for name in listed.stdout.split("\0") if name and not _is_cache(name)]
    missing = [
        name for name in names if not copies or not all((copy / name).exists() for copy in copies)
    ]
    if not missing:
        return ""
    shown = ", ".join(printable(name) for name in missing[:_SHOWN])
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return (
        f"not in the copies of the code, because git ignores them: {shown}{more}; make them by "
        "`build`, or name them in `link` of [revisions]"
    )


def _is_cache(name: str) -> bool:
    parts = Path(name).parts
    return bool(_CACHES & set(parts)) or parts[-1].endswith(_CACHED)
