"""Processes with all that they have started: the processes of a service."""

from collections.abc import Mapping

import psutil

PROCESSES_MAX = 64
"""So many processes of a tree are read; a service of more is no service of one machine's cores."""

Children = Mapping[int, list[psutil.Process]]
"""Of every process on this machine, by the id of their parent."""


def find_children() -> Children:
    """Every process by its parent.

    Looked up once for all trees: psutil's own children() walks over every process each time.
    """
    children: dict[int, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        try:
            children.setdefault(process.ppid(), []).append(process)
        except psutil.Error:
            continue
    return children


def tree_of(pid: int, children: Children) -> list[psutil.Process]:
    """A process and its living descendants; empty where it has ended."""
    try:
        tree = [psutil.Process(pid)]
    except psutil.Error:
        return []
    for member in tree:
        tree.extend(children.get(member.pid, ()))
    return tree
