"""Leaks are found in services that run long: planted ones, and those of the reference service."""

import io
import sys
from pathlib import Path

import pytest

from contract.metrics import DESCRIPTORS_GROWTH, MEMORY_GROWTH
from contract.run.memory import read_memory
from contract.run.reading import Run, read_run
from loadtests.planning.plan import LoadWorkers, load_plan
from loadtests.runner import measure
from reports.judging import judge_run
from reports.verdicts.shapes import Decision

ROOT = Path(__file__).parents[1]
STACK = {"postgres", "postgrest", "object_store"}
SERVER = """
import os, socket, sys
kept = []
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listening:
    while True:
        connection, _ = listening.accept()
        while request := connection.recv(65536):
            if sys.argv[2] == "leak":
                kept.append(bytearray(1000))
                if len(kept) % 10 == 0:
                    kept.append(os.open(os.devnull, os.O_RDONLY))
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
"""
CONFIG = """
[target]
command = [{python}, "server.py", "{{port}}", "{what}"]

[variants.before]
[variants.after]

[[scenarios]]
request = "GET /"

[load]
rate_per_s = 300
in_flight_max = 1
lag_ms_max = 1000

[profiles.default]
measure_s = 5
capacity_s = 0
sub_block_s = 0.1
burn_in_s = 0.01

[[budgets]]
variant = "after"
metric = "memory_growth_bytes"
value_max = 200
under_load = true

[[budgets]]
variant = "after"
metric = "descriptors_growth"
value_max = 0.01
under_load = true
"""


def loaded(config: Path, profile: str, runs: Path) -> Run:
    """A run under load without a wrong answer."""
    plan = load_plan(config, profile=profile, seed=5).under_load(LoadWorkers())
    out = io.StringIO()
    run = read_run(measure(plan, runs, "", out).folder)
    assert {""} == set(run.samples["error"].to_pylist()), out.getvalue()
    return run


def decisions(run: Run) -> dict[str, Decision]:
    outcomes = judge_run(run).judgement.outcomes
    return {one.budget.metric: one.decision for one in outcomes}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("what", "expected"), [("leak", Decision.FAIL), ("", Decision.PASS)])
def test_a_planted_leak_fails(tmp_path: Path, what: str, expected: Decision) -> None:
    """1 kB of each request, and a descriptor of each tenth, are more than the budgets allow."""
    (tmp_path / "server.py").write_text(SERVER, encoding="utf-8")
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG.format(python=f'"{sys.executable}"', what=what), encoding="utf-8")
    run = loaded(config, "default", tmp_path / "runs")

    assert {MEMORY_GROWTH: expected, DESCRIPTORS_GROWTH: expected} == decisions(run)


def check_soak(run: Run, readings_min: int) -> None:
    """No 5xx, readings of every part over time, and no leak."""
    assert 0 == sum(status >= 500 for status in run.samples["status"].to_pylist())
    by_part: dict[str, int] = {}
    for row in read_memory(run.folder):
        assert row.descriptors
        by_part[row.part] = by_part.get(row.part, 0) + 1
    assert {"", *STACK} == set(by_part)
    assert readings_min <= min(by_part.values())
    assert Decision.FAIL not in decisions(run).values()


@pytest.mark.slow
def test_the_reference_service_answers_all(tmp_path: Path) -> None:
    """Twelve seconds of load, with readings of the service and of each part below it."""
    check_soak(loaded(ROOT / "soak.toml", "smoke", tmp_path), 6)


@pytest.mark.slow
@pytest.mark.long
def test_the_reference_service_does_not_leak(tmp_path: Path) -> None:
    """The same for three minutes."""
    check_soak(loaded(ROOT / "soak.toml", "short", tmp_path), 15)
