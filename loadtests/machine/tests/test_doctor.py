"""What hurts is found, with a remedy; a machine that is fit is let be."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.machine import doctor
from loadtests.machine.doctor import Facts, findings

ROOT = Path(__file__).parents[3]
FIT = Facts(
    cpus_usable=2,
    cgroup_cpus=2.0,
    governor="performance",
    turbo=False,
    on_battery=False,
    load_per_cpu=0.5,
    steal_share=0.01,
    pressure_share=0.05,
    timer_resolution_s=1e-6,
    memory_free_bytes=1_000_000_000,
    swap_used_share=0.1,
    disk_free_bytes=1_000_000_000,
    setpriv=True,
    chromium=True,
    postgrest=True,
)


@pytest.mark.parametrize(
    "silent",
    [
        {},
        {"cgroup_cpus": None, "governor": None, "turbo": None},
        {"steal_share": None, "pressure_share": None},
        {"cgroup_cpus": 8.0},
    ],
)
def test_a_fit_machine_has_no_finding(silent: dict[str, Any]) -> None:
    """On every limit is still fit, and what nobody tells is not held against the machine."""
    assert () == findings(replace(FIT, **silent))


@pytest.mark.parametrize(
    ("change", "what", "serious"),
    [
        ({"cpus_usable": 1, "cgroup_cpus": None}, "1 usable CPU", True),
        ({"cgroup_cpus": 1.5}, "a CPU quota of 1.5 CPUs on 2", True),
        ({"governor": "powersave"}, "frequency governor powersave", True),
        ({"turbo": True}, "turbo is on", False),
        ({"on_battery": True}, "running on battery", True),
        ({"load_per_cpu": 0.51}, "load average 0.51 for each CPU", True),
        ({"steal_share": 0.011}, "1.1 % of the CPU time stolen", True),
        ({"pressure_share": 0.06}, "6 % of the time something waited", True),
        ({"timer_resolution_s": 1.5e-3}, "steps of 1500 µs", True),
        ({"memory_free_bytes": 999_000_000}, "999 MB of memory free", True),
        ({"swap_used_share": 0.2}, "swap in use, 20 % of the memory", True),
        ({"disk_free_bytes": 5_000_000}, "5 MB of disk free", True),
        ({"postgrest": False}, "PostgREST is missing", True),
        ({"setpriv": False}, "setpriv is missing", False),
        ({"chromium": False}, "Chromium is missing", False),
    ],
)
def test_each_thing_that_hurts_is_found_alone(
    change: dict[str, Any], what: str, *, serious: bool
) -> None:
    """One fact beyond its limit is one finding, with a reason and a remedy."""
    (found,) = findings(replace(FIT, **change))

    assert what in found.what
    assert serious == found.serious
    assert found.why
    assert found.remedy[0].isupper()


def test_this_machine_is_examined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line each, the serious first, and an exit code that agrees with the last line."""
    monkeypatch.setattr(doctor, "WATCH_S", 0.05)
    monkeypatch.setenv("POSTGREST_BIN", str(tmp_path / "none"))
    out = io.StringIO()
    code, _ = doctor.main(tmp_path / "not" / "yet", out)
    _, *lines, last = out.getvalue().splitlines()
    labels = [line.split(": ")[0] for line in lines]

    assert 3 == code
    assert labels == sorted(labels)
    assert any(line.startswith("hurts: PostgREST is missing: ") for line in lines)
    assert all(re.fullmatch(r"(hurts|note): .+: .+\. .+\.", line) for line in lines)
    assert f"{labels.count('hurts')} of these will hurt a measurement" == last
