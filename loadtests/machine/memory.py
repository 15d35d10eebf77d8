"""How much memory and how many descriptors the target's processes hold."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import psutil

from contract.run.memory import MemoryRow
from loadtests.machine.facts import read_text
from loadtests.machine.trees import PROCESSES_MAX, Children, tree_of

_SIZE = re.compile(r"^(VmRSS|VmHWM):\s*(\d+) kB$", re.MULTILINE)


def services_of(variants: Sequence[str], pids: Sequence[int]) -> dict[str, int]:
    """The first process of each service by its variant; one that serves all has no name."""
    if len(set(pids)) == 1:
        return {"": pids[0]}
    return dict(zip(variants, pids, strict=True)) if pids else {}


@dataclass
class MemoryLog:
    """The memory of services and of other parts of the target, reading by reading.

    Attributes:
        services: the first process of each, by name.
        parts: likewise of what they need, such as a database.
    """

    services: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    rows: list[MemoryRow] = field(default_factory=list)
    _start: int = 0

    def read(self, time_s: float, children: Children) -> None:
        """Take a reading of each service and part that lives."""
        read = [(name, self._start, "", pid) for name, pid in self.services.items()]
        read += [("", 0, name, pid) for name, pid in self.parts.items()]
        for name, start, part, pid in read:
            tree = tree_of(pid, children)
            if found := memory_of(tree):
                descriptors = descriptors_of(tree)
                self.rows.append(MemoryRow(name, start, time_s, *found, descriptors, part))

    def restarted(self, services: Mapping[str, int]) -> None:
        """Go on with services that were started anew."""
        self.services = services
        self._start += 1


def memory_of(tree: Iterable[int]) -> tuple[int, int | None] | None:
    """Resident now and at most, in bytes, summed over processes; None where there are none.

    What they share counts for each. The largest is known on Linux alone.
    """
    rss_bytes = peak_bytes = 0
    counted, peaks = 0, 0
    for pid in list(tree)[:PROCESSES_MAX]:
        sizes = dict(_SIZE.findall(read_text(f"/proc/{pid}/status") or ""))
        try:
            known = int(sizes["VmRSS"]) * 1024 if sizes else psutil.Process(pid).memory_info().rss
        except (psutil.Error, KeyError):
            continue  # It has ended.
        if not known:
            continue  # It has ended, and nobody has taken note.
        counted += 1
        rss_bytes += known
        if "VmHWM" in sizes:
            peaks += 1
            peak_bytes += int(sizes["VmHWM"]) * 1024
    if not counted:
        return None
    return rss_bytes, peak_bytes if peaks == counted else None


def descriptors_of(tree: Iterable[int]) -> int | None:
    """Open descriptors, summed over processes; None where one's cannot be read."""
    total = 0
    for pid in list(tree)[:PROCESSES_MAX]:
        try:
            total += psutil.Process(pid).num_fds()
        except psutil.AccessDenied:
            return None
        except psutil.Error:
            continue  # It has ended.
    return total
