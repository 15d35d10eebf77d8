"""What is measured: work in proportion to what is asked for, and a disturber that burns a core."""

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from starlette.requests import Request

from calibration.server import EXTRA_HEADER, answer

ROOT = Path(__file__).parents[2]


def asked(extra: str) -> Request:
    name = EXTRA_HEADER.lower().encode()
    return Request({"type": "http", "headers": [(name, extra.encode())]})


def cpu_ratio(extra: str, rounds: int = 40) -> float:
    """CPU time of an answer with extra work to one without, in pairs of neighbours."""
    ratios = []
    for _ in range(rounds):
        plain_s, more_s = (_cpu_s(one) for one in ("0.0000", extra))
        ratios.append(more_s / plain_s)
    return statistics.median(ratios)


def _cpu_s(extra: str) -> float:
    began_s = time.process_time()
    asyncio.run(answer(asked(extra)))
    return time.process_time() - began_s


@pytest.mark.parametrize(("extra", "ratio"), [("0.5000", 1.5), ("1.0000", 2.0), ("3.0000", 4.0)])
def test_extra_work_takes_as_much_more_cpu_time_as_is_asked_for(extra: str, ratio: float) -> None:
    """Twice the work takes twice the time, less what an answer costs besides."""
    assert ratio == pytest.approx(cpu_ratio(extra), rel=0.15)


@pytest.mark.parametrize("extra", ["much", "-0.1", "nan", "inf", "11"])
def test_work_that_cannot_be_meant_is_refused(extra: str) -> None:
    """A slowdown that was never planted must not look like one that was not found."""
    assert 400 == asyncio.run(answer(asked(extra))).status_code


PARENT = """
import sys
import psutil
from calibration.disturber import disturbed
with disturbed(1):
    print(psutil.Process().children()[0].pid, flush=True)
    sys.stdin.readline()
"""


def test_a_disturber_burns_a_core_and_ends_with_its_parent() -> None:
    """Also where the parent is killed and cannot end it."""
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
