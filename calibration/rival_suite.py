"""The same work as a pytest-benchmark suite with default settings."""

import os

from pytest_benchmark.fixture import BenchmarkFixture

from calibration.work import work

EXTRA_NAME = "VERSUS_CALIBRATION_EXTRA"


def test_work(benchmark: BenchmarkFixture) -> None:
    """The work, with the extra fraction that the environment requests."""
    benchmark(work, float(os.environ[EXTRA_NAME]))
