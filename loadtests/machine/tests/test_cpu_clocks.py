"""CPU time of other processes, on processes that use a known one."""

import math
import os
import sys

import pytest

from loadtests.machine.cpu_clocks import CpuClocks, why_no_clock
from loadtests.machine.tests.processes import Worker, worker

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such clocks"),
]


def used_s(clocks: CpuClocks, one: Worker, request: str, variant: int = 0) -> float:
    before_s, _ = clocks.before(variant)
    one.do(request)
    return clocks.since(variant, before_s)


@pytest.mark.parametrize("forks", [False, True])
def test_work_is_seen_and_sleep_is_not(*, forks: bool) -> None:
    """Also where a child does it; what else a request takes is far less than a millisecond."""
    with worker(forks=forks) as one:
        clocks = CpuClocks([one.pid])
        clocks.look()
        one.do("burn 0.001")

        assert 0.050 == pytest.approx(used_s(clocks, one, "burn 0.050"), abs=0.004)
        assert used_s(clocks, one, "sleep 0.050") < 0.004


def test_what_is_done_between_requests_is_told_apart() -> None:
    """The first reading of a block has nothing before it."""
    with worker() as one:
        clocks = CpuClocks([one.pid])
        clocks.look()
        before_s, first_s = clocks.before(0)
        clocks.since(0, before_s)
        one.do("burn 0.020")
        _, idle_s = clocks.before(0)

        assert math.isnan(first_s)
        assert 0.020 == pytest.approx(idle_s, abs=0.004)


def test_each_variant_has_the_clock_of_its_own_service() -> None:
    """The work of one is not in the other's time."""
    with worker() as one, worker() as other:
        clocks = CpuClocks([one.pid, other.pid])
        clocks.look()

        assert used_s(clocks, one, "burn 0.020", variant=1) < 0.004


def test_a_process_that_ends_makes_a_reading_unknown() -> None:
    """Never a wrong number; at the next look the rest of the tree counts again."""
    with worker(forks=True) as one:
        clocks = CpuClocks([one.pid])
        clocks.look()
        assert math.isnan(used_s(clocks, one, "end"))
        assert clocks.changed()
        clocks.look()
        before_s, _ = clocks.before(0)
        assert before_s > 0


def test_a_child_that_was_born_and_has_ended_is_noticed() -> None:
    """Its time is in no clock that was read; without one nothing has changed."""
    with worker() as one:
        clocks = CpuClocks([one.pid])
        clocks.look()
        one.do("burn 0.001")
        assert not clocks.changed()
        clocks.look()
        one.do("run")
        assert clocks.changed()


def test_why_there_is_no_clock() -> None:
    """There is one of this process, and none of what has ended."""
    assert "" == why_no_clock([os.getpid()])
    assert "this system does not show the CPU time of another process" == why_no_clock([2**22 + 1])
