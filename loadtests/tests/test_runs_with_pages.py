"""Whole runs that load pages, and what they leave behind."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from contract.run.reading import read_run
from loadtests.planning.plan import load_plan
from loadtests.probes.page.tests.browsing import browsers_below, needs_chromium
from loadtests.runner import measure

pytestmark = [pytest.mark.slow, needs_chromium]

ROOT = Path(__file__).parents[2]

CONFIG = """
[target]
url = "{url}"

[variants.before]
page = {{ work = "40" }}
[variants.after]
page = {{ work = "{after}" }}

[[scenarios]]
name = "thing"
request = "GET /thing"

[[pages]]
name = "page"
path = "/page?work={{work}}"
marks = ["data-shown", "images-shown"]

[profiles.default]
measure_s = 0.5
pages_s = 3
"""


def test_a_run_holds_its_pages(tmp_path: Path) -> None:
    """They lie beside its samples, with a checksum; the server is one that Versus starts."""
    config = tmp_path / "versus.toml"
    command = [
        sys.executable,
        str(Path(__file__).with_name("pages_server.py")),
        "{port}",
    ]
    text = CONFIG.format(url="", after="1").replace('url = ""', f"command = {json.dumps(command)}")
    config.write_text(text, encoding="utf-8")
    out = io.StringIO()
    ending = measure(load_plan(config, seed=1), tmp_path / "runs", "", out)
    run = read_run(ending.folder)

    assert 0 == ending.exit_code, out.getvalue()
    assert {"pages.json", "pages.parquet"} <= run.record.files.keys()


def test_without_a_browser_all_else_is_measured(
    pages_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what is missing and how to get it."""
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG.format(url=pages_url, after="1"), encoding="utf-8")
    monkeypatch.setattr("loadtests.machine.browsers.find_chromium", lambda: None)
    out = io.StringIO()
    ending = measure(load_plan(config, seed=1), tmp_path / "runs", "", out)

    assert 0 == ending.exit_code
    assert (
        "no page will be loaded: Chromium is missing; install it so that it is on PATH"
        in out.getvalue()
    )


@pytest.mark.skipif(sys.platform != "linux", reason="certain on Linux alone")
@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGINT])
def test_no_browser_outlives_a_run(
    pages_url: str, tmp_path: Path, ended_by: signal.Signals
) -> None:
    """Versus itself is killed while a page is loaded, or somebody types Ctrl-C."""
    config = tmp_path / "versus.toml"
    text = CONFIG.format(url=pages_url, after="1").replace("pages_s = 3", "pages_s = 60")
    config.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "versus", "bench", "--config", str(config)]
    with subprocess.Popen(
        [*command, "--runs", str(tmp_path / "runs")],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as bench:
        own = psutil.Process(bench.pid)
        deadline_s = time.monotonic() + 60
        browsers: list[psutil.Process] = []
        while len(browsers) < 3 and time.monotonic() < deadline_s:
            time.sleep(0.1)
            browsers = browsers_below(own)
        # A terminal's Ctrl-C reaches everything that was started with it.
        os.killpg(bench.pid, ended_by)
    _, alive = psutil.wait_procs(browsers, timeout=15)

    assert browsers
    assert (-9 if ended_by is signal.SIGKILL else 130) == bench.returncode
    assert [] == [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]
