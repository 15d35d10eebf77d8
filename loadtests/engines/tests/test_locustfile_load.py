"""A run under load, through the real generator: what is delivered, and what is not."""

import io
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import psutil
import pytest

from contract.errors import ConfigError
from contract.run.columns import TIME_RESOLUTION_S
from contract.run.reading import Run, read_run
from contract.run.stream import STREAM_NAME
from loadtests.planning.plan import LoadWorkers, Plan, load_plan
from loadtests.runner import Measured, measure

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[3]

CONFIG = """
[target]
url = "{url}"

[variants.before]
[variants.after]
headers = {{ X-Extra-Work = "20000" }}

[[scenarios]]
name = "busy"
request = "GET {path}"
weight = 3

[[scenarios]]
name = "ok"
request = "GET /ok"

[load]
objective_s = 0.2
{load}

[profiles.default]
capacity_s = {capacity_s}
measure_s = {measure_s}
sub_block_s = {sub_block_s}
burn_in_s = 0.1
"""


def plan_at(
    tmp_path: Path,
    url: str,
    *,
    path: str = "/busy",
    load: str = "rate_per_s = 60",
    capacity_s: float = 0,
    measure_s: float = 4.8,
    sub_block_s: float = 0.6,
    processes: int = 1,
) -> Plan:
    config = tmp_path / "versus.toml"
    config.write_text(
        CONFIG.format(
            url=url,
            path=path,
            load=load,
            capacity_s=capacity_s,
            measure_s=measure_s,
            sub_block_s=sub_block_s,
        ),
        encoding="utf-8",
    )
    return load_plan(config, seed=5).under_load(LoadWorkers(processes=processes))


def measured(tmp_path: Path, plan: Plan) -> tuple[Measured, Run, str]:
    out = io.StringIO()
    ending = measure(plan, tmp_path / "runs", "", out)
    return ending, read_run(ending.folder), out.getvalue()


def switchback(run: Run) -> pd.DataFrame:
    """The samples that are compared, and those of their burn-in."""
    assert run.record.load is not None
    blocks = {step.block for step in run.record.load.steps if step.phase == "switchback"}
    samples: pd.DataFrame = run.samples.to_pandas()
    return samples[samples["block"].isin(blocks)].copy()


@pytest.mark.slow
def test_all_that_was_planned_is_sent_and_kept(tmp_path: Path, plain_url: str) -> None:
    """Each arrival has its sample, latency counts from when it was due, and burn-in is marked."""
    ending, run, _ = measured(tmp_path, plan_at(tmp_path, plain_url))
    load = run.record.load
    assert load is not None
    steps = [step for step in load.steps if step.phase == "switchback"]
    samples = switchback(run)

    assert (0, "complete", "load") == (ending.exit_code, run.record.state, run.record.design)
    assert (60.0, 2, 8) == (load.rate_per_s, load.blocks_planned, len(steps))
    assert [step.planned for step in steps] == [step.sent for step in steps]
    assert sum(sum(step.sent) for step in steps) == len(samples)
    assert (samples["start_s"] >= samples["intended_s"]).all()
    assert (samples["latency_s"] > samples["start_s"] - samples["intended_s"]).all()
    for step in steps:
        mine = samples[(samples["block"] == step.block) & (samples["position"] == step.position)]
        due_s = mine["intended_s"] - step.start_s
        assert {step.variant} == set(mine["variant"])
        assert due_s.between(0, 0.6).all()
        assert (mine["warmup"] == (due_s < 0.1)).all()
    planned = {one.name: one.rounds_max for one in run.record.scenarios}
    kept = samples[~samples["warmup"] & (samples["variant"] == "before")]
    assert planned == kept["scenario"].value_counts().to_dict()


