"""Files of other tools: from the tools themselves where they are installed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract.errors import ReportError
from reports.foreign.formats import read_foreign

K6_SUMMARY = {
    "root_group": {},
    "metrics": {
        "http_req_duration": {
            "avg": 12.5, "min": 1, "med": 10.25, "max": 90, "p(90)": 20, "p(95)": 30.5,
        },
        "http_req_duration{expected_response:true}": {"avg": 12, "med": 10},
        "iterations": {"count": 100},
    },
}  # fmt: skip
K6_HANDLED = {
    "metrics": {"http_req_duration": {"type": "trend", "values": {"med": 20.5, "p(95)": 61}}}
}
K6_POINTS = """metric_name,timestamp,metric_value,check,error,expected_response,method,name,status
http_reqs,1,1,,,true,GET,http://x/a,200
http_req_duration,1,10,,,true,GET,http://x/a,200
http_req_duration,1,30,,,true,GET,http://x/a,200
http_req_duration,2,20,,,true,GET,http://x/a,200
http_req_duration,2,7,,,true,GET,http://x/b,200
"""
HYPERFINE = {
    "results": [
        {"command": "sleep 1", "mean": 1.01, "median": 1.0, "times": [1.0, 0.98, 1.05]},
        {"command": "true", "mean": 0.002, "median": 0.0015},
    ]
}
AUTOCANNON = {
    "url": "http://localhost:3000",
    "start": "2026-11-23T20:00:00.000Z",
    "latency": {"average": 12.5, "p50": 11, "p97_5": 30, "p99": 41, "p99_9": 0},
    "requests": {"average": 800},
    "throughput": {"average": 1},
    "errors": 0,
    "timeouts": 2,
    "non2xx": 3,
}


def written(folder: Path, content: object, name: str = "result") -> Path:
    path = folder / name
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "tool", "name", "expected"),
    [
        (
            K6_SUMMARY,
            "k6",
            "http_req_duration",
            {"latency_s_p50": 0.01025, "latency_s_mean": 0.0125, "latency_s_p95": 0.0305},
        ),
        (K6_HANDLED, "k6", "http_req_duration", {"latency_s_p50": 0.0205, "latency_s_p95": 0.061}),
        (K6_POINTS, "k6", "http://x/a", {"latency_s_p50": 0.02, "latency_s_mean": 0.02}),
        (HYPERFINE, "hyperfine", "sleep 1", {"latency_s_p50": 1.0, "latency_s_mean": 1.01}),
        (HYPERFINE, "hyperfine", "true", {"latency_s_p50": 0.0015, "latency_s_mean": 0.002}),
        (
            AUTOCANNON,
            "autocannon",
            "http://localhost:3000",
            {
                "latency_s_p50": 0.011,
                "latency_s_mean": 0.0125,
                "latency_s_p97_5": 0.03,
                "latency_s_p99": 0.041,
            },
        ),
    ],
)
def test_documented_formats_are_read(
    tmp_path: Path, content: object, tool: str, name: str, expected: dict[str, float]
) -> None:
    """In seconds, whatever unit the tool has; what it does not tell is not made up."""
    found = read_foreign(written(tmp_path, content))
    values = next(one.values_s for one in found.series if one.name == name)

    assert tool == found.tool
    assert pytest.approx(expected) == dict(values)


def test_failed_requests_are_told(tmp_path: Path) -> None:
    """A fast error is no fast answer."""
    found = read_foreign(written(tmp_path, AUTOCANNON))

    assert "5 requests failed or were not answered with 2xx" in found.notes


def test_what_pytest_benchmark_writes_is_read(tmp_path: Path) -> None:
    """From a run of the tool itself; and where somebody took the raw times out, its own numbers."""
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
    told = json.loads(result.read_text(encoding="utf-8"))
    (series,) = read_foreign(result).series
    stats = told["benchmarks"][0]["stats"]
    del stats["data"]
    (without,) = read_foreign(written(tmp_path, told)).series

    assert series.name.endswith("test_sum")
    assert stats["rounds"] == len(series.times_s)
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
        self.client.get("/fast", name="read")
        self.client.get("/other", name="other")
"""


@pytest.fixture(scope="module")
def locust_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run of Locust, against a server that answers 404 at once."""
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
        addresses = ["--csv", str(folder / "x"), "--host", f"http://127.0.0.1:{port[1]}"]
        subprocess.run(
            [sys.executable, "-m", "locust", "-f", str(users), *options, *addresses],
            check=False,
            capture_output=True,
            timeout=60,
        )
    finally:
        server.terminate()
        server.communicate(timeout=10)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stats.csv", "stats_history.csv"])
def test_what_locust_writes_is_read(locust_files: Path, name: str) -> None:
    """From a run of the tool itself."""
    found = read_foreign(locust_files / f"x_{name}")

    assert "Locust" == found.tool
    assert {"GET read", "GET other"} == {one.name for one in found.series}
    assert all(0 < one.values_s["latency_s_p50"] < 1 for one in found.series)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "not a run's folder, nor a file of"),
        ("{", "not a run's folder, nor a file of"),
        ("[1]", "not a run's folder, nor a file of"),
        ("a,b\n1,2\n", "not a run's folder, nor a file of"),
        ({"metrics": {}}, "not a run's folder, nor a file of"),
        ({"results": []}, "it holds no time"),
        ({"results": [{"command": "x"}]}, "lacks 'median'"),
        ({"results": [{"command": "x", "times": ["y"]}]}, "holds something else"),
        ({"results": [{"command": "x", "times": [-1, 0]}]}, "it holds no time"),
        ({"benchmarks": 5, "machine_info": {}}, "looks like pytest-benchmark's"),
        ({"latency": [], "requests": 1, "throughput": 1}, "looks like autocannon's"),
        ("metric_name,timestamp,metric_value\nhttp_req_duration,1,x\n", "looks like k6's"),
    ],
)
def test_what_no_tool_wrote_is_refused(tmp_path: Path, content: object, told: str) -> None:
    """One line that names the file and what is wrong."""
    path = written(tmp_path, content)

    with pytest.raises(ReportError, match=told) as refused:
        read_foreign(path)
    assert str(path) in str(refused.value)


def test_bytes_are_no_text(tmp_path: Path) -> None:
    """A binary file is refused in a line."""
    path = tmp_path / "x"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ReportError, match="cannot be read as text"):
        read_foreign(path)


def test_the_last_row_of_an_endpoint_is_about_the_whole_test(tmp_path: Path) -> None:
    """A history has one a second; the sum of all endpoints is none of them; N/A is no time."""
    head = "Timestamp,User Count,Type,Name,Total Median Response Time,Total Average Response Time\n"
    rows = "1,2,GET,/a,10,11\n1,2,,Aggregated,10,11\n2,2,GET,/a,20,21\n2,2,GET,NA,N/A,5\n"
    found = read_foreign(written(tmp_path, head + rows, "x_stats_history.csv"))

    expected = {
        "GET /a": {"latency_s_p50": 0.02, "latency_s_mean": 0.021},
        "GET NA": {"latency_s_mean": 0.005},
    }
    assert list(expected) == [one.name for one in found.series]
    for one in found.series:
        assert pytest.approx(expected[one.name]) == dict(one.values_s)
