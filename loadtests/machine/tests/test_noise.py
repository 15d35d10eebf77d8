"""Counters of this very machine."""

import os
import subprocess
import sys

import pytest

from loadtests.machine.memory import MemoryLog
from loadtests.machine.noise import HostLog, noise_between, noise_counters

pytestmark = pytest.mark.alone


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


def test_a_child_that_has_ended_still_counts() -> None:
    """Its CPU time goes to its parent, so that a database's short-lived workers are not lost."""
    pids = {"self": os.getpid()}
    before = noise_counters(pids)
    work = "import time\nwhile time.process_time() < 0.2: pass"
    subprocess.run([sys.executable, "-c", work], check=True)

    # Counted in ticks of 10 ms, and summed as floats.
    assert noise_between(before, noise_counters(pids))["self_cpu_s"] > 0.189


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts steal and pressure")
def test_linux_counts_stolen_time() -> None:
    """Steal is there, so that a noisy neighbour shows."""
    assert "steal_s" in noise_counters({})


def test_blocks_add_up_to_the_total() -> None:
    """What came before the first block is in no block, and nothing between blocks is lost."""
    log = HostLog({"self": os.getpid()})
    log.begin()
    for number in range(3):
        log.end_block("list", number, 0.0, 1.0, gc_s=0.001)

    assert [0, 1, 2] == [row.block for row in log.rows]
    assert {0.001} == {row.counters["generator_gc_s"] for row in log.rows}
    assert sum(row.counters["wall_s"] for row in log.rows) == pytest.approx(log.total()["wall_s"])


def test_a_run_without_a_block_has_no_total() -> None:
    """Nothing was measured, so nothing is said of the measured time."""
    assert {} == HostLog({}).total()


def test_memory_is_read_at_the_boundaries_of_blocks() -> None:
    """At the start, after each block, and as soon as servers were started anew."""
    own = {"": os.getpid()}
    log = HostLog({}, MemoryLog(own))
    log.begin()
    log.end_block("list", 0, 0.0, 1.0, gc_s=0.0)
    log.looked()
    log.looked({}, own)

    assert [(0, 0.0), (0, 1.0), (1, 1.0)] == [(row.start, row.time_s) for row in log.memory.rows]
    assert all(row.rss_bytes > 1_000_000 for row in log.memory.rows)
