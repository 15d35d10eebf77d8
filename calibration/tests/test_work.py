import statistics
import time

import pytest

from calibration.work import STEPS, work


def cpu_ratio(extra: str, rounds: int = 40) -> float:
    """The median ratio of CPU times, with extra work / without, in adjacent pairs."""
    ratios = []
    for _ in range(rounds):
        plain_s, more_s = (_cpu_s(one) for one in ("0.0000", extra))
        ratios.append(more_s / plain_s)
    return statistics.median(ratios)


def _cpu_s(extra: str) -> float:
    began_s = time.process_time()
    work(float(extra))
    return time.process_time() - began_s


@pytest.mark.slow
@pytest.mark.parametrize(("extra", "ratio"), [("0.5000", 1.5), ("1.0000", 2.0), ("3.0000", 4.0)])
def test_extra_work_takes_proportional_cpu_time(extra: str, ratio: float) -> None:
    """Twice the work takes twice the time."""
    assert ratio == pytest.approx(cpu_ratio(extra), rel=0.15)


def test_the_work_is_the_same_each_time() -> None:
    """The end of the sequence depends on the number of steps only."""
    assert work(0.0) == work(0.0) == pow(48_271, STEPS, 2**31 - 1)
    assert pow(48_271, round(STEPS * 1.05), 2**31 - 1) == work(0.05)
