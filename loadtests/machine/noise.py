"""Counters of what disturbs a measurement, and what they say of each of its blocks."""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

import psutil

from contract.run.host import HostRow
from loadtests.machine.facts import read_text
from loadtests.machine.memory import MemoryLog
from loadtests.machine.trees import Children, find_children, tree_of


def noise_counters(pids: Mapping[str, int], children: Children | None = None) -> dict[str, float]:
    """Running totals, so that the difference of two readings is about the time between them.

    CPU seconds include a process's children, also those that have ended; switches only include
    those that live. One reading takes a few milliseconds, whatever the number of processes.

    Args:
        pids: the processes to account for, by name; one that has ended is left out.
        children: of all processes, where they are known already.
    """
    counters = {"wall_s": time.monotonic()}
    if sys.platform == "linux":
        counters |= _linux_counters()
    if children is None:
        children = find_children() if pids else {}
    for name, pid in pids.items():
        counters |= _process_counters(name, tree_of(pid, children))
    return counters


def noise_between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What happened between two readings of `noise_counters`.

    Never less than nothing: a child that ends takes its switches with it.
    """
    return {name: max(0.0, after[name] - before[name]) for name in before if name in after}


class HostLog:
    """What the host counted in each block: one reading at each boundary between blocks.

    A block's differences thus include the pause before it, in which the generator writes.

    Attributes:
        pids: the processes that are accounted for, by name.
        memory: of the target, read at the same boundaries and as its services have been started.
    """

    def __init__(self, pids: Mapping[str, int], memory: MemoryLog | None = None) -> None:
        self.pids = pids
        self.memory = memory or MemoryLog()
        self._first: Mapping[str, float] = {}
        self._last: Mapping[str, float] = {}
        self.rows: list[HostRow] = []

    def begin(self) -> None:
        """Take the first reading, as the first block begins."""
        children = find_children()
        self.memory.read(0.0, children)
        self._first = self._last = noise_counters(self.pids, children)

    def end_block(
        self, scenario: str, block: int, start_s: float, end_s: float, *, gc_s: float
    ) -> None:
        """Take a reading as a block ends.

        Args:
            scenario: of the block.
            block: its number.
            start_s: as the samples' times.
            end_s: likewise.
            gc_s: how long the generator collected garbage before the block.
        """
        children = find_children()
        self.memory.read(end_s, children)
        reading = noise_counters(self.pids, children)
        counters = {**noise_between(self._last, reading), "generator_gc_s": gc_s}
        self.rows.append(HostRow(scenario, block, start_s, end_s, counters))
        self._last = reading

    def looked(
        self, pids: Mapping[str, int] | None = None, services: Mapping[str, int] | None = None
    ) -> None:
        """Take a reading after a look, whose cost is in no block and not in the total.

        How long it took goes to the block before it, as `look_s`.

        Args:
            pids: the processes from now on, where some were started anew meanwhile.
            services: those among them that serve, if so.
        """
        self.pids = self.pids if pids is None else pids
        children = find_children()
        if services:
            self.memory.restarted(services)
            self.memory.read(self.rows[-1].end_s, children)
        reading = noise_counters(self.pids, children)
        wall_s = reading["wall_s"] - self._last["wall_s"]
        counters = {**self.rows[-1].counters, "look_s": wall_s}
        self.rows[-1] = replace(self.rows[-1], counters=counters)
        # Those of a new process begin at nothing, so this may be less than before.
        self._first = {
            name: first + reading.get(name, 0.0) - self._last.get(name, 0.0)
            for name, first in self._first.items()
        }
        self._last = reading

    def total(self) -> dict[str, float]:
        """What was counted over all blocks; empty where none has ended."""
        return noise_between(self._first, self._last) if self.rows else {}


def _linux_counters() -> dict[str, float]:
    """Stolen time, summed over the CPUs, and the time in which something waited for a CPU."""
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    cpu = (read_text("/proc/stat") or "").split("\n", 1)[0].split()
    counters = {"steal_s": int(cpu[8]) / ticks_per_s} if len(cpu) > 8 else {}
    for line in (read_text("/proc/pressure/cpu") or "").splitlines():
        if line.startswith("some "):
            counters["cpu_pressure_s"] = int(line.rpartition("total=")[2]) / 1e6
    return counters


def _process_counters(name: str, tree: Iterable[int]) -> dict[str, float]:
    cpu_s = 0.0
    switches = 0
    counted = False
    for pid in tree:
        try:
            member = psutil.Process(pid)
            with member.oneshot():
                cpu_s += sum(member.cpu_times()[:4])
                switches += member.num_ctx_switches().involuntary
                counted = True
        except psutil.Error:
            continue
    if not counted:
        return {}
    return {f"{name}_cpu_s": cpu_s, f"{name}_involuntary_switches": float(switches)}
