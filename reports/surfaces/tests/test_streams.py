"""Losing what is printed never changes what an exit code says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Its verdict is 3, and it prints more than a pipe holds.
JUDGING = """
import sys
from reports.surfaces.streams import guard_streams
from commands.ending import exit_code_of

def judge():
    sys.stderr.write("progress\\n")
    for number in range(20_000):
        sys.stdout.write(f"a line of text {number}\\n")
    sys.stdout.flush()
    return 3

guard_streams()
sys.exit(exit_code_of(judge))
"""
FULL = "versus: standard output: No space left on device; what stands there is cut off."


@pytest.mark.parametrize(
    ("redirected", "expected", "said"),
    [
        ("| head -1", 3, "a line of text 0\n"),
        ("| true", 3, ""),
        (">&-", 3, ""),
        ("2>&-", 3, None),
        (">/dev/full", 2, ""),
        ("2>/dev/full", 3, None),
        (">/dev/full 2>/dev/full", 2, ""),
        (">/dev/full 2>&-", 2, ""),
    ],
)
def test_the_exit_code_is_the_verdicts(redirected: str, expected: int, said: str | None) -> None:
    """A reader that goes away loses nothing that it wanted; a full disk loses the answer."""
    if "full" in redirected and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    ended = subprocess.run(
        [
            "bash",
            "-c",
            f'"$0" -c "$1" {redirected}; exit ${{PIPESTATUS[0]}}',
            sys.executable,
            JUDGING,
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert expected == ended.returncode, ended.stderr
    assert said in {None, ended.stdout}
    assert "Traceback" not in ended.stderr
    assert (FULL in ended.stderr) == (redirected == ">/dev/full")
