"""Workflows of GitHub, looked at by a linter."""

import subprocess
import sys
from pathlib import Path


def audit(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """What zizmor, offline, finds in the workflows of a folder, and in `more` files of it."""
    zizmor = Path(sys.executable).with_name("zizmor")
    return subprocess.run(
        [zizmor, "--offline", "--no-progress", "--strict-collection", ".github", *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
