"""Small live calibrations: what is published, and what an interruption leaves."""

import io
import json
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil
import pytest

from calibration.conduct import Progress, Step, calibrate
from calibration.scale import Scale

ROOT = Path(__file__).parents[2]
SMALL = Scale(
    effects=(0.10,),
    trace_s=1.0,
    replays_unchanged=3,
    replays_planted=2,
    live_unchanged=0,
    live_planted=0,
    truth_s=0.0,
    tails=(),
    short_pauses=False,
)


@pytest.mark.slow
def test_a_calibration_is_published_in_full(tmp_path: Path) -> None:
    """JSON, a row for each gate and a self-contained page; the exit code says if all bars are met.

    How many bars are met depends on the machine, because 1 s decides little.
    """
    out, err = io.StringIO(), io.StringIO()
    code = calibrate(tmp_path, SMALL, 5, "make calibrate <SEED=5>", out, err)
    (folder,) = tmp_path.iterdir()
    found = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    page = (folder / "calibration.html").read_text(encoding="utf-8")
    gates = pd.read_parquet(folder / "gates.parquet")

    assert (3, True, 5) == (found["schema_version"], found["complete"], found["seed"])
    assert all(bar["met"] for bar in found["bars"]) == (code == 0)
    assert code in {0, 1}
    # Of each condition: all primaries, the planted slowdown, three of every metric; p95 when quiet.
    assert 11 == len(found["verdicts"])
    assert 24 == gates["gate"].nunique() == sum(row["failed"]["of"] for row in found["verdicts"])
    assert "cpus" in found["environment"]["machine"]
    assert "make calibrate &lt;SEED=5&gt;" in page
    assert [] == re.findall(r"(?:src|href)=\"(?!#)", page)
    assert out.getvalue().splitlines()[-1].endswith("calibration.html")
    assert "disturbed: 2 replays, typical latency, +10 %: " in err.getvalue()
    assert err.getvalue().endswith("done\n")


SCRIPT = """
import sys
from pathlib import Path
from calibration.conduct import calibrate
from calibration.tests.test_conduct import SMALL
sys.exit(calibrate(Path(sys.argv[1]), SMALL, 1, "", sys.stdout, sys.stderr))
"""


@pytest.mark.slow
def test_an_interrupted_calibration_leaves_no_process(tmp_path: Path) -> None:
    """Server, generator and disturber end, and the results so far are published."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        family = disturbed_family(running)
        running.send_signal(signal.SIGINT)
        _, messages = running.communicate(timeout=30)
    _, alive = psutil.wait_procs(family, timeout=5)
    (found,) = tmp_path.glob("*/calibration.json")

    assert [] == alive
    assert 130 == running.returncode, messages
    assert "interrupted" in messages
    assert not json.loads(found.read_text(encoding="utf-8"))["complete"]


def disturbed_family(running: subprocess.Popen[str]) -> list[psutil.Process]:
    """All processes of a calibration, once it measures beside its disturber."""
    deadline_s = time.monotonic() + 120
    while True:
        family = psutil.Process(running.pid).children(recursive=True)
        words = []
        for one in family:
            with suppress(psutil.Error):  # some end while they are looked at
                words.append(" ".join(one.cmdline()))
        if all(any(name in line for line in words) for name in ("disturber.py", "locust")):
            return family
        assert running.poll() is None
        assert time.monotonic() < deadline_s


def test_progress_estimates_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measured pace of the finished steps scales the estimates of the others."""
    now_s = iter([0.0, 20.0, 60.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now_s))
    steps = [Step(title, 10.0, lambda: "") for title in ("first", "second")]
    out = io.StringIO()
    progress = Progress(out, steps)
    progress.report(steps[0], "PASS")
    progress.report(steps[1], "FAIL")

    expected = "first: PASS · about 20 s left\nsecond: FAIL · done\n"
    assert expected == out.getvalue()
