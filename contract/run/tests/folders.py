"""Folders of small runs, for tests."""

import json
import math
from pathlib import Path
from typing import Any

from contract.run.files import describe_file
from contract.run.observation import Observation
from contract.run.record import RunRecord, ScenarioRecord, write_run
from contract.run.stream import SAMPLES_NAME, SampleStream, close_samples

RECORD = RunRecord(
    tool_version="0.0.0",
    id="20260101T000000Z-abc",
    command="make bench SEED=1",
    profile="default",
    seed=1,
    started_at="2026-01-01T00:00:00+00:00",
    config={},
    variants=("baseline", "optimized"),
    baseline="baseline",
    scenarios=(ScenarioRecord(name="one", request="GET /", rounds_max=9, budget_s=1.0),),
    stages=("db",),
    counters=("db_rows",),
)


BATCH = 20


def row(number: int) -> Observation:
    return Observation(
        scenario=0,
        variant=number % 2,
        block=0,
        round=number // 2,
        position=number % 2,
        warmup=False,
        intended_s=number * 0.01,
        start_s=number * 0.01,
        latency_s=0.001 + number * 1e-6,
        status=200,
        error="",
        wire_bytes=10,
        body_bytes=20,
        body_hash=2**64 - 1,
        stages=(math.nan,),
        counters=(3.0,),
    )


def fill(stream: SampleStream, n_batches: int) -> None:
    for number in range(n_batches * BATCH):
        stream.append(row(number))
        if number % BATCH == BATCH - 1:
            stream.flush()


def folder_with(path: Path, n_batches: int) -> Path:
    write_run(path, RECORD)
    with SampleStream(path, RECORD) as stream:
        fill(stream, n_batches)
    return path


def closed_folder(path: Path, state: str = "complete") -> Path:
    close_samples(folder_with(path, 1), RECORD)
    files = {SAMPLES_NAME: describe_file(path / SAMPLES_NAME)}
    write_run(path, RECORD.model_copy(update={"state": state, "files": files}))
    return path


def edited(change: dict[str, Any]) -> str:
    return json.dumps(json.loads(RECORD.model_dump_json()) | change)
