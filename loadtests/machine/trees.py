"""Processes with all that they have started: the processes of a service."""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

PROCESSES_MAX = 64
"""So many processes of a tree are read; a service of more is no service of one machine's cores."""

Children = Mapping[int, list[int]]
"""The ids of every process on this machine, by the id of their parent."""


def find_children() -> Children:
    """Every process by its parent; looked up once for all trees, because it takes milliseconds."""
    children: dict[int, list[int]] = {}
    for pid, parent in _stated_parents() if sys.platform == "linux" else _parents():
        children.setdefault(parent, []).append(pid)
    return children


def tree_of(pid: int, children: Children) -> list[int]:
    """A process and its living descendants; empty where it has ended."""
    if not psutil.pid_exists(pid):
        return []
    tree = [pid]
    for member in tree:
        tree.extend(children.get(member, ()))
    return tree


def stat_fields(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat after the process's name, which may hold anything.

    Returns: empty where it has ended.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return []


def _stated_parents() -> Iterator[tuple[int, int]]:
    """A tenth of the time that psutil takes, which looks at more."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - objects for thousands of names take longer
        if name.isdigit() and len(fields := stat_fields(int(name))) > 1:
            yield int(name), int(fields[1])


def _parents() -> Iterator[tuple[int, int]]:
    for process in psutil.process_iter():
        try:
            yield process.pid, process.ppid()
        except psutil.Error:
            continue
