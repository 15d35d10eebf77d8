"""Measuring a server that is not ours, through the real generator."""

import io
import math
import resource
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from contract.run.files import describe_file
from contract.run.host import HOST_NAME
from contract.run.reading import Run, read_run
from loadtests import runner
from loadtests.errors import MeasureError
from loadtests.planning.plan import LoadWorkers, load_plan
from loadtests.runner import Measured, measure

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]

CONFIG = """
[target]
url = "{url}"
stages = ["db", "total"]
counters = ["db_rows"]

[variants.before]
[variants.after]
headers = {{ X-Extra-Work = "20000" }}

[[scenarios]]
name = "busy"
request = "GET {path}"

[profiles.default]
measure_s = {measure_s}
block_s = 0.4
gap_ms = [0.5, 1.0]
"""


def config_at(tmp_path: Path, url: str, path: str = "/busy", measure_s: float = 1.2) -> Path:
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG.format(url=url, path=path, measure_s=measure_s), encoding="utf-8")
    return config


def measured(tmp_path: Path, url: str, path: str = "/busy") -> tuple[Measured, Run, str]:
    out = io.StringIO()
    ending = measure(load_plan(config_at(tmp_path, url, path), seed=5), tmp_path / "runs", "", out)
    return ending, read_run(ending.folder), out.getvalue()


def test_every_request_is_in_the_record(tmp_path: Path, plain_url: str) -> None:
    """Rounds are whole and paired, and each sample has its time, size, stages and cost."""
    ending, run, _ = measured(tmp_path, plain_url)
    samples = run.samples.to_pandas()
    kept = samples[~samples["warmup"]]

    assert (0, "complete") == (ending.exit_code, run.record.state)
    assert ending.samples == len(samples)
    assert {2} == set(samples.groupby("round").size())
    assert run.record.scenarios[0].rounds == kept["round"].nunique() >= 20
    assert {0, 1} == set(samples["position"])
    assert {200} == set(samples["status"])
    assert {(14, 14)} == set(zip(samples["wire_bytes"], samples["body_bytes"], strict=True))
    assert {(0.0015, 0.002, 3.0)} == set(
        zip(
            samples["stage_db_s"], samples["stage_total_s"], samples["counter_db_rows"], strict=True
        )
    )
    assert (samples["start_s"] >= samples["intended_s"]).all()
    assert 1 == samples["body_hash"].nunique()


@pytest.mark.slow
def test_the_host_is_counted_in_every_block(tmp_path: Path, plain_url: str) -> None:
    """Each block of the samples has a row of counters, and the file's checksum is in the record."""
    _, run, _ = measured(tmp_path, plain_url)
    host = run.host.to_pandas()
    times = run.samples.to_pandas().groupby("block")["start_s"].agg(["min", "max"])

    assert list(times.index) == list(host["block"])
    assert (host["start_s"].to_numpy() <= times["min"].to_numpy()).all()
    assert (host["end_s"].to_numpy() >= times["max"].to_numpy()).all()
    assert (host["generator_cpu_s"] > 0).all()
    assert (host["generator_gc_s"] > 0).all()
    assert host["generator_cpu_s"].sum() == pytest.approx(run.record.noise["generator_cpu_s"])
    assert describe_file(run.folder / HOST_NAME) == run.record.files[HOST_NAME]


@pytest.mark.slow
def test_rounds_longer_than_a_block_are_compared(tmp_path: Path, plain_url: str) -> None:
    """Each block compares three rounds, though already its first outlasts it; the last may not."""
    config = config_at(tmp_path, plain_url, measure_s=0.3)
    config.write_text(config.read_text().replace("block_s = 0.4", "block_s = 0.0001"))
    ending = measure(load_plan(config, seed=5), tmp_path / "runs", "", io.StringIO())
    samples = read_run(ending.folder).samples.to_pandas()
    kept = samples[~samples["warmup"]].groupby("block")["round"].nunique()
    *whole, last = kept

    assert (0, set(samples["block"])) == (ending.exit_code, set(kept.index))
    assert {3} == set(whole)
    assert last in {1, 2, 3}


@pytest.mark.slow
def test_more_work_shows_as_more_latency(tmp_path: Path, plain_url: str) -> None:
    """The variant that works twice as long is the slower one, by the record alone."""
    _, run, _ = measured(tmp_path, plain_url)
    samples = run.samples.to_pandas()
    medians = samples[~samples["warmup"]].groupby("variant", observed=True)["latency_s"].median()

    assert math.log(medians["after"] / medians["before"]) > 0.1


@pytest.mark.slow
def test_wrong_answers_end_the_run_as_invalid(tmp_path: Path, plain_url: str) -> None:
    """Ten errors in a row of one variant are enough; they are recorded, and one line says what."""
    ending, run, said = measured(tmp_path, plain_url, "/broken")

    assert (4, "invalid", "errors") == (
        ending.exit_code,
        run.record.state,
        run.record.scenarios[0].ended,
    )
    assert {"status 500, expected 200"} == set(run.samples["error"].to_pylist())
    assert "status 500, expected 200" in said
    assert 20 == ending.samples


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/broken-after", "status 500, expected 200"),
        ("/short-after", "the body lacks 83 bytes"),
        ("/garbled-after", "Content-Encoding gzip: the body is broken"),
    ],
)
def test_wrong_answers_of_one_variant_are_never_fast_ones(
    tmp_path: Path, plain_url: str, path: str, error: str
) -> None:
    """A variant that fails, cuts its bodies short or garbles them ends the run as invalid."""
    ending, run, said = measured(tmp_path, plain_url, path)
    samples = run.samples.to_pandas()

    assert (4, "invalid") == (ending.exit_code, run.record.state)
    assert "busy, after: " in said
    assert error in said
    assert {""} == set(samples["error"][samples["variant"] == "before"])
    assert samples["error"][samples["variant"] == "after"].str.contains(error).all()


