"""Looks: pauses of a run in which a callback says which scenarios are decided."""

import io
import re
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.run.reading import Run, read_run
from contract.run.record import RunRecord
from loadtests.engines.channels import DECISIONS_FD, EVENTS_FD
from loadtests.planning.plan import load_plan
from loadtests.runner import measure

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[3]

CONFIG = """
[target]
url = "{url}"

[variants.before]
[variants.after]
headers = {{ X-Extra-Work = "2000" }}

[[scenarios]]
name = "first"
request = "GET /ok"

[[scenarios]]
name = "second"
request = "GET /busy"

[profiles.default]
measure_s = {measure_s}
block_s = 0.2
gap_ms = [0.1, 0.2]
"""


class Terminal(io.StringIO):
    """Keeps what a terminal would show."""

    def isatty(self) -> bool:
        """Pretend."""
        return True


class Looker:
    """Decides the named scenarios, and keeps what it was shown.

    Attributes:
        shown: at each look, complete measured rounds by scenario.
        records: at each look, the record.
    """

    def __init__(self, *decided: str) -> None:
        self._decided = decided
        self.shown: list[dict[str, int]] = []
        self.records: list[RunRecord] = []

    def __call__(self, record: RunRecord, samples: Any) -> Collection[str]:
        """Look once."""
        self.records.append(record)
        self.shown.append(measured_rounds(samples))
        return self._decided


def measured_rounds(samples: Any) -> dict[str, int]:
    """Measured rounds by scenario; fails where one is not whole."""
    frame = samples.to_pandas()
    frame = frame[~frame["warmup"]]
    assert {2} == set(frame.groupby(["scenario", "round"], observed=True).size())
    return dict(frame.groupby("scenario", observed=True)["round"].nunique())


def write_config(tmp_path: Path, url: str, measure_s: float) -> Path:
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG.format(url=url, measure_s=measure_s), encoding="utf-8")
    return config


def measured(
    tmp_path: Path,
    url: str,
    look: Any,
    *,
    scenarios: tuple[str, ...] = (),
    measure_s: float = 120,
) -> tuple[int, Run, str]:
    plan = load_plan(write_config(tmp_path, url, measure_s), scenarios=scenarios, seed=5)
    out = Terminal()
    ending = measure(plan, tmp_path / "runs", "", out, look=look)
    return ending.exit_code, read_run(ending.folder), out.getvalue()


def test_a_decided_run_ends_long_before_its_budget(tmp_path: Path, plain_url: str) -> None:
    """The first look sees at least 16 whole rounds; nothing is measured after it."""
    looker = Looker("first")
    exit_code, run, said = measured(tmp_path, plain_url, looker, scenarios=("first",))
    (scenario,) = run.record.scenarios

    assert (0, "complete", "decided") == (exit_code, run.record.state, scenario.ended)
    assert [{"first": scenario.rounds}] == looker.shown
    assert scenario.rounds >= 16
    assert measured_rounds(run.samples) == {"first": scenario.rounds}
    assert [(run.record.id, "partial")] == [(one.id, one.state) for one in looker.records]
    assert max(run.samples["start_s"].to_pylist()) < 60
    left = re.findall(r"(\d+:\d\d) left", said)
    assert left[0] in {"1:59", "2:00"}
    assert "0:00" == left[-1]


@pytest.mark.slow
def test_a_decided_scenario_lets_the_others_go_on(tmp_path: Path, plain_url: str) -> None:
    """The other one uses up its own budget, and no more; each look has twice the rounds."""
    looker = Looker("first")
    exit_code, run, _ = measured(tmp_path, plain_url, looker, measure_s=6)
    first, second = run.record.scenarios
    frame = run.samples.to_pandas()
    blocks = run.host.to_pandas()
    used_s = (blocks["end_s"] - blocks["start_s"]).groupby(blocks["scenario"]).sum()

    assert (0, "decided", "time") == (exit_code, first.ended, second.ended)
    assert {"first": first.rounds, "second": second.rounds} == measured_rounds(run.samples)
    assert used_s["first"] < 2.9
    assert 3.0 == pytest.approx(used_s["second"], abs=0.5)
    assert frame["start_s"][frame["scenario"] == "first"].max() < frame["start_s"].max() - 1
    seconds = [shown["second"] for shown in looker.shown if shown.get("second", 0) >= 16]
    assert len(looker.shown) >= 3
    assert second.rounds >= seconds[-1] >= 20


@pytest.mark.slow
def test_a_scenario_decided_at_the_look_of_another_is_not_begun(
    tmp_path: Path, plain_url: str
) -> None:
    """Every block has samples, also where a scenario was ended while it waited for its turn."""
    exit_code, run, _ = measured(tmp_path, plain_url, Looker("first", "second"))
    blocks = run.host.to_pandas()
    sampled = run.samples.to_pandas().groupby(["scenario", "block"], observed=True).size()

    assert 0 == exit_code
    assert {"decided"} == {scenario.ended for scenario in run.record.scenarios}
    assert len(sampled) == len(blocks)


