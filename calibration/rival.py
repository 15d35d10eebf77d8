"""pytest-benchmark's own comparison of the same work, in the same minutes as the gates."""

import os
import subprocess
import sys
from pathlib import Path

from calibration.rival_suite import EXTRA_NAME
from calibration.subject import ROOT
from loadtests.children import dying_with_parent
from loadtests.errors import MeasureError

SUITE = Path(__file__).with_name("rival_suite.py")
COMPARE_FAIL = "mean:5%"
_REGRESSED = "Performance has regressed"
_SAVED = "0001"


def rival_alarms(folder: Path, effect: float, suite: Path = SUITE) -> bool:
    """Save a run of unchanged code, then compare a run of changed code with it.

    Args:
        folder: empty; takes the saved run.
        effect: extra work of the second run.
        suite: of the work.

    Returns: whether the comparison failed.

    Raises:
        MeasureError: pytest-benchmark did not run.
    """
    _run(folder, suite, 0.0, "--benchmark-save=before")
    compared = (f"--benchmark-compare={_SAVED}", f"--benchmark-compare-fail={COMPARE_FAIL}")
    return _run(folder, suite, effect, *compared)


def _run(folder: Path, suite: Path, effect: float, *options: str) -> bool:
    # Without this project's settings, as in any other project.
    bare = ["-c", os.devnull, "--rootdir", str(suite.parent), "--noconftest", "-q"]
    bare += ["-p", "no:cacheprovider", "--benchmark-only", f"--benchmark-storage=file://{folder}"]
    done = subprocess.run(
        dying_with_parent([sys.executable, "-m", "pytest", *bare, *options, str(suite)], "TERM"),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), EXTRA_NAME: f"{effect:.4f}"},
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    if done.returncode not in {0, 1} or (done.returncode == 1) != (_REGRESSED in output):
        raise MeasureError(
            f"pytest-benchmark ended with exit code {done.returncode} without a comparison: "
            f"{output.strip()[-300:]!r}. Calibrate again."
        )
    return done.returncode == 1
