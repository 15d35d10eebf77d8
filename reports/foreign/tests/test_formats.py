"""Files that the tools themselves wrote, and the table of all formats."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract.errors import ReportError
from reports.foreign.formats import FORMATS, read_foreign
from reports.foreign.shapes import Identity, Series
from reports.foreign.tests.made import FILES, written
from reports.publish import compare_runs_of


def series_of(path: Path) -> list[Series]:
    """What is read from a file."""
    return list(read_foreign(path).found.series)


def shown(first: str, second: str) -> str:
    """What the terminal shows of two files that a tool wrote."""
    out = io.StringIO()
    compare_runs_of(FILES / first, FILES / second, out)
    return out.getvalue()


def test_what_autocannon_writes_is_read() -> None:
    """From runs of version 9.0.0 against a server that answers 200."""
    (series,) = series_of(FILES / "autocannon_right.json")

    assert Identity("http://127.0.0.1:8766/ok") == series.identity
    assert pytest.approx(
        {
            "latency_s_p50": 0.043,
            "latency_s_mean": 0.0426,
            "latency_s_p97_5": 0.049,
            "latency_s_p99": 0.051,
        }
    ) == dict(series.values_s)
    assert (40, 0) == (series.count, series.failed)


def test_failures_that_autocannon_writes_are_shown() -> None:
    """Another body than expected, another status, and a port where nobody listens."""
    mismatches = shown("autocannon_right.json", "autocannon_mismatches.json")
    refused = shown("autocannon_right.json", "autocannon_refused.json")
    (gone,) = series_of(FILES / "autocannon_gone.json")

    assert "41.5 ms, 40 of 40 failed" in mismatches
    assert ", 40 mismatches\n" in mismatches
    assert "4,568 of 4,568 failed" in refused
    assert not {"faster", "slower"} & set((mismatches + refused).split())
    assert (40, 40) == (gone.count, gone.failed)


def test_what_hyperfine_writes_is_read() -> None:
    """From a run of version 1.15.0: three commands, each with two values of a parameter."""
    found = series_of(FILES / "hyperfine.json")
    text = shown("hyperfine.json", "hyperfine.json")

    commands = ["false", "true", "sleep 0.01", "false", "true", "sleep 0.02"]
    assert commands == [one.identity.name for one in found]
    assert ["n=0.01"] * 3 + ["n=0.02"] * 3 == [one.identity.parameters for one in found]
    assert [3, 0, 0] * 2 == [one.failed for one in found]
    assert 0.012055157 == found[2].values_s["latency_s_p50"]
    assert "6 in both files, 2 not compared: failures" in text


def test_what_pytest_benchmark_writes_is_read(tmp_path: Path) -> None:
    """From a run of the tool itself; and where a user took the raw times out, its own numbers."""
    suite = written(
        tmp_path, "def test_sum(benchmark):\n    benchmark(sum, [1] * 500)\n", "test_x.py"
    )
    result = tmp_path / "result.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", str(suite), "--benchmark-json", str(result)),
            "--benchmark-max-time=0.05",
        ],
        check=True,
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )
    report = json.loads(result.read_text(encoding="utf-8"))
    (series,) = series_of(result)
    stats = report["benchmarks"][0]["stats"]
    del stats["data"]
    (without,) = series_of(written(tmp_path, report))

    assert series.identity.name.endswith("test_sum")
    assert stats["rounds"] == len(series.times_s) == series.count == without.count
    assert 0 == len(without.times_s)
    for metric, key in (("latency_s_p50", "median"), ("latency_s_mean", "mean")):
        assert pytest.approx(stats[key]) == series.values_s[metric]
        assert pytest.approx(stats[key]) == without.values_s[metric]


LOCUSTFILE = """
import time

from locust import HttpUser, constant, events, task

@events.request.add_listener
def count(**_):
    answers = [reader.environment.stats.get(name, "GET").num_requests for name in ("read", "other")]
    # The history has a row for each second.
    if min(answers) > 2 and time.monotonic() - reader.start_s > 3:
        reader.environment.runner.quit()

class Reader(HttpUser):
    wait_time = constant(0.01)

    def on_start(self):
        global reader
        reader, self.start_s = self, time.monotonic()

    @task
    def read(self):
        self.client.get("/", name="read")
        self.client.get("/other", name="other")
"""


@pytest.fixture(scope="module")
def locust_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run of Locust, against a server that answers 404 to one of two requests."""
    folder = tmp_path_factory.mktemp("locust")
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert server.stdout is not None
        port = re.search(r"port (\d+)", server.stdout.readline())
        assert port is not None
        users = written(folder, LOCUSTFILE, "users.py")
        options = ["--headless", "--users", "2", "--run-time", "50s", "--csv-full-history"]
        outputs = ["--csv", str(folder / "x"), "--json-file", str(folder / "x_stats")]
        subprocess.run(
            [
                *(sys.executable, "-m", "locust", "-f", str(users), *options, *outputs),
                *("--host", f"http://127.0.0.1:{port[1]}"),
            ],
            check=False,
            capture_output=True,
            timeout=60,
        )
    finally:
        server.terminate()
        server.communicate(timeout=10)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stats.csv", "stats_history.csv", "stats.json"])
def test_what_locust_writes_is_read(locust_files: Path, name: str) -> None:
    """From a run of the tool itself: one endpoint is right, all requests to the other failed."""
    found = read_foreign(locust_files / f"x_{name}")
    by_name = {one.identity.name: one for one in found.found.series if not one.total}

    assert "Locust" == found.tool
    assert {"GET"} == {one.identity.method for one in by_name.values()}
    assert (0, by_name["other"].count) == (by_name["read"].failed, by_name["other"].failed)
    assert all(0 < one.values_s["latency_s_p50"] < 1 for one in by_name.values())


@pytest.mark.slow
def test_failures_of_locust_have_no_times(locust_files: Path) -> None:
    """What can be read instead is named."""
    with pytest.raises(ReportError, match=r"a table of Locust's .* use its _stats\.csv"):
        read_foreign(locust_files / "x_failures.csv")


def test_a_file_of_a_run_belongs_to_its_folder(tmp_path: Path) -> None:
    """Its folder is what can be compared."""
    path = written(tmp_path, {"schema": 1}, "run.json")

    with pytest.raises(ReportError, match=r"is a file of a run\. Name the run's folder"):
        read_foreign(path)


def test_a_message_is_one_harmless_line(tmp_path: Path) -> None:
    """A file cannot write commands into a terminal or a log."""
    path = written(
        tmp_path,
        '{"results": [{"command": "x", "\\u001b[2J\\n::set": 1, "\\u001b[2J\\n::set": 2}]}',
    )

    with pytest.raises(ReportError) as refused:
        read_foreign(path)
    assert "\x1b" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_format_is_documented() -> None:
    """A reader of the documentation finds each tool, and how to write its file."""
    page = (Path(__file__).parents[3] / "docs" / "compare.md").read_text(encoding="utf-8")

    assert [] == [one for one in FORMATS if one.tool not in page or one.export not in page]
