"""Facts about the machine and the code, and counters of what disturbs a measurement."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

_PACKAGES = ("fastapi", "uvicorn", "supabase", "boto3", "locust", "pyarrow", "numpy", "scipy")


def environment_facts(root: Path) -> dict[str, dict[str, Any]]:
    """What a reader needs to judge or repeat a run, by section. Unknown facts are left out."""
    return {
        "machine": _known(_machine_facts()),
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "compiler": platform.python_compiler(),
            "hash_seed": os.environ.get("PYTHONHASHSEED", "random"),
            "timer_resolution_s": time.get_clock_info("perf_counter").resolution,
        },
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "code": _known(_code_facts(root)),
    }


def _machine_facts() -> dict[str, Any]:
    memory = psutil.virtual_memory()
    return {
        "cpu": _cpu_model(),
        "cpus": psutil.cpu_count(),
        "cpus_usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "governor": _text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "hypervisor": _text("/sys/class/dmi/id/sys_vendor"),
        "cgroup_cpu_limit": _text("/sys/fs/cgroup/cpu.max"),
        "address_randomisation": _text("/proc/sys/kernel/randomize_va_space"),
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load_average_1min": round(os.getloadavg()[0], 2),
        "uptime_s": round(time.time() - psutil.boot_time()),
    }


def _code_facts(root: Path) -> dict[str, Any]:
    lock = root / "locks" / "requirements.lock"
    status = _git(root, "status", "--porcelain")
    return {
        "commit": _git(root, "rev-parse", "HEAD"),
        "branch": _git(root, "rev-parse", "--abbrev-ref", "HEAD"),
        "committed_at": _git(root, "show", "-s", "--format=%cI", "HEAD"),
        "dirty": None if status is None else bool(status),
        "lock_sha256": sha256(lock.read_bytes()).hexdigest() if lock.exists() else None,
    }


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def _cpu_model() -> str | None:
    for line in (_text("/proc/cpuinfo") or "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or None


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def noise_counters(pids: Mapping[str, int]) -> dict[str, float]:
    """Running totals, so that the difference of two readings tells of the time between them.

    Args:
        pids: the processes to account for, by name; one that has ended is left out.
    """
    counters = {"wall_s": time.monotonic()}
    if sys.platform == "linux":
        counters |= _linux_counters()
    for name, pid in pids.items():
        counters |= _process_counters(name, pid)
    return counters


def noise_between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What happened between two readings of `noise_counters`."""
    return {name: after[name] - before[name] for name in before if name in after}


def _linux_counters() -> dict[str, float]:
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    cpu = (_text("/proc/stat") or "").split("\n", 1)[0].split()
    counters = {"steal_s": int(cpu[8]) / ticks_per_s} if len(cpu) > 8 else {}
    for line in (_text("/proc/pressure/cpu") or "").splitlines():
        if line.startswith("some "):
            counters["cpu_pressure_s"] = int(line.rpartition("total=")[2]) / 1e6
    return counters


def _process_counters(name: str, pid: int) -> dict[str, float]:
    """CPU seconds and involuntary switches of a process and its living children."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return {}
    cpu_s = 0.0
    switches = 0
    for member in family:
        try:
            with member.oneshot():
                times = member.cpu_times()
                cpu_s += times.user + times.system
                switches += member.num_ctx_switches().involuntary
        except psutil.Error:
            continue
    return {f"{name}_cpu_s": cpu_s, f"{name}_involuntary_switches": float(switches)}


def now_utc() -> str:
    """The wall clock as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
