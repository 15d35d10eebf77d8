"""How much memory the service's processes hold, and how much they have held at most."""

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
    """The memory of services, reading by reading.

    Attributes:
        services: the first process of each, by name.
    """

    services: Mapping[str, int]
    rows: list[MemoryRow] = field(default_factory=list)
    _start: int = 0

    def read(self, time_s: float, children: Children) -> None:
        """Take a reading of each service that lives."""
        for name, pid in self.services.items():
            found = memory_of(tree_of(pid, children))
            if found:
                self.rows.append(MemoryRow(name, self._start, time_s, *found))

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
