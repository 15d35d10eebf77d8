"""Memory of real processes."""

import sys

import pytest

from loadtests.machine.memory import MemoryLog, descriptors_of, memory_of, services_of
from loadtests.machine.tests.processes import worker
from loadtests.machine.trees import find_children, tree_of


@pytest.mark.parametrize("forks", [False, True])
def test_what_a_process_keeps_is_in_its_memory(*, forks: bool) -> None:
    """Also of a child; on Linux in its peak too."""
    with worker(forks=forks) as one:
        log = MemoryLog({"": one.pid})
        log.read(0.0, find_children())
        one.do("keep 20000000")
        log.read(1.0, find_children())
        before, after = log.rows

        assert 20e6 == pytest.approx(after.rss_bytes - before.rss_bytes, rel=0.1)
        if sys.platform == "linux":
            assert after.peak_bytes is not None
            assert after.peak_bytes >= after.rss_bytes


def test_starts_are_counted() -> None:
    """A service that has ended has no reading."""
    with worker() as one:
        log = MemoryLog({"base": one.pid, "head": 2**22 + 1})
        log.read(0.0, find_children())
        log.restarted({"head": one.pid})
        log.read(2.0, find_children())

    assert [("base", 0), ("head", 1)] == [(row.server, row.start) for row in log.rows]
    assert memory_of(tree_of(one.pid, find_children())) is None


@pytest.mark.parametrize("forks", [False, True])
def test_open_descriptors_are_counted(*, forks: bool) -> None:
    """Also those of a child, and of a part as of a service."""
    with worker(forks=forks) as one:
        log = MemoryLog({"": one.pid}, {"store": one.pid})
        log.read(0.0, find_children())
        one.do("open 12")
        log.read(1.0, find_children())
        tree = tree_of(one.pid, find_children())
        expected = descriptors_of(tree)
        service, part, after, _ = log.rows

        assert (service.descriptors, "", "store") == (part.descriptors, service.part, part.part)
        assert after.descriptors == expected
        assert service.descriptors is not None
        assert 12 == (after.descriptors or 0) - service.descriptors
    assert 0 == descriptors_of([2**22 + 1])


def test_one_service_may_serve_all_variants() -> None:
    """It has no name then."""
    assert {"": 7} == services_of(("a", "b"), (7, 7))
    assert {"a": 7, "b": 8} == services_of(("a", "b"), (7, 8))
    assert {} == services_of(("a", "b"), ())
