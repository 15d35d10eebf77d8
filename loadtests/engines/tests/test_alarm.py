"""Waiting: never too short, and on Linux hardly too long."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from loadtests.engines.alarm import Alarm

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e-9, 0.0013, 0.02])
def test_waiting_is_never_too_short(seconds: float) -> None:
    """It ends when it is time, or at once where that has passed."""
    alarm = Alarm()
    began_s = time.perf_counter()
    alarm.wait(seconds)
    alarm.close()

    assert time.perf_counter() - began_s >= seconds


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such timer")
def test_waiting_is_hardly_too_long() -> None:
    """In the middle it is later than due by less than gevent's sleep, whose unit is 1 ms."""
    script = (
        "import gevent, sys, time; from loadtests.engines.alarm import Alarm\n"
        "alarm = Alarm()\n"
        "for wait in (alarm.wait, gevent.sleep) * 100:\n"
        "    due_s = time.perf_counter() + 0.0023\n"
        "    wait(0.0023)\n"
        "    print(time.perf_counter() - due_s)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    late_s = np.array(said.split(), dtype=float).reshape(-1, 2)
    ours_s, gevents_s = np.median(late_s, axis=0)

    assert ours_s < gevents_s / 2
