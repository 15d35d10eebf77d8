"""Words that name files of the working tree, rewritten to name the revision's own.

Otherwise both revisions would run the working tree's code, and the gate would compare it with
itself. A path counts also inside a word, behind a symbolic link, and in variables such as
PYTHONPATH that were set before Versus was started.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

_ABSOLUTE = re.compile(r"(?<![\w.~/-])/[^\s:;,='\"`|&<>()]+")
_SEARCHED = re.compile(r"\w*(?:PATH|LIB)")
"""Variables in which programs look for code: PYTHONPATH, NODE_PATH, CLASSPATH, RUBYLIB, PATH."""


def own_word(word: str, top: Path, folder: Path) -> str:
    """The word with the revision's files instead of the working tree's.

    Args:
        word: of a command, or the value of a variable.
        top: the top folder of the working tree.
        folder: the worktree of the revision; what it lacks stays as it is.
    """
    # A path with spaces is a word of its own.
    whole = _own_path(word, top, folder) if word.startswith("/") else word
    if whole != word:
        return whole
    return _ABSOLUTE.sub(lambda found: _own_path(found[0], top, folder), word)


def own_environment(environment: Mapping[str, str], top: Path, folder: Path) -> dict[str, str]:
    """The variables in which code is looked for and that name files of the working tree, rewritten.

    Args:
        environment: that a server would inherit.
        top: the top folder of the working tree.
        folder: the worktree of the revision.
    """
    searched = {name: value for name, value in environment.items() if _SEARCHED.fullmatch(name)}
    owned = {name: own_word(value, top, folder) for name, value in searched.items()}
    return {name: value for name, value in owned.items() if value != environment[name]}


def _own_path(path: str, top: Path, folder: Path) -> str:
    try:
        real, home = Path(os.path.realpath(path)), Path(os.path.realpath(top))
    except (OSError, ValueError):
        return path
    for found, root in ((Path(os.path.normpath(path)), top), (real, home)):
        if found.is_relative_to(root) and (own := folder / found.relative_to(root)).exists():
            return str(own)
    return path
