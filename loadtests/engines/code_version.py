"""A digest of the code that master and workers must agree on.

It covers every module of this project that the process has imported, so that no list of files can
fall behind the code.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import numpy as np

ROOT = Path(__file__).parents[2]
ROOMS = ("contract", "loadtests")


def code_files(modules: Iterable[ModuleType | None], root: Path = ROOT) -> list[Path]:
    """The files of imported modules that lie in our rooms, in the order of their paths.

    Args:
        modules: imported ones, from anywhere.
        root: the folder of the rooms.

    Raises:
        ValueError: there are none, so a digest of them would prove nothing.
    """
    files = {Path(file) for module in modules if (file := getattr(module, "__file__", None))}
    rooms = [root / room for room in ROOMS]
    ours = sorted(file for file in files if any(file.is_relative_to(room) for room in rooms))
    if not ours:
        raise ValueError(f"{root}: no imported module lies in {' or '.join(ROOMS)}")
    return ours


def code_version(modules: Iterable[ModuleType | None], entry: Path, root: Path = ROOT) -> str:
    """The digest of the entry and of the imported modules, their places, and NumPy's version.

    Args:
        modules: imported ones, from anywhere.
        entry: the file that imported them, which need be no module itself.
        root: the folder of the rooms.
    """
    digest = hashlib.sha256(np.__version__.encode())
    for file in (entry, *code_files(modules, root)):
        digest.update(f"\0{file.relative_to(root)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
