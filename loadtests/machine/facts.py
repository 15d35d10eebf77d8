"""Facts about the machine and the code: what it takes to judge or repeat a measurement."""

import math
import os
import platform
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

_CPUS = "/sys/devices/system/cpu"
_PACKAGES = ("fastapi", "uvicorn", "supabase", "boto3", "locust", "pyarrow", "numpy", "scipy")


def environment_facts(root: Path) -> dict[str, dict[str, Any]]:
    """What a reader needs to judge or repeat a run, by section. Unknown facts are left out.

    Args:
        root: the folder of the measured service's code.
    """
    return {
        "machine": _known(_machine_facts(root)),
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "compiler": platform.python_compiler(),
            **_build_facts(),
            "hash_seed": os.environ.get("PYTHONHASHSEED", "random"),
            "timer_resolution_s": timer_resolution_s(),
        },
        "packages": dict(_package_versions()),
        "code": _known(_code_facts(root)),
    }


def _package_versions() -> Iterator[tuple[str, str]]:
    for name in _PACKAGES:
        # Those of the reference service are not part of every installation.
        with suppress(metadata.PackageNotFoundError):
            yield name, metadata.version(name)


def closing_facts() -> dict[str, Any]:
    """What may have changed while measuring, to be compared with the facts from before."""
    return _known(
        {
            "load_average_1min": round(os.getloadavg()[0], 2),
            "memory_free_bytes": psutil.virtual_memory().available,
            "temperature_celsius": _temperature_celsius(),
        }
    )


def _machine_facts(root: Path) -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "cpu": _cpu_model(),
        "cpus": psutil.cpu_count(),
        "cpus_usable": cpus_usable(),
        "affinity": _affinity(),
        "cpu_frequency_ghz": _frequency_ghz(),
        "governor": governor(),
        "turbo": turbo(),
        "hyperthreading": {"1": True, "0": False}.get(read_text(f"{_CPUS}/smt/active") or ""),
        "temperature_celsius": _temperature_celsius(),
        "clocksource": read_text(
            "/sys/devices/system/clocksource/clocksource0/current_clocksource"
        ),
        "hypervisor": read_text("/sys/class/dmi/id/sys_vendor"),
        "cgroup_cpus": cgroup_cpus(),
        "cgroup_memory_bytes": _cgroup_memory_bytes(memory.total),
        "address_randomisation": read_text("/proc/sys/kernel/randomize_va_space"),
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
        "swap_used_bytes": psutil.swap_memory().used,
        "filesystem": _filesystem(root),
        "disk_free_bytes": shutil.disk_usage(root).free,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_average_1min": round(os.getloadavg()[0], 2),
        "uptime_s": round(time.time() - psutil.boot_time()),
    }


def cpus_usable() -> int:
    """How many CPUs this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it.
    return len(affinity(0)) if affinity else psutil.cpu_count() or 1


def _affinity() -> str | None:
    """The CPUs that this process is kept to; None where it may use all."""
    if cpus_usable() == psutil.cpu_count():
        return None
    return ", ".join(map(str, sorted(os.sched_getaffinity(0))))


def governor() -> str | None:
    """How the CPU's frequency is chosen; None where unknown, as in most virtual machines."""
    return read_text(f"{_CPUS}/cpu0/cpufreq/scaling_governor")


def turbo() -> bool | None:
    """Whether the frequency may rise above its nominal value; None where unknown."""
    no_turbo = read_text(f"{_CPUS}/intel_pstate/no_turbo")
    if no_turbo is not None:
        return no_turbo == "0"
    return {"1": True, "0": False}.get(read_text(f"{_CPUS}/cpufreq/boost") or "")


def _frequency_ghz() -> float | None:
    # Some virtual machines have no file to read it from, and psutil then raises what it met.
    with suppress(OSError, NotImplementedError):
        frequency = psutil.cpu_freq()
        return round(frequency.current / 1000, 3) if frequency else None
    return None


