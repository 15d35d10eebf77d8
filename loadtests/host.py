"""Facts about the machine and the code, and counters of what disturbs a measurement."""

import os
import platform
import subprocess
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


def now_utc() -> str:
    """The wall clock as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
