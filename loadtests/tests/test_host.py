"""Facts and counters of this very machine."""

import os
import sys
from pathlib import Path

import pytest

from loadtests.host import environment_facts
from loadtests.noise import noise_between, noise_counters

ROOT = Path(__file__).parents[2]


def test_facts_name_machine_python_packages_and_code() -> None:
    """The record can be judged by someone who was not there."""
    facts = environment_facts(ROOT)

    assert {"machine", "python", "packages", "code"} == set(facts)
    assert sys.version.split()[0] == facts["python"]["version"]
    assert os.cpu_count() == facts["machine"]["cpus"]


def test_the_difference_of_two_readings_is_the_time_between() -> None:
    """Work done between two readings shows as CPU seconds of this process."""
    pids = {"self": os.getpid(), "gone": 2**22 + 1}
    before = noise_counters(pids)
    while noise_between(before, noise_counters(pids))["self_cpu_s"] < 0.05:
        sum(range(100_000))
    difference = noise_between(before, noise_counters(pids))

    assert difference["self_cpu_s"] >= 0.05
    assert difference["wall_s"] > 0
    assert "gone_cpu_s" not in difference


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts steal and pressure")
def test_linux_counts_stolen_time() -> None:
    """Steal is there, so that a noisy neighbour shows."""
    assert "steal_s" in noise_counters({})