def _temperature_celsius() -> float | None:
    """The hottest sensor; None where there is none."""
    read = getattr(psutil, "sensors_temperatures", None)  # Linux and FreeBSD alone have it.
    sensors = read() if read else {}
    return max((sensor.current for part in sensors.values() for sensor in part), default=None)


def timer_resolution_s(steps: int = 100) -> float:
    """The smallest step that the clock takes from which latencies are taken, as seen from here."""
    smallest_s = math.inf
    for _ in range(steps):
        began_s = now_s = time.perf_counter()
        while now_s == began_s:
            now_s = time.perf_counter()
        smallest_s = min(smallest_s, now_s - began_s)
    return float(f"{smallest_s:.2g}")


def cgroup_cpus(system: Path = Path("/")) -> float | None:
    """How many CPUs' worth of time the least of this process's cgroups grants; None: no limit."""
    grants = [int(quota) / int(period) for quota, period in _cpu_quotas(system) if int(quota) > 0]
    return min(grants, default=None)


def _cpu_quotas(system: Path) -> Iterator[tuple[str, str]]:
    for folder in _cgroup_folders(system, "cpu"):
        quota, _, period = (read_text(folder / "cpu.max") or "max").partition(" ")
        if quota != "max":
            yield quota, period
        old_quota, old_period = (
            read_text(folder / f"cpu.cfs_{it}_us") for it in ("quota", "period")
        )
        if old_quota and old_period:
            yield old_quota, old_period


def _cgroup_memory_bytes(total_bytes: int) -> int | None:
    names = ("memory.max", "memory.limit_in_bytes")
    stated = [
        read_text(folder / name)
        for folder in _cgroup_folders(Path("/"), "memory")
        for name in names
    ]
    # Version 1 says "no limit" by a number that no machine has.
    limits = [int(limit) for limit in stated if limit and limit != "max"]
    return min((limit for limit in limits if limit < total_bytes), default=None)


def _cgroup_folders(system: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's cgroup and those above it, of version 2 and of version 1."""
    for line in (read_text(system / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        base = system / "sys/fs/cgroup"
        if controllers:
            base /= controller
        if not controllers or controller in controllers.split(","):
            own = base / path.lstrip("/")
            yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(base))


def _filesystem(path: Path) -> str | None:
    """The kind of filesystem that holds a path."""
    mounts = [
        mount
        for mount in psutil.disk_partitions(all=True)
        if path.resolve().is_relative_to(mount.mountpoint)
    ]
    return max(mounts, key=lambda mount: len(mount.mountpoint)).fstype if mounts else None


def _build_facts() -> dict[str, Any]:
    """How this Python was built, which may make a fifth of its speed."""
    arguments = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    return {
        "compiler_flags": str(sysconfig.get_config_var("PY_CFLAGS") or "unknown"),
        "profile_guided": "--enable-optimizations" in arguments,
        "link_time_optimized": "--with-lto" in arguments,
    }


def _code_facts(root: Path) -> dict[str, Any]:
    lock = root / "locks" / "requirements.lock"
    status = git_line(root, "status", "--porcelain")
    return {
        "commit": git_line(root, "rev-parse", "HEAD"),
        "branch": git_line(root, "rev-parse", "--abbrev-ref", "HEAD"),
        "committed_at": git_line(root, "show", "-s", "--format=%cI", "HEAD"),
        "dirty": None if status is None else bool(status),
        "lock_sha256": sha256(lock.read_bytes()).hexdigest() if lock.exists() else None,
    }


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _cpu_model() -> str | None:
    for line in (read_text("/proc/cpuinfo") or "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or None


def read_text(path: str | Path) -> str | None:
    """A small file of the system's, stripped; None where it is missing, closed or empty."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def git_line(root: Path, *arguments: str) -> str | None:
    """What git prints in a folder, stripped; None where it fails or is missing."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def now_utc() -> str:
    """The wall clock as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
