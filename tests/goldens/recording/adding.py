"""A suite to be measured in two variants: by parameter, by environment, and along a number."""

import os
from typing import Any

import pytest


@pytest.mark.parametrize("size", [100, 400, 1600])
@pytest.mark.parametrize("how", ["loop", "sum"])
def test_adding(benchmark: Any, how: str, size: int) -> None:
    """Adds numbers one by one, or at once."""
    numbers = list(range(size))
    if how == "sum":
        benchmark(sum, numbers)
    else:
        benchmark(lambda: [number + 1 for number in numbers])


def test_same(benchmark: Any) -> None:
    """The same in both."""
    benchmark(sorted, list(range(200)))


def test_environment(benchmark: Any) -> None:
    """Works as long as the environment says."""
    benchmark(sum, range(int(os.environ.get("WORK", "2000"))))