@pytest.mark.slow
def test_looking_is_in_no_budget_but_in_the_record(tmp_path: Path, plain_url: str) -> None:
    """Looks as long as half the budget take nothing from it; host.parquet says how long."""
    began_s: list[float] = []

    def look(*_: object) -> tuple[str, ...]:
        began_s.append(time.monotonic())
        while time.monotonic() < began_s[-1] + 0.5:
            pass
        return ()

    _, run, _ = measured(tmp_path, plain_url, look, scenarios=("first",), measure_s=2)
    blocks = run.host.to_pandas()

    assert "time" == run.record.scenarios[0].ended
    assert 2.0 == pytest.approx((blocks["end_s"] - blocks["start_s"]).sum(), abs=0.5)
    assert len(began_s) == blocks["look_s"].notna().sum() >= 2
    assert blocks["look_s"].min() >= 0.5
    assert blocks["wall_s"].sum() == pytest.approx(run.record.noise["wall_s"])
    looked_s = blocks["look_s"].sum()
    end_s = blocks["end_s"].max()
    assert end_s - looked_s == pytest.approx(run.record.noise["wall_s"], abs=0.5)


@pytest.mark.slow
def test_a_look_that_fails_leaves_a_partial_run(tmp_path: Path, plain_url: str) -> None:
    """The reason is in the record, and every round that was looked at is kept."""
    shown: list[dict[str, int]] = []

    def look(record: RunRecord, samples: Any) -> tuple[str, ...]:
        shown.append(measured_rounds(samples))
        raise ZeroDivisionError("by nothing")

    exit_code, run, said = measured(tmp_path, plain_url, look)
    reason = "looking failed: ZeroDivisionError: by nothing"

    assert (4, "partial", (reason,)) == (exit_code, run.record.state, run.record.reasons)
    assert f"partial: {reason}" in said
    assert shown == [measured_rounds(run.samples)]


SCRIPT = """
import sys
from pathlib import Path
from loadtests.planning.plan import load_plan
from loadtests.runner import measure
folder = Path(sys.argv[1])

def look(*_):
    print("looking", flush=True)
    sys.stdin.readline()
    return ()

plan = load_plan(folder / "versus.toml", seed=1)
look = look if sys.argv[2] == "looks" else None
sys.exit(measure(plan, folder / "runs", "", sys.stderr, look=look).exit_code)
"""


def start(tmp_path: Path, url: str, looks: str) -> subprocess.Popen[str]:
    write_config(tmp_path, url, 300)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path), looks],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def generator_of(process: subprocess.Popen[str]) -> psutil.Process:
    (generator,) = psutil.Process(process.pid).children()
    return generator


@pytest.mark.slow
def test_ctrl_c_during_a_look_ends_everything(tmp_path: Path, plain_url: str) -> None:
    """The generator ends while it waits; the record is closed once the look lets go."""
    process = start(tmp_path, plain_url, "looks")
    assert process.stdout is not None
    assert "looking\n" == process.stdout.readline()
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(family, timeout=5)
    process.communicate("\n", timeout=15)
    run = read_run(tmp_path / "runs" / "latest")

    assert family
    assert [] == alive
    assert 130 == process.returncode
    assert ("partial", ("interrupted",)) == (run.record.state, run.record.reasons)
    assert sum(measured_rounds(run.samples).values()) >= 16


@pytest.mark.slow
def test_a_generator_that_dies_during_a_look_is_said(tmp_path: Path, plain_url: str) -> None:
    """The answer goes nowhere, and the run is closed as partial."""
    process = start(tmp_path, plain_url, "looks")
    assert process.stdout is not None
    process.stdout.readline()
    generator = generator_of(process)
    generator.kill()
    process.communicate("\n", timeout=15)
    run = read_run(tmp_path / "runs" / "latest")

    assert (4, "partial") == (process.returncode, run.record.state)
    assert "the generator was ended by SIGKILL" in run.record.reasons[0]
    assert sum(measured_rounds(run.samples).values()) >= 16


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_without_a_callback_there_is_no_control_pipe(tmp_path: Path, plain_url: str) -> None:
    """The generator has neither the pipe nor a reason to wait: it measures past the first look."""
    process = start(tmp_path, plain_url, "none")
    deadline_s = time.monotonic() + 30
    while (rounds := flushed_rounds(tmp_path)) < 100:
        assert time.monotonic() < deadline_s
        assert process.poll() is None
    environment = generator_of(process).environ()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=15)

    assert rounds >= 100
    assert EVENTS_FD in environment
    assert DECISIONS_FD not in environment


def flushed_rounds(tmp_path: Path) -> int:
    latest = tmp_path / "runs" / "latest"
    samples = read_run(latest).samples if (latest / "run.json").exists() else None
    return 0 if samples is None else samples.num_rows // 4