@pytest.mark.slow
def test_variants_share_no_cookies(tmp_path: Path, plain_url: str) -> None:
    """What one variant was given, the other does not bring back: bodies tell who brought what."""
    _, run, _ = measured(tmp_path, plain_url, "/cookie")
    samples = run.samples.to_pandas()

    assert 1 == samples["body_hash"].nunique()


@pytest.mark.slow
def test_a_service_slower_than_a_block_is_still_measured(tmp_path: Path, plain_url: str) -> None:
    """Each block has a round that counts, after its warm-up."""
    _, run, _ = measured(tmp_path, plain_url, "/slow")

    assert run.record.scenarios[0].rounds >= 1


def test_nobody_listening_is_said_with_the_address(tmp_path: Path) -> None:
    """The first thing that is done is to knock."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = "http://{}:{}".format(*listening.getsockname())
    with pytest.raises(MeasureError, match=rf"nothing answers at {url} \(connection refused\)"):
        measured(tmp_path, url)

    assert not (tmp_path / "runs").exists()


def test_a_port_for_workers_that_is_taken_is_found_beforehand(tmp_path: Path) -> None:
    """No folder is left behind, and nothing else is said."""
    out = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = "http://{}:{}".format(*listening.getsockname())
        plan = load_plan(config_at(tmp_path, url), seed=5)
        workers = LoadWorkers(processes=2, port=listening.getsockname()[1])
        with pytest.raises(MeasureError, match=r"in use.*Choose another --bind or --port"):
            measure(replace(plan, workers=workers), tmp_path / "runs", "", out, notes=["no budget"])

    assert "" == out.getvalue()
    assert not (tmp_path / "runs").exists()


def test_a_fault_of_versus_is_shown_and_keeps_the_run(
    tmp_path: Path, plain_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a traceback and exit code 2; what was recorded stays readable."""
    monkeypatch.setattr(runner, "generate", lambda *_: 1 / 0)
    ending, run, said = measured(tmp_path, plain_url)

    assert (2, "partial") == (ending.exit_code, run.record.state)
    assert "Traceback (most recent call last)" in said
    assert "this is a fault of Versus, shown above: ZeroDivisionError" in said


@pytest.mark.slow
def test_a_server_that_dies_leaves_what_was_recorded(tmp_path: Path, plain_url: str) -> None:
    """No answer is an error of its own kind, not a fast answer."""
    ending, run, said = measured(tmp_path, plain_url, "/fatal")

    assert (4, "invalid") == (ending.exit_code, run.record.state)
    assert {0} == set(run.samples["status"].to_pylist())
    assert "stopped because of wrong answers" in said


def start_bench(tmp_path: Path, url: str) -> subprocess.Popen[str]:
    """A long measurement in a process of its own, returned when the first samples are on disk."""
    config_at(tmp_path, url, measure_s=300)
    script = (
        "import sys; from pathlib import Path;"
        "from loadtests.planning.plan import load_plan; from loadtests.runner import measure;"
        "folder = Path(sys.argv[1]);"
        "plan = load_plan(folder / 'versus.toml', seed=1);"
        "sys.exit(measure(plan, folder / 'runs', '', sys.stderr).exit_code)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    deadline_s = time.monotonic() + 30
    while not any(
        stream.stat().st_size > 4096 for stream in (tmp_path / "runs").glob("2*/samples.arrows")
    ):
        assert process.poll() is None
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    return process


def all_gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=5)
    return not alive


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_kept_and_marked(
    tmp_path: Path, plain_url: str, number: signal.Signals
) -> None:
    """Ctrl-C ends everything within seconds, with 130 and a readable partial record."""
    process = start_bench(tmp_path, plain_url)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    _, said = process.communicate(timeout=15)
    run = read_run(tmp_path / "runs" / "latest")

    assert 130 == process.returncode
    assert all_gone(family)
    assert ("partial", ("interrupted",)) == (run.record.state, run.record.reasons)
    assert run.samples.num_rows > 0
    assert "partial: interrupted" in said


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with a killed parent")
def test_a_killed_run_leaves_no_process_and_stays_readable(tmp_path: Path, plain_url: str) -> None:
    """What was flushed before SIGKILL is read back as a partial run."""
    process = start_bench(tmp_path, plain_url)
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=15)
    run = read_run(tmp_path / "runs" / "latest")

    assert family
    assert all_gone(family)
    assert "partial" == run.record.state
    assert run.samples.num_rows > 0


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_loses_nothing_written(
    tmp_path: Path, plain_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator stops at the first write that fails, and the record before it is readable."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limit[1]))
    try:
        out = io.StringIO()
        ending = measure(
            load_plan(config_at(tmp_path, plain_url, measure_s=20), seed=5),
            tmp_path / "runs",
            "",
            out,
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    run = read_run(ending.folder)

    assert (4, "partial") == (ending.exit_code, run.record.state)
    assert ending.samples == run.samples.num_rows > 0
    assert "File too large" in out.getvalue()
    assert "measure again" in out.getvalue()


def test_no_place_for_a_run_is_said_before_anything_starts(tmp_path: Path, plain_url: str) -> None:
    """A file where the folder should be is named."""
    plan = load_plan(config_at(tmp_path, plain_url), seed=5)
    (tmp_path / "runs").write_text("")

    with pytest.raises(MeasureError, match=r"runs: no place for a run"):
        measure(plan, tmp_path / "runs", "", io.StringIO())
