"""The generator of `bench` as a process: a job in, events out, decisions in."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from contract.run.record import RUN_NAME, write_run
from contract.run.stream import STREAM_NAME
from loadtests.engines.channels import DECISIONS_FD, EVENTS_FD, JOB_FD
from loadtests.engines.events import (
    Event,
    GeneratorFailed,
    LookRequested,
    MeasuringStarted,
    NoMoreRestarts,
    Progressed,
    RestartRequested,
    ScenariosDecided,
    ServersRestarted,
    decode,
    encode,
)
from loadtests.opening import new_record
from loadtests.planning.plan import Job, load_plan

pytestmark = [pytest.mark.alone, pytest.mark.slow]

ROOT = Path(__file__).parents[3]

CONFIG = """
[target]
url = "{url}"

[variants.before]
[variants.after]
headers = {{ X-Extra-Work = "1" }}

[[scenarios]]
name = "list"
request = "GET /ok"

[profiles.default]
measure_s = 60
block_s = 0.2
gap_ms = [0.1, 0.2]
"""


def events_of(
    folder: Path,
    url: str,
    decide: Callable[[Event], Event | None],
    *,
    looks: bool = False,
    restarts: bool = False,
) -> list[Event]:
    """The events of a whole run; without a decision the pipe of decisions is closed."""
    config = folder / "versus.toml"
    config.write_text(CONFIG.format(url=url), encoding="utf-8")
    plan = load_plan(config, seed=1)
    write_run(folder, new_record(plan, folder, ""))
    job = Job(
        run_folder=str(folder),
        base_urls=plan.urls,
        headers={},
        seed=1,
        variants=plan.variants,
        scenarios=plan.scenarios,
        profile=plan.profile.model_copy(update={"pairs": (14, 300)}),
        load=plan.load,
        target=plan.target,
        looks=looks,
        restarts=restarts,
    )
    (job_read, job_write), (events_read, events_write), (decisions_read, decisions_write) = (
        os.pipe() for _ in range(3)
    )
    names = {JOB_FD: job_read, EVENTS_FD: events_write, DECISIONS_FD: decisions_read}
    file = ROOT / "loadtests" / "engines" / "locustfile_bench.py"
    with subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--users", "1"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            **{name: str(number) for name, number in names.items()},
        },
        pass_fds=list(names.values()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as generator:
        for number in names.values():
            os.close(number)
        with os.fdopen(job_write, "wb") as pipe:
            pipe.write(TypeAdapter(Job).dump_json(job))
        events: list[Event] = []
        with os.fdopen(events_read, "rb") as lines, os.fdopen(decisions_write, "wb", 0) as answers:
            for line in lines:
                events.append(decode(line))
                if isinstance(events[-1], LookRequested | RestartRequested):
                    decision = decide(events[-1])
                    answers.write(encode(decision)) if decision else answers.close()
        generator.wait(timeout=30)
    return events


def test_a_look_ends_what_is_decided(tmp_path: Path, plain_url: str) -> None:
    """The generator waits for the decision, and has written its samples before."""
    written: list[int] = []

    def decide(_: Event) -> Event:
        written.append((tmp_path / STREAM_NAME).stat().st_size)
        return ScenariosDecided(names=("list",))

    events = events_of(tmp_path, plain_url, decide, looks=True)

    assert (tmp_path / RUN_NAME).exists()
    assert MeasuringStarted() == events[0]
    assert 1 == events.count(LookRequested())
    assert isinstance(events[-1], Progressed)
    assert {"list": "decided"} == events[-1].ended
    assert written[0] > 50 * 2 * 8


def test_restarts_go_on_until_there_are_no_more(tmp_path: Path, plain_url: str) -> None:
    """Each request names the pairs so far; the next servers may answer elsewhere."""

    def decide(request: Event) -> Event:
        assert isinstance(request, RestartRequested)
        if request.pairs < 3:
            return ServersRestarted(base_urls=(plain_url, plain_url))
        return NoMoreRestarts(ended="rounds")

    events = events_of(tmp_path, plain_url, decide, restarts=True)

    assert [1, 2, 3] == [event.pairs for event in events if isinstance(event, RestartRequested)]
    assert isinstance(events[-1], Progressed)
    assert {"list": "rounds"} == events[-1].ended


def test_a_decision_that_never_comes_is_a_failure(tmp_path: Path, plain_url: str) -> None:
    """The reason names the request and the log."""
    *_, last = events_of(tmp_path, plain_url, lambda _: None, looks=True)

    assert isinstance(last, GeneratorFailed)
    assert f"no answer to look_requested, see {tmp_path}/generator.log" == last.reason