@pytest.mark.slow
def test_both_variants_of_a_block_get_the_same_arrivals(tmp_path: Path, plain_url: str) -> None:
    """In each half of a block, arrivals of one number are alike in time and scenario."""
    _, run, _ = measured(tmp_path, plan_at(tmp_path, plain_url, measure_s=2.4))
    assert run.record.load is not None
    starts = {(one.block, one.position): one.start_s for one in run.record.load.steps}
    samples = switchback(run)
    samples["due_s"] = samples["intended_s"] - [
        starts[place] for place in zip(samples["block"], samples["position"], strict=True)
    ]
    samples["half"] = samples["position"] // 2
    pairs = samples.groupby(["block", "half", "round"])

    assert {2} == set(pairs["variant"].nunique())
    assert {1} == set(pairs["scenario"].nunique())
    assert 0.0 == pytest.approx(
        (pairs["due_s"].max() - pairs["due_s"].min()).max(), abs=2 * TIME_RESOLUTION_S
    )


@pytest.mark.slow
def test_a_capacity_is_found_for_each_variant(tmp_path: Path, plain_url: str) -> None:
    """The search tries rates of both variants; what is compared comes after, at a share of it."""
    plan = plan_at(tmp_path, plain_url, load="", capacity_s=4, measure_s=2.4)
    ending, run, said = measured(tmp_path, plan)
    load = run.record.load
    assert load is not None
    tried = [step for step in load.steps if step.phase == "capacity"]
    met = {
        name: [one.rate_per_s for one in tried if one.variant == name and one.met]
        for name in run.record.variants
    }

    assert (0, "complete") == (ending.exit_code, run.record.state)
    assert all(len(rates) >= 1 for rates in met.values())
    assert load.utilization == 0.6
    assert 0 < load.rate_per_s < max(min(met.values(), key=max))
    assert run.samples.to_pandas()["warmup"][: sum(sum(one.sent) for one in tried)].all()
    assert "probing before" in said


@pytest.mark.slow
def test_wrong_answers_end_the_run_as_invalid(tmp_path: Path, plain_url: str) -> None:
    """A scenario of which no probe is answered rightly is not put under load."""
    ending, run, said = measured(tmp_path, plan_at(tmp_path, plain_url, path="/broken"))

    assert (4, "invalid") == (ending.exit_code, run.record.state)
    assert {"errors"} == {one.ended for one in run.record.scenarios}
    assert "busy, before: status 500, expected 200" in said


def test_a_rate_or_a_search_is_needed(tmp_path: Path) -> None:
    """Where nothing says how much load to send, that is told before anything starts."""
    with pytest.raises(ConfigError, match=r"neither load.rate_per_s nor capacity_s"):
        plan_at(tmp_path, "http://127.0.0.1:1", load="")


def test_workers_elsewhere_need_an_address(tmp_path: Path) -> None:
    """A service that is started here listens on loopback, where no other machine finds it."""
    config = tmp_path / "versus.toml"
    content = CONFIG.format(
        url="", path="/ok", load="rate_per_s = 9", capacity_s=0, measure_s=1, sub_block_s=1
    )
    config.write_text(content.replace('url = ""', 'command = ["python3", "server.py"]'))

    with pytest.raises(ConfigError, match="workers on other machines cannot reach a service"):
        load_plan(config, seed=5).under_load(LoadWorkers(remote=2))


def test_a_burn_in_leaves_something_to_compare(tmp_path: Path) -> None:
    """A burn-in as long as its sub-block is refused."""
    plan_at(tmp_path, "http://127.0.0.1:1", sub_block_s=0.2)
    config = tmp_path / "versus.toml"
    config.write_text(config.read_text().replace("burn_in_s = 0.1", "burn_in_s = 0.2"))

    with pytest.raises(ConfigError, match="burn_in_s must be shorter"):
        load_plan(config, seed=5).under_load(LoadWorkers())


