"""Facts of this very machine."""

import os
import sys
from pathlib import Path

import pytest

from loadtests.machine.facts import cgroup_cpus, environment_facts, timer_resolution_s

ROOT = Path(__file__).parents[3]


def test_facts_name_machine_python_packages_and_code() -> None:
    """The record can be judged by someone who was not there."""
    facts = environment_facts(ROOT)

    assert {"machine", "python", "packages", "code"} == set(facts)
    assert sys.version.split()[0] == facts["python"]["version"]
    assert os.cpu_count() == facts["machine"]["cpus"]


def cgroups(root: Path, own: str, files: dict[str, str]) -> Path:
    """A system's folder as far as its cgroups are in it."""
    for name, text in {"proc/self/cgroup": own, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/", {"cpu.max": "max 100000"}, None),
        ("0::/", {}, None),
        ("0::/a/b", {"a/cpu.max": "100000 100000", "a/b/cpu.max": "300000 100000"}, 1.0),
        ("0::/not/seen/from/here", {"cpu.max": "200000 100000"}, 2.0),
        ("2:cpu,cpuacct:/a", {"cpu/a/cpu.cfs_quota_us": "50000"}, 0.5),
        ("2:cpu:/a", {"cpu/a/cpu.cfs_quota_us": "-1"}, None),
        ("3:memory:/a", {"cpu/a/cpu.cfs_quota_us": "50000"}, None),
    ],
)
def test_the_least_quota_above_a_process_is_its_own(
    tmp_path: Path, own: str, files: dict[str, str], expected: float | None
) -> None:
    """Both versions of cgroups, a container's view of them, and no limit at all."""
    placed = {f"sys/fs/cgroup/{name}": text for name, text in files.items()}
    period = {"sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000"}

    assert expected == cgroup_cpus(cgroups(tmp_path, own, placed | period))


def test_the_clock_is_fine_enough_for_any_answer() -> None:
    """The step is seen, not believed: longer than nothing, shorter than a request."""
    assert 0 < timer_resolution_s() < 0.001
