"""Commands to type: what repeats a run, and what a message tells a person to do next."""

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def make_command(command: str, options: Mapping[str, str | bool | Sequence[str]]) -> str:
    """A command with those of the options that are set, safe to paste into a shell.

    Args:
        command: such as `gate`.
        options: by name, `{"--run": ["runs/a", "runs/b"], "--redact": True}`; an empty text, an
            empty list and False leave an option out.
    """
    words = [_program(), command]
    for name, stated in options.items():
        if isinstance(stated, bool):
            words += [name] if stated else []
            continue
        values = [stated] if isinstance(stated, str) else stated
        words += [f"{name} {shlex.quote(value)}" for value in values if value]
    return " ".join(words)


def _program() -> str:
    """How this process was started, as it can be typed in this folder again."""
    started = Path(sys.argv[0])
    if started.name != "versus" or _is_on_path(started):
        return "versus"
    here, path = Path.cwd(), started.absolute()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _is_on_path(program: Path) -> bool:
    found = shutil.which(program.name)
    return found is not None and Path(found).resolve() == program.resolve()
