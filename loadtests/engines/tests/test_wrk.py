"""What the generator reports, beside what wrk reports of the same server at the same rate."""

import io
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from contract.run.reading import read_run
from loadtests.planning.plan import LoadWorkers, load_plan
from loadtests.runner import measure

pytestmark = [pytest.mark.alone, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
CONNECTIONS = 8

CONFIG = """
[target]
url = "{url}"

[variants.one]

[variants.same]

[[scenarios]]
name = "waiting"
request = "GET /20ms"

[load]
rate_per_s = {rate_per_s}

[profiles.default]
capacity_s = 0
measure_s = 4
sub_block_s = 1
burn_in_s = 0.3
"""


@pytest.fixture
def idle_url() -> Iterator[str]:
    """Address of a server that does nothing but wait, alive for one test."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = ROOT / "examples" / "ceiling" / "server.py"
    with subprocess.Popen([sys.executable, str(script), "--port", str(port)]) as server:
        while server.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def by_wrk(url: str) -> tuple[float, float]:
    """Median latency in seconds and requests per second, by a closed loop of a few connections."""
    options = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", "2", "--latency"]
    said = subprocess.run(
        ["wrk", *options, f"{url}/20ms"], capture_output=True, check=True, text=True
    ).stdout
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert median is not None
    assert rate is not None
    return float(median[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[median[2]], float(rate[1])


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_the_median_is_the_one_that_wrk_sees(tmp_path: Path, idle_url: str) -> None:
    """At the same rate, against a server that takes 20 ms, both tell the same within 5 %."""
    wrk_s, rate_per_s = by_wrk(idle_url)
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG.format(url=idle_url, rate_per_s=rate_per_s), encoding="utf-8")
    plan = load_plan(config, seed=3).under_load(LoadWorkers())
    ending = measure(plan, tmp_path / "runs", "", io.StringIO())
    samples = read_run(ending.folder).samples.to_pandas()
    ours_s = samples[~samples["warmup"]]["latency_s"].median()

    assert 0 == ending.exit_code
    assert CONNECTIONS / 0.02 == pytest.approx(rate_per_s, rel=0.15)
    assert wrk_s == pytest.approx(ours_s, rel=0.05)
