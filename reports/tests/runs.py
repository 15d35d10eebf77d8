"""Runs for tests: seeded synthetic latencies, written by the real writer, read by the real reader.

Latencies wander slowly and have a heavy tail, as real ones do; the members of a round share the
wander, so that pairing has something to cancel. Under load, one server answers arrivals in turn.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from contract.run.files import describe_file
from contract.run.observation import Observation
from contract.run.record import LoadRecord, RunRecord, ScenarioRecord, StepRecord, write_run
from contract.run.stream import SampleStream, close_samples

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
        cpu_s: typical CPU time of the service, read from outside; NaN where it is not.
        cpu_idle_s: the same between two requests.
        events: how many a stream has in the time of its latency; NaN where it is none.
    """

    latency_s: float
    wire_bytes: int = 4_000
    db_bytes: float = 9_000.0
    db_rows: float = 50.0
    body_hash: int = 11
    spread: float = 0.06
    start_spread: float = 0.0
    after_other: float = 1.0
    error_rate: float = 0.0
    unanswered: int = 0
    wire_known: bool = True
    cpu_s: float = math.nan
    cpu_idle_s: float = math.nan
    events: float = math.nan


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
    scenarios = tuple(_record_of(scenario) for scenario in made.scenarios)
    record = _record(folder.name, made, variants, scenarios)
    _write_samples(folder, record, made)
    if made.micro:
        (folder / "micro.json").write_text(made.micro, encoding="utf-8")
    _close(folder, record, made.changes)
    return folder


def _record(
    run_id: str,
    made: "Made | LoadMade",
    variants: tuple[str, ...],
    scenarios: tuple[ScenarioRecord, ...],
) -> RunRecord:
    return RunRecord(
        tool_version="0.1.0",
        id=run_id,
        state="complete",
        command=f"make bench PROFILE=smoke SEED={made.seed}",
        profile="smoke",
        seed=made.seed,
        started_at="2026-11-23T20:00:00+00:00",
        finished_at="2026-11-23T20:04:30+00:00",
        config={
            "variants": {name: {} for name in variants},
            "scenarios": [{"name": scenario.name} for scenario in scenarios],
            **made.config,
        },
        variants=variants,
        baseline=variants[0],
        scenarios=scenarios,
        stages=STAGES,
        counters=COUNTERS,
        environment={"machine": {"cpu": "Test 9000", "cores": 2}, "code": {"dirty": False}},
        noise={"steal_s": 0.25},
    )


def _close(folder: Path, record: RunRecord, changes: Mapping[str, Any]) -> None:
    close_samples(folder, record)
    files = {"samples.parquet": describe_file(folder / "samples.parquet")}
    write_run(folder, record.model_copy(update={"files": files, **changes}))


