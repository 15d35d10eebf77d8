"""Runs for tests: seeded synthetic latencies, written by the real writer, read by the real reader.

Latencies wander slowly and have a heavy tail, as real ones do; the members of a round share the
wander, so that pairing has something to cancel.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from reports.record import (
    RunRecord,
    SampleRow,
    SampleStream,
    ScenarioRecord,
    close_samples,
    describe_file,
    write_run,
)

STAGES = ("db", "sign", "serialize", "total")
COUNTERS = ("db_requests", "db_rows", "db_bytes", "cpu_s")


@dataclass(frozen=True)
class Behaviour:
    """How one variant behaves in one scenario.

    Attributes:
        latency_s: its typical latency.
        spread: standard deviation of log latency that the round does not share.
        after_other: factor on the latency right after another variant's request.
        error_rate: share of measured requests that answer 500.
    """

    latency_s: float
    wire_bytes: int = 4_000
    db_bytes: float = 9_000.0
    db_rows: float = 50.0
    body_hash: int = 11
    spread: float = 0.06
    after_other: float = 1.0
    error_rate: float = 0.0
    unanswered: int = 0
    wire_known: bool = True


@dataclass(frozen=True)
class Scenario:
    """One scenario of a synthetic run."""

    name: str
    behaviours: Mapping[str, Behaviour]
    rounds: int = 400
    warmup_rounds: int = 5
    canary: bool = False
    rounds_planned: int | None = None
    budget_s: float = 60.0
    ended: str = "rounds"
    description: str = ""


@dataclass(frozen=True)
class Made:
    """What a synthetic run is made of."""

    scenarios: tuple[Scenario, ...]
    seed: int = 1
    config: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    micro: str = ""


def make_run(folder: Path, made: Made) -> Path:
    """Write a run's folder as the load generator would, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    variants = tuple(made.scenarios[0].behaviours)
    record = RunRecord(
        tool_version="0.1.0",
        id=folder.name,
        state="complete",
        command=f"make bench PROFILE=smoke SEED={made.seed}",
        profile="smoke",
        seed=made.seed,
        started_at="2026-11-23T20:00:00+00:00",
        finished_at="2026-11-23T20:04:30+00:00",
        config={
            "variants": {name: {} for name in variants},
            "scenarios": [{"name": scenario.name} for scenario in made.scenarios],
            **made.config,
        },
        variants=variants,
        baseline=variants[0],
        scenarios=tuple(_record_of(scenario) for scenario in made.scenarios),
        stages=STAGES,
        counters=COUNTERS,
        environment={"machine": {"cpu": "Test 9000", "cores": 2}, "code": {"dirty": False}},
        noise={"steal_s": 0.25},
    )
    _write_samples(folder, record, made)
    if made.micro:
        (folder / "micro.json").write_text(made.micro, encoding="utf-8")
    files = {"samples.parquet": describe_file(folder / "samples.parquet")}
    write_run(folder, record.model_copy(update={"files": files, **made.changes}))
    return folder


def _record_of(scenario: Scenario) -> ScenarioRecord:
    return ScenarioRecord(
        name=scenario.name,
        request=f"GET /v1/{scenario.name}",
        description=scenario.description,
        canary=scenario.canary,
        rounds_max=scenario.rounds_planned or scenario.rounds,
        rounds=scenario.rounds,
        budget_s=scenario.budget_s,
        ended=scenario.ended,  # type: ignore[arg-type]  # tests also say what no generator may
    )


def _write_samples(folder: Path, record: RunRecord, made: Made) -> None:
    chance = np.random.default_rng(made.seed)
    with SampleStream(folder, record) as stream:
        for index, scenario in enumerate(made.scenarios):
            _write_scenario(stream, chance, index, scenario)
    close_samples(folder, record)


def _write_scenario(
    stream: SampleStream, chance: np.random.Generator, index: int, scenario: Scenario
) -> None:
    rounds = scenario.rounds + scenario.warmup_rounds
    wander = np.cumsum(chance.normal(0, 0.01, rounds))
    clock, last = 100.0 * index, -1
    unanswered = {name: made.unanswered for name, made in scenario.behaviours.items()}
    for number in range(rounds):
        order = chance.permutation(len(scenario.behaviours))
        for position, variant in enumerate(order):
            name = list(scenario.behaviours)[variant]
            made = scenario.behaviours[name]
            noise = wander[number] + chance.normal(0, made.spread) + chance.exponential(0.02)
            carried = 1.0 if last in {-1, variant} else made.after_other
            latency_s = made.latency_s * carried * float(np.exp(noise))
            measured = number >= scenario.warmup_rounds
            failed = bool(measured and chance.random() < made.error_rate)
            silent = measured and unanswered[name] > 0
            unanswered[name] -= silent
            stream.append(
                SampleRow(
                    scenario=index,
                    variant=int(variant),
                    block=number // 50,
                    round=number,
                    position=position,
                    warmup=not measured,
                    intended_s=clock,
                    start_s=clock,
                    latency_s=latency_s,
                    status=0 if silent else 500 if failed else 200,
                    error="no answer" if silent else "status 500" if failed else "",
                    wire_bytes=made.wire_bytes if made.wire_known else None,
                    body_bytes=3 * made.wire_bytes,
                    body_hash=made.body_hash,
                    stages=(0.5 * latency_s, 0.0, 0.1 * latency_s, 0.8 * latency_s),
                    counters=(2.0, made.db_rows, made.db_bytes, 0.3 * latency_s),
                )
            )
            clock += latency_s + 0.002
            last = variant
        if number % 50 == 49:
            stream.flush()
