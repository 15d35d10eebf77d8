"""The CPU time of another program's processes, read between two requests.

On Linux each process has a clock of the CPU time that it has used, which any user may read in a
few microseconds. It is exact for a thread that sleeps: the kernel adds up the time of a running
one when it stops, and at each tick of 1 to 10 ms. So a request's time is read once its answer has
been judged, when a server has gone back to sleep. Non-goal: the CPU time of other systems, whose
clocks count ticks, or of a process without a name here, such as one in a container.
"""

import math
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from loadtests.machine.trees import PROCESSES_MAX, find_children, stat_fields, tree_of

_TICK_NS = 1_000_000
"""Where time is counted in ticks, every clock shows whole milliseconds."""

_Births = Mapping[int, Mapping[int, int]]


class CpuClocks:
    """The CPU clocks of the variants' services, which may share one.

    What is born and has ended between two looks at a tree is not counted, so `changed` says
    whether that may have happened.
    """

    def __init__(self, pids: Sequence[int]) -> None:
        """Take the first process of each variant's service; look at nothing yet."""
        self._pids = tuple(pids)
        self._clocks: dict[int, list[int]] = {}
        self._births: _Births = {}
        self._seen: _Births | None = None
        self._last_s: dict[int, float] = {}

    def look(self) -> None:
        """Find all processes; they are looked for before a block, not within one."""
        # What was found at the end of the block before still holds; else `changed` will show it.
        self._births, self._seen = self._seen or self._found(), None
        self._clocks = {
            pid: [_clock_of(member) for member in members] for pid, members in self._births.items()
        }
        self._last_s = {}

    def changed(self) -> bool:
        """Whether a process was born or has ended since the last look."""
        self._seen = self._found()
        return self._seen != self._births

    def before(self, variant: int) -> tuple[float, float]:
        """What a variant's service has used so far, and since its last reading; seconds or NaN."""
        pid = self._pids[variant]
        now_s = self._read(pid)
        return now_s, now_s - self._last_s.get(pid, math.nan)

    def since(self, variant: int, before_s: float) -> float:
        """What it has used since a reading; NaN where one of its processes has ended."""
        pid = self._pids[variant]
        now_s = self._last_s[pid] = self._read(pid)
        return now_s - before_s

    def _read(self, pid: int) -> float:
        gettime = time.clock_gettime
        try:
            if len(clocks := self._clocks[pid]) == 1:
                return gettime(clocks[0])
            return sum(map(gettime, clocks)) if clocks else math.nan
        except OSError:
            return math.nan

    def _found(self) -> _Births:
        """Of each service its processes, and how much ended children of each have used.

        Memory that is used for the first time is counted page by page, so no child has used none.
        """
        children = find_children()
        return {
            pid: {
                member: _faults_of_ended_children(member)
                for member in tree_of(pid, children)[:PROCESSES_MAX]
            }
            for pid in set(self._pids)
        }


def _clock_of(pid: int) -> int:
    """The id of a process's CPU clock, as clock_getcpuclockid(3) makes it."""
    return (~pid << 3) | 2


def _faults_of_ended_children(pid: int) -> int:
    fields = stat_fields(pid)
    return int(fields[8]) if len(fields) > 8 else -1


def why_no_clock(pids: Sequence[int]) -> str:
    """Why the CPU time of these services cannot be read; empty where it can.

    Without any, only what is so on this system.
    """
    if sys.platform != "linux":
        return "only Linux shows the CPU time of another process as exactly as a request needs"
    if not pids:
        return ""
    children = find_children()
    readings_ns = []
    for pid in dict.fromkeys(pids):
        tree = tree_of(pid, children)
        if len(tree) > PROCESSES_MAX:
            return f"the service has {len(tree)} processes; of at most {PROCESSES_MAX} it is read"
        for member in tree:
            with suppress(OSError):
                readings_ns.append(time.clock_gettime_ns(_clock_of(member)))
    if not any(readings_ns):
        return "this system does not show the CPU time of another process"
    if all(one % _TICK_NS == 0 for one in readings_ns):
        return "this system counts CPU time in ticks of milliseconds, too coarse for a request"
    return ""
