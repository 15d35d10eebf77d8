"""Calibrations, live and small: gates, rivals, what is published, what interruptions leave."""

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

from calibration.conduct import calibrate
from calibration.live import Site
from calibration.rival import rival_alarms
from calibration.scale import FAST, HORIZON_S, Scale, scale_of

ROOT = Path(__file__).parents[2]
SMALL = Scale(
    effects=(0.10,),
    trace_s=1.0,
    replays_unchanged=3,
    replays_planted=2,
    live_unchanged=0,
    live_planted=0,
    truth_s=0.0,
)


def test_a_live_gate_calls_planted_work(tmp_path: Path) -> None:
    """Server, generator, looks and gate as they are; half as much work again shows at once."""
    gate = Site(ROOT, tmp_path, "make calibrate").gate("quiet", 0.50, 8.0, 5)

    assert "FAIL" == gate.verdict, gate
    assert 1.0 < gate.low_familywise < 1.5
    assert gate.measured_s < 8.0


def test_the_rival_is_asked_about_the_same_work(tmp_path: Path) -> None:
    """Five times the work is more than 5 % to it, whatever else the machine does."""
    assert rival_alarms(tmp_path, ROOT, 4.0)


def test_a_calibration_is_published_in_full(tmp_path: Path) -> None:
    """JSON, a row for each gate and a page with nothing from elsewhere; the code says how it went.

    How many bars are met depends on the machine: 1 s of it decides little.
    """
    out, err = io.StringIO(), io.StringIO()
    code = calibrate(ROOT, tmp_path, SMALL, 5, "make calibrate <SEED=5>", out, err)
    (folder,) = tmp_path.iterdir()
    found = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    page = (folder / "calibration.html").read_text(encoding="utf-8")
    gates = pd.read_parquet(folder / "gates.parquet")

    assert (2, True, 5) == (found["schema_version"], found["complete"], found["seed"])
    assert all(bar["met"] for bar in found["bars"]) == (code == 0)
    assert code in {0, 1}
    assert 4 == len(found["verdicts"])
    assert 10 == len(gates) == sum(row["failed"]["of"] for row in found["verdicts"])
    assert "cpus" in found["environment"]["machine"]
    assert "make calibrate &lt;SEED=5&gt;" in page
    assert [] == re.findall(r"<script|(?:src|href)=\"(?!#)", page)
    assert out.getvalue().splitlines()[-1].endswith("calibration.html")
    assert "disturbed: 2 replays, +10 %: " in err.getvalue()
    assert err.getvalue().endswith("done\n")


SCRIPT = """
import sys
from pathlib import Path
from calibration.conduct import calibrate
from calibration.tests.test_conduct import SMALL
sys.exit(calibrate(Path.cwd(), Path(sys.argv[1]), SMALL, 1, "", sys.stdout, sys.stderr))
"""


def test_an_interrupted_calibration_leaves_no_process(tmp_path: Path) -> None:
    """Server, generator and disturber end, and what was found so far is published."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        family = disturbed_family(running)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
    _, alive = psutil.wait_procs(family, timeout=5)
    (found,) = tmp_path.glob("*/calibration.json")

    assert [] == alive
    assert 130 == running.returncode, said
    assert "interrupted" in said
    assert not json.loads(found.read_text(encoding="utf-8"))["complete"]


def disturbed_family(running: subprocess.Popen[str]) -> list[psutil.Process]:
    """All processes of a calibration, as soon as it measures beside its disturber."""
    deadline_s = time.monotonic() + 60
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


def test_every_effect_has_its_time() -> None:
    """Whatever may be asked for, live or replayed, in both modes."""
    for scale in (FAST, scale_of(40, ())):
        for effect in (0.0, *scale.effects):
            assert 0 < scale.replay_horizon_s(effect) <= scale.trace_s / 2
            assert HORIZON_S[effect] > 0


def test_live_gates_are_as_many_as_asked_for() -> None:
    """The number is of unchanged code; fewer of what costs more, rounded up."""
    scale = scale_of(5, [0.03])

    assert (5, 3, 2) == tuple(scale.live("quiet", effect) for effect in (0.0, 0.03, 0.01))
    assert (3, 2, 1) == tuple(scale.live("disturbed", effect) for effect in (0.0, 0.03, 0.01))
    assert (0.03,) == scale.effects
    assert FAST.live_unchanged == scale_of(0, ()).live("quiet", 0.0)
