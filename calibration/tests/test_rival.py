from pathlib import Path

import pytest

from calibration.rival import rival_alarms
from loadtests.errors import MeasureError

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_pytest_benchmark_compares_the_same_work(tmp_path: Path) -> None:
    """It fails for five times the work, whatever else the machine does."""
    assert rival_alarms(tmp_path, 4.0)


def test_an_error_of_the_suite_is_no_verdict(tmp_path: Path) -> None:
    """Without a suite neither a pass nor an alarm is reported."""
    with pytest.raises(MeasureError, match="without a comparison"):
        rival_alarms(tmp_path, 0.0, tmp_path / "missing.py")
