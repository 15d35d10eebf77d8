"""Runs of users for tests: each waits for its answer in a machine whose speed wanders."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from contract.run.answers import AnswersRecord
from contract.run.files import describe_file
from contract.run.observation import Observation
from contract.run.record import (
    LoadRecord,
    RunRecord,
    ScenarioRecord,
    StepRecord,
    UsersRecord,
    write_run,
)
from contract.run.stream import SampleStream, close_samples

VARIANTS = ("before", "after")
SUB_BLOCK_S, BURN_IN_S = 2.0, 0.4


@dataclass(frozen=True)
class UsersMade:
    """What a synthetic run of users is made of.

    Attributes:
        latency_s: typical, by request and variant; 0: never sent, below 0: in the burn-in alone.
        error_rate: by variant, of all requests.
        error_latency_s: of a request that failed.
        wait_s: between a user's requests.
    """

    latency_s: Mapping[str, tuple[float, float]]
    error_rate: tuple[float, float] = (0.0, 0.0)
    error_latency_s: float = 0.0001
    wait_s: float = 0.02
    users: int = 4
    blocks: int = 16
    seed: int = 1
    config: Mapping[str, Any] = field(default_factory=dict)
    of_users: Mapping[str, Any] = field(default_factory=dict)
    cpu_s: float = 0.3


def make_users_run(folder: Path, made: UsersMade) -> Path:
    """Write the folder of a run of users, as its generator would, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    record = RunRecord(
        tool_version="0.1.0",
        id=folder.name,
        state="complete",
        command="versus load --locustfile locustfile.py",
        profile="smoke",
        seed=made.seed,
        started_at="2026-11-23T20:00:00+00:00",
        finished_at="2026-11-23T20:04:30+00:00",
        config={"variants": {name: {} for name in VARIANTS}, **made.config},
        variants=VARIANTS,
        baseline=VARIANTS[0],
        scenarios=tuple(
            ScenarioRecord(
                name=name,
                request=f"GET /{name}",
                rounds_max=0,
                budget_s=made.blocks * 4 * SUB_BLOCK_S,
                ended="rounds",
                answers=AnswersRecord(not_compared="users send what their Locust file draws"),
            )
            for name in made.latency_s
        ),
        design="load",
        stages=(),
        counters=(),
        environment={"machine": {"cpu": "Test 9000"}, "code": {"dirty": False}},
    )
    rows, steps = _rows(made)
    with SampleStream(folder, record) as stream:
        for row in rows:
            stream.append(row)
    close_samples(folder, record)
    load = LoadRecord(
        workers=1,
        sub_block_s=SUB_BLOCK_S,
        burn_in_s=BURN_IN_S,
        blocks_planned=made.blocks,
        objective_quantile=0.95,
        errors_max=0.01,
        lag_s_max=0.01,
        worker_cpu_share_max=0.9,
        steps=tuple(steps),
        users=UsersRecord(count=made.users, file="locustfile.py", sha256="0" * 64, **made.of_users),
    )
    files = {"samples.parquet": describe_file(folder / "samples.parquet")}
    write_run(folder, record.model_copy(update={"load": load, "files": files}))
    return folder


def _rows(made: UsersMade) -> tuple[list[Observation], list[StepRecord]]:
    chance = np.random.default_rng(made.seed)
    rows: list[Observation] = []
    steps: list[StepRecord] = []
    clock_s, wander = 0.0, 0.0
    for block in range(made.blocks):
        order = chance.permutation(2)
        wander += chance.normal(0, 0.05)
        for position, variant in enumerate((*order, *order[::-1])):
            mood = wander + chance.normal(0, 0.02)
            found = _step(made, chance, (block, position, int(variant)), clock_s, mood)
            rows += sorted(found, key=lambda one: one.start_s)
            steps.append(
                StepRecord(
                    phase="switchback",
                    block=block,
                    position=position,
                    variant=VARIANTS[variant],
                    rate_per_s=len(found) / SUB_BLOCK_S,
                    start_s=clock_s,
                    end_s=clock_s + SUB_BLOCK_S,
                    drained_s=clock_s + SUB_BLOCK_S + 0.05,
                    planned=(len(found),),
                    sent=(len(found),),
                    cpu_s=(made.cpu_s,),
                    errors=sum(bool(one.error) for one in found),
                    late_share=0.0,
                    lag_s_p99=0.0,
                )
            )
            clock_s += SUB_BLOCK_S + 0.1
    return rows, steps


def _step(
    made: UsersMade,
    chance: np.random.Generator,
    place: tuple[int, int, int],
    clock_s: float,
    mood: float,
) -> list[Observation]:
    block, position, variant = place
    names = list(made.latency_s)
    numbers = dict.fromkeys(range(len(names)), 0)
    rows = []
    for _ in range(made.users):
        now_s = float(chance.uniform(0, made.wait_s))
        while now_s < SUB_BLOCK_S:
            scenario = int(chance.integers(len(names)))
            typical_s = made.latency_s[names[scenario]][variant]
            if typical_s == 0 or (typical_s < 0 and now_s >= BURN_IN_S):
                now_s += made.wait_s
                continue
            failed = bool(chance.random() < made.error_rate[variant])
            took_s = abs(typical_s) * math.exp(mood + chance.normal(0, 0.1))
            took_s = made.error_latency_s if failed else took_s
            rows.append(
                Observation(
                    scenario=scenario,
                    variant=variant,
                    block=block,
                    round=numbers[scenario],
                    position=position,
                    warmup=now_s < BURN_IN_S,
                    intended_s=clock_s + now_s,
                    start_s=clock_s + now_s,
                    latency_s=took_s,
                    status=500 if failed else 200,
                    error="status 500" if failed else "",
                    wire_bytes=None,
                    body_bytes=10,
                    body_hash=0,
                    stages=(),
                    counters=(),
                )
            )
            numbers[scenario] += 1
            now_s += took_s + made.wait_s
    return rows