@pytest.mark.slow
def test_two_workers_send_what_one_process_would(tmp_path: Path, plain_url: str) -> None:
    """The same seed gives the same arrivals, however many send them."""
    (_, alone, _), (ending, shared, said) = (
        measured(tmp_path, plan_at(tmp_path, plain_url, processes=count, measure_s=2.4))
        for count in (1, 2)
    )
    place = ["block", "position", "round", "scenario", "variant"]
    assert shared.record.load is not None

    assert (0, "complete", 2) == (ending.exit_code, shared.record.state, shared.record.load.workers)
    assert {2} == {len(one.sent) for one in shared.record.load.steps if one.phase == "switchback"}
    assert (
        switchback(alone)[place].sort_values(place).to_numpy().tolist()
        == switchback(shared)[place].sort_values(place).to_numpy().tolist()
    )
    assert "worker 2 of 2 is here" in said


@contextmanager
def loading(tmp_path: Path, url: str, options: str) -> Iterator[subprocess.Popen[str]]:
    """A measurement in a process of its own, from its first kept samples on."""
    script = (
        "import sys; from pathlib import Path;"
        "from loadtests.engines.tests.test_locustfile_load import plan_at;"
        "from loadtests.runner import measure;"
        "folder = Path(sys.argv[1]);"
        f"plan = plan_at(folder, sys.argv[2], {options});"
        "sys.exit(measure(plan, folder / 'runs', '', sys.stderr).exit_code)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), url],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_for(lambda: kept_bytes(tmp_path) > 20_000 or process.poll() is not None)
        try:
            yield process
        finally:
            process.kill()


def kept_bytes(tmp_path: Path) -> int:
    stream = tmp_path / "runs" / "latest" / STREAM_NAME
    return stream.stat().st_size if stream.exists() else 0


def wait_for(condition: Callable[[], bool], timeout_s: float = 40) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_worker_makes_the_run_invalid(tmp_path: Path, plain_url: str) -> None:
    """What it did not send is told as a shortfall, what came before is kept, nothing lives on."""
    options = "processes=2, measure_s=120, load='rate_per_s = 200', path='/ok'"
    with loading(tmp_path, plain_url, options) as process:
        family = psutil.Process(process.pid).children(recursive=True)
        workers = [one for one in family if "--worker" in one.cmdline()]
        workers[0].kill()
        _, said = process.communicate(timeout=30)
    run = read_run(tmp_path / "runs" / "latest")
    assert run.record.load is not None
    last = run.record.load.steps[-1]

    assert 2 == len(workers)
    assert 4 == process.returncode
    assert "invalid" == run.record.state
    assert "was lost in block" in run.record.reasons[0]
    assert "a shortfall of " in said
    assert 0 in last.sent
    assert run.samples.num_rows > 0
    assert [] == psutil.wait_procs(family, timeout=5)[1]


@pytest.mark.slow
def test_a_frozen_service_shows_as_seconds(tmp_path: Path) -> None:
    """A service that stands still for 2 of 10 s shows in p90 and p99, as it would to its users."""
    script = Path(__file__).parents[3] / "loadtests" / "tests" / "plain_server.py"
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        url = f"http://127.0.0.1:{one.stdout.readline().strip()}"
        options = "path='/ok', measure_s=10, sub_block_s=2.5, load='rate_per_s = 100'"
        try:
            with loading(tmp_path, url, options) as process:
                thaw = threading.Timer(2.0, one.send_signal, [signal.SIGCONT])
                one.send_signal(signal.SIGSTOP)
                thaw.start()
                process.communicate(timeout=90)
        finally:
            one.send_signal(signal.SIGCONT)
            one.terminate()
    run = read_run(tmp_path / "runs" / "latest")
    samples = switchback(run)
    latency_s = samples[~samples["warmup"]]["latency_s"]

    assert 0 == process.returncode
    assert latency_s.quantile(0.5) < 0.1
    assert latency_s.quantile(0.9) > 0.4
    assert latency_s.quantile(0.99) > 1.4
