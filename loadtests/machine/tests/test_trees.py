"""Processes and what they have started."""

import os

from loadtests.machine.tests.processes import worker
from loadtests.machine.trees import find_children, stat_fields, tree_of


def test_a_tree_is_a_process_and_its_descendants() -> None:
    """The first is the process itself; one that has ended has no tree."""
    with worker(forks=True) as one:
        first, *rest = tree_of(one.pid, find_children())
        assert one.pid == first
        assert 1 == len(rest)
        assert one.pid in tree_of(os.getpid(), find_children())
    assert [] == tree_of(one.pid, find_children())


def test_a_process_that_has_ended_has_no_fields() -> None:
    """Its parent stands in the second field of one that lives."""
    assert [] == stat_fields(2**22 + 1)
    assert os.getppid() == int(stat_fields(os.getpid())[1])
