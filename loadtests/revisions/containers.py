"""The images of containers that a command runs, as the container program tells them."""

import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath

_PROGRAMS = {"docker", "podman", "nerdctl"}
_WITHIN_S = 20


def runs_container(command: Sequence[str]) -> bool:
    """Whether a command starts a container."""
    return PurePath(command[0]).name in _PROGRAMS and "run" in command[1:]


def image_ids(
    command: Sequence[str], words: Collection[str], environment: Mapping[str, str]
) -> dict[str, str]:
    """The ids of images that words of a command name; empty where the program says none.

    Args:
        command: it starts a container.
        words: those to look up.
        environment: added to our own.
    """
    found = {}
    for word in (one for one in command if one in words and not one.startswith("-")):
        try:
            inspected = subprocess.run(
                [command[0], "image", "inspect", "--format", "{{.Id}}", word],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                timeout=_WITHIN_S,
            )
        except (OSError, subprocess.TimeoutExpired):
            return {}
        if inspected.returncode == 0 and (image := inspected.stdout.strip()):
            found[word] = image
    return found
