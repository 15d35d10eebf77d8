"""pytest-benchmark beside the gate: the same work, in the same minutes, by its own comparison."""

import os
import subprocess
import sys
from pathlib import Path

from calibration.rival_suite import EXTRA_NAME
from loadtests.children import dying_with_parent
from loadtests.course import MeasureError

COMPARE_FAIL = "mean:5%"
_REGRESSED = "Performance has regressed"
_SAVED = "0001"


def rival_alarms(folder: Path, root: Path, effect: float) -> bool:
    """Save a run of unchanged code, compare a run of changed code: whether that is an alarm.

    Args:
        folder: empty; takes what is saved.
        root: the project's folder.
        effect: extra work of the second run.

    Raises:
        MeasureError: it could not be asked.
    """
    _run(folder, root, 0.0, "--benchmark-save=before")
    compared = (f"--benchmark-compare={_SAVED}", f"--benchmark-compare-fail={COMPARE_FAIL}")
    return _run(folder, root, effect, *compared)


def _run(folder: Path, root: Path, effect: float, *options: str) -> bool:
    suite = root / "calibration" / "rival_suite.py"
    # Nothing of this project's own settings, so that it is asked as anybody asks it.
    bare = ["-c", os.devnull, "--rootdir", str(suite.parent), "--noconftest", "-q"]
    bare += ["-p", "no:cacheprovider", "--benchmark-only", f"--benchmark-storage=file://{folder}"]
    done = subprocess.run(
        dying_with_parent([sys.executable, "-m", "pytest", *bare, *options, str(suite)], "TERM"),
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), EXTRA_NAME: f"{effect:.4f}"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode not in {0, 1} or (done.returncode == 1) != (_REGRESSED in said):
        raise MeasureError(
            f"pytest-benchmark ended with {done.returncode} and neither passed nor compared: "
            f"{said.strip()[-300:]!r}. Calibrate again."
        )
    return done.returncode == 1
