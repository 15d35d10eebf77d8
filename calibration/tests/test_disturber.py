import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


PARENT = """
import sys
import psutil
from calibration.disturber import disturbed
with disturbed(1):
    print(psutil.Process().children()[0].pid, flush=True)
    sys.stdin.readline()
"""


def test_a_disturber_uses_a_core_and_ends_with_its_parent() -> None:
    """It ends even if the parent is killed and cannot stop it."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        disturber = psutil.Process(int(parent.stdout.readline()))
        deadline_s = time.monotonic() + 20
        while sum(disturber.cpu_times()[:2]) < 0.1:
            assert time.monotonic() < deadline_s
        parent.kill()
    gone, alive = psutil.wait_procs([disturber], timeout=5)

    assert ([disturber], []) == (gone, alive)
