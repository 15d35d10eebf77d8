"""The same work as a pytest-benchmark suite, with its defaults, as anybody would write it."""

import os

from pytest_benchmark.fixture import BenchmarkFixture

from calibration.work import work

EXTRA_NAME = "VERSUS_CALIBRATION_EXTRA"


def test_work(benchmark: BenchmarkFixture) -> None:
    """The work, with as much more of it as the environment asks for."""
    benchmark(work, float(os.environ[EXTRA_NAME]))