def _record_of(scenario: Scenario) -> ScenarioRecord:
    return ScenarioRecord(
        name=scenario.name,
        request=f"GET /v1/{scenario.name}",
        description=scenario.description,
        canary=scenario.canary,
        events=any(not math.isnan(one.events) for one in scenario.behaviours.values()),
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
            # Each block of 50 rounds may be one start of a server, with a speed of its own.
            start = np.random.default_rng([index, int(variant), number // 50]).normal()
            noise = made.start_spread * start + wander[number]
            noise += chance.normal(0, made.spread) + chance.exponential(0.02)
            carried = 1.0 if last in {-1, variant} else made.after_other
            latency_s = made.latency_s * carried * float(np.exp(noise))
            measured = number >= scenario.warmup_rounds
            failed = bool(measured and chance.random() < made.error_rate)
            silent = measured and unanswered[name] > 0
            unanswered[name] -= silent
            stream.append(
                Observation(
                    scenario=index,
                    variant=int(variant),
                    block=number // 50,
                    round=number,
                    position=position,
                    warmup=not measured,
                    intended_s=clock,
                    start_s=clock,
                    latency_s=latency_s,
                    events_per_s=made.events / latency_s,
                    status=0 if silent else 500 if failed else 200,
                    error="no answer" if silent else "status 500" if failed else "",
                    wire_bytes=made.wire_bytes if made.wire_known else None,
                    body_bytes=3 * made.wire_bytes,
                    body_hash=made.body_hash,
                    stages=(0.5 * latency_s, 0.0, 0.1 * latency_s, 0.8 * latency_s),
                    counters=(2.0, made.db_rows, made.db_bytes, 0.3 * latency_s),
                    # A tenth of latency's spread, and none of what the machine does.
                    cpu_outside_s=made.cpu_s * (latency_s / made.latency_s / carried) ** 0.1,
                    cpu_idle_s=made.cpu_idle_s,
                )
            )
            clock += latency_s + 0.002
            last = variant
        if number % 50 == 49:
            stream.flush()


@dataclass(frozen=True)
class LoadMade:
    """What a synthetic run under load is made of.

    Attributes:
        behaviours: by scenario and variant; a latency is the time that the server works on it.
        rate_per_s: of the switchback's arrivals, all scenarios together.
        tried: steps of the search: variant, rate, and why it missed the objective, if it did.
        lag_s: by which each request is sent late.
        burn_in_factor: on the work of a request that is due in the burn-in.
        canaries: names of scenarios.
        steps: changes to the switchback's steps, by their number.
        load: changes to the load's record.
    """

    behaviours: Mapping[str, Mapping[str, Behaviour]]
    rate_per_s: float = 20.0
    blocks: int = 16
    tried: Sequence[tuple[str, float, str]] = ()
    burn_in_factor: float = 1.0
    lag_s: float = 0.0005
    canaries: frozenset[str] = frozenset()
    steps: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    load: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 1
    config: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)


SUB_BLOCK_S, BURN_IN_S, WORKERS = 5.0, 1.0, 2


def make_load_run(folder: Path, made: LoadMade) -> Path:
    """Write the folder of a run under load, as its generator would, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    variants = tuple(next(iter(made.behaviours.values())))
    scenarios = tuple(
        ScenarioRecord(
            name=name,
            request=f"GET /v1/{name}",
            canary=name in made.canaries,
            rounds_max=1,
            budget_s=max(1, made.blocks) * 2 * len(variants) * SUB_BLOCK_S,
            ended="rounds",
            objective_s=0.5,
        )
        for name in made.behaviours
    )
    record = _record(folder.name, made, variants, scenarios)
    server = _Server(made, variants)
    with SampleStream(folder, record) as stream:
        for row in server.rows():
            stream.append(row)
    planned = {
        name: server.measured.get((index, 0), 0) for index, name in enumerate(made.behaviours)
    }
    load = LoadRecord(
        workers=WORKERS,
        rate_per_s=made.rate_per_s,
        utilization=0.6,
        sub_block_s=SUB_BLOCK_S,
        burn_in_s=BURN_IN_S,
        blocks_planned=made.blocks,
        objective_quantile=0.95,
        errors_max=0.01,
        lag_s_max=0.010,
        worker_cpu_share_max=0.9,
        steps=tuple(server.steps),
    ).model_copy(update=made.load)
    delivered = tuple(
        one.model_copy(update={"rounds_max": planned[one.name], "rounds": 0}) for one in scenarios
    )
    told = record.model_copy(update={"design": "load", "load": load, "scenarios": delivered})
    _close(folder, told, made.changes)
    return folder


class _Server:
    """One server that answers the arrivals of one step after the other, each in its turn."""

    def __init__(self, made: LoadMade, variants: tuple[str, ...]) -> None:
        self._made = made
        self._variants = variants
        self._chance = np.random.default_rng(made.seed)
        self._clock_s = 0.0
        self._wander = 0.0
        self.steps: list[StepRecord] = []
        # Arrivals to compare, by scenario and variant.
        self.measured: dict[tuple[int, int], int] = {}

    def rows(self) -> list[Observation]:
        """Every sample, in the order of steps."""
        rows = []
        for block, (name, rate, limit) in enumerate(self._made.tried):
            found = self._step("capacity", block, 0, self._variants.index(name), rate, block)
            told = {"met": not limit, "limit": limit, "late_share": 0.2 if limit else 0.01}
            self.steps[-1] = self.steps[-1].model_copy(update=told)
            rows.extend(found)
        for block in range(len(self._made.tried), len(self._made.tried) + self._made.blocks):
            order = self._chance.permutation(len(self._variants))
            self._wander += self._chance.normal(0, 0.05)
            for position, variant in enumerate((*order, *order[::-1])):
                half = position // len(order)
                rate, draw = self._made.rate_per_s, 10_000 + 2 * block + half
                rows.extend(self._step("switchback", block, position, int(variant), rate, draw))
        return rows

    def _step(
        self, phase: Any, block: int, position: int, variant: int, rate: float, draw: int
    ) -> list[Observation]:
        # Every variant of a half draws the same arrivals.
        drawn = np.random.default_rng([self._made.seed, draw])
        due_s = np.sort(drawn.uniform(0, SUB_BLOCK_S, drawn.poisson(rate * SUB_BLOCK_S)))
        scenarios = drawn.integers(len(self._made.behaviours), size=len(due_s))
        number = len([one for one in self.steps if one.phase == "switchback"])
        rows, free_s = [], 0.0
        for index, (due, scenario) in enumerate(zip(due_s, scenarios, strict=True)):
            made = list(self._made.behaviours.values())[scenario][self._variants[variant]]
            warmup = phase != "switchback" or due < BURN_IN_S
            noise = self._wander + self._chance.normal(0, made.spread)
            work_s = made.latency_s * float(np.exp(noise + self._chance.exponential(0.02)))
            free_s = max(free_s, due) + work_s * (self._made.burn_in_factor if warmup else 1.0)
            failed = bool(not warmup and self._chance.random() < made.error_rate)
            if not warmup:
                key = (int(scenario), variant)
                self.measured[key] = self.measured.get(key, 0) + 1
            rows.append(
                Observation(
                    scenario=int(scenario),
                    variant=variant,
                    block=block,
                    round=index,
                    position=position,
                    warmup=warmup,
                    intended_s=self._clock_s + due,
                    start_s=self._clock_s + due + self._made.lag_s,
                    latency_s=free_s - due,
                    status=500 if failed else 200,
                    error="status 500" if failed else "",
                    wire_bytes=made.wire_bytes,
                    body_bytes=3 * made.wire_bytes,
                    body_hash=made.body_hash,
                    stages=(0.5 * work_s, 0.0, 0.1 * work_s, 0.8 * work_s),
                    counters=(2.0, made.db_rows, made.db_bytes, 0.3 * work_s),
                )
            )
        planned = (len(rows) - len(rows) // WORKERS, len(rows) // WORKERS)
        end_s = self._clock_s + SUB_BLOCK_S
        drained_s = max(end_s, self._clock_s + free_s)
        self.steps.append(
            StepRecord(
                phase=phase,
                block=block,
                position=position,
                variant=self._variants[variant],
                rate_per_s=rate,
                start_s=self._clock_s,
                end_s=end_s,
                drained_s=drained_s,
                planned=planned,
                sent=planned,
                cpu_s=(0.5, 0.4),
                errors=sum(bool(row.error) for row in rows),
                late_share=0.0,
                lag_s_p99=0.001,
            ).model_copy(update=self._made.steps.get(number, {}) if phase == "switchback" else {})
        )
        self._clock_s = drained_s + 0.1
        return rows
