from pathlib import Path

import pytest

from calibration import tails
from calibration.slowdown import slower
from calibration.tests.traces import make_trace


@pytest.mark.slow
def test_shares_are_counted(tmp_path: Path) -> None:
    """A p95 that is three times as long is found in all runs of 3,000 rounds."""
    found = tails.shares(make_trace(tmp_path, 3200), 3000, slower(2.0), 3)

    assert (3, 3, 3) == (found["runs"], found["fail"], found["held_familywise"])
    assert 0 < found["width"] < 1
