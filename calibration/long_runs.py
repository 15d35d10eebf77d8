"""Time and memory from the samples of a long run to its verdicts and page, against declared bars.

`make long-runs` writes runs of one and of ten million samples, publishes each in a process of its
own and records the figures in docs/records/long_runs.json. The runs are shaped as those of the
reference service: four scenarios that take turns, two variants, five stages, six counters.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contract.run.columns import TIME_RESOLUTION_S, samples_schema
from contract.run.files import describe_file
from contract.run.record import ProcessesRecord, RunRecord, ScenarioRecord, write_run
from contract.run.stream import SampleStream, close_samples
from loadtests.machine.facts import environment_facts, now_utc

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "docs" / "records" / "long_runs.json"

SCENARIOS = ("workflow_list", "template_list", "file_list", "canary")
VARIANTS = ("baseline", "optimized")
STAGES = ("db", "decode", "sign", "serialize", "total")
COUNTERS = ("db_requests", "db_rows", "db_bytes", "urls_signed", "signing_threads_peak", "cpu_s")

_ROUNDS_IN_BLOCK = 1000
# Peak memory of this process alone; the system's count for children includes the parent's pages.
_PUBLISH = """
import os
import sys
from pathlib import Path

from versus import main

assert main(["report", "--run", sys.argv[1]]) == 0
for line in Path("/proc/self/status").read_text().splitlines():
    if line.startswith("VmHWM:"):
        times = os.times()
        sys.stderr.write(f"\\n{times.user + times.system} {line.split()[1]}")
"""


@dataclass(frozen=True)
class Bar:
    """The most that a run of so many samples may take."""

    samples: int
    duration_s: float
    memory_bytes: float


BARS = (Bar(1_000_000, 4.0, 0.6e9), Bar(10_000_000, 25.0, 1.5e9))


@dataclass(frozen=True)
class Measured:
    """What publishing one run took, in a process of its own, start of Python included.

    Attributes:
        cpu_s: of all its threads; a busy machine makes only `duration_s` longer.
        memory_bytes: at its peak.
    """

    samples: int
    duration_s: float
    cpu_s: float
    memory_bytes: int

    def keeps(self, bar: Bar) -> bool:
        """Whether it is within the bar."""
        return self.duration_s <= bar.duration_s and self.memory_bytes <= bar.memory_bytes


def make_long_run(folder: Path, samples: int, seed: int = 1) -> int:
    """Write a run of at least so many samples; the rounds that each scenario has to compare."""
    folder.mkdir(parents=True, exist_ok=True)
    per_block = len(VARIANTS) * (_ROUNDS_IN_BLOCK + 1)
    blocks = -(-samples // (per_block * len(SCENARIOS)))
    record = _record(folder.name, seed, blocks * _ROUNDS_IN_BLOCK)
    chance = np.random.default_rng(seed)
    start_s = 0.0
    with SampleStream(folder, record) as stream:
        for block in range(blocks):
            for scenario in range(len(SCENARIOS)):
                batch, start_s = _block(chance, scenario, block, start_s)
                stream.write(batch)
    close_samples(folder, record)
    files = {"samples.parquet": describe_file(folder / "samples.parquet")}
    write_run(folder, record.model_copy(update={"state": "complete", "files": files}))
    return blocks * _ROUNDS_IN_BLOCK


def _record(run_id: str, seed: int, rounds: int) -> RunRecord:
    return RunRecord(
        tool_version="0.1.0",
        id=run_id,
        command="make bench",
        profile="full",
        seed=seed,
        started_at="2026-11-24T00:00:00+00:00",
        config={
            "variants": {name: {} for name in VARIANTS},
            "scenarios": [{"name": name} for name in SCENARIOS],
        },
        variants=VARIANTS,
        baseline=VARIANTS[0],
        processes=ProcessesRecord(),
        scenarios=tuple(
            ScenarioRecord(
                name=name,
                request=f"GET /v1/{name}",
                canary=name == "canary",
                rounds_max=rounds,
                rounds=rounds,
                budget_s=3600.0,
                ended="rounds",
            )
            for name in SCENARIOS
        ),
        stages=STAGES,
        counters=COUNTERS,
    )


def _block(
    chance: np.random.Generator, scenario: int, block: int, start_s: float
) -> tuple[pa.RecordBatch, float]:
    """A block's samples, its first round warm-up, and when the next one begins."""
    rounds = _ROUNDS_IN_BLOCK + 1
    number = np.repeat(np.arange(rounds), 2)
    position = np.tile([0, 1], rounds)
    variant = np.repeat(chance.integers(0, 2, rounds), 2) ^ position
    size = len(number)
    noise = np.repeat(chance.normal(0, 0.1, rounds), 2) + chance.normal(0, 0.06, size)
    typical_s = np.where((variant == 1) & (SCENARIOS[scenario] != "canary"), 0.018, 0.020)
    latency_s = _kept(typical_s * np.exp(noise + chance.exponential(0.02, size)))
    begin_s = _kept(start_s + np.cumsum(latency_s + 0.002) - latency_s)
    # Server-Timing tells microseconds.
    shares = {"db": 0.5, "decode": 0.05, "sign": 0.1, "serialize": 0.1, "total": 0.8}
    columns = {
        "scenario": _labels(np.full(size, scenario), SCENARIOS),
        "variant": _labels(variant, VARIANTS),
        "block": np.full(size, block),
        "round": block * rounds + number,
        "position": position,
        "warmup": number == 0,
        "intended_s": begin_s,
        "start_s": begin_s,
        "latency_s": latency_s,
        "ttfb_s": _kept(0.95 * latency_s),
        "status": np.full(size, 200),
        "error": pa.array([""] * size),
        "wire_bytes": np.full(size, 4_000),
        "body_bytes": np.full(size, 12_000),
        "body_hash": np.full(size, 11 + scenario),
        "connections_opened": (number == 0).astype(np.int16),
        "connections_replaced": np.zeros(size, np.int16),
        "stall_s": np.zeros(size),
        "note": pa.array([""] * size),
        "cpu_outside_s": _kept(latency_s * chance.uniform(0.3, 0.4, size)),
        "cpu_idle_s": _kept(chance.uniform(0, 1e-5, size)),
        **dict.fromkeys(("first_event_s", "events_per_s", "last_byte_s"), np.full(size, np.nan)),
        **{
            f"stage_{stage}_s": np.round(share * latency_s * chance.uniform(0.9, 1, size), 6)
            for stage, share in shares.items()
        },
        "counter_db_requests": np.full(size, 2.0),
        "counter_db_rows": np.full(size, 50.0),
        "counter_db_bytes": np.where(variant == 1, 9_000.0, 500_000.0),
        "counter_urls_signed": np.full(size, 100.0),
        "counter_signing_threads_peak": np.full(size, 20.0),
        "counter_cpu_s": np.round(0.3 * latency_s, 6),
    }
    schema = samples_schema(STAGES, COUNTERS)
    arrays = [pa.array(columns[name], schema.field(name).type) for name in schema.names]
    end_s = float(begin_s[-1] + latency_s[-1]) + 0.01
    return pa.RecordBatch.from_arrays(arrays, schema=schema), end_s


def _labels(codes: npt.NDArray[np.int64], names: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int16()), pa.array(names))


def _kept(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.round(seconds / TIME_RESOLUTION_S) * TIME_RESOLUTION_S


def publish_alone(folder: Path, samples: int) -> Measured:
    """Compare and judge a run and write its files, in a process of its own (Linux only)."""
    began_s = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", _PUBLISH, str(folder)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    duration_s = time.monotonic() - began_s
    cpu_s, peak_kb = ended.stderr.split()[-2:]
    return Measured(samples, duration_s, float(cpu_s), 1024 * int(peak_kb))


def measure_long_runs(out: TextIO, records: Path = RECORDS) -> int:
    """Measure a run for each bar and record the figures with the machine's facts.

    Returns: 0, or 1 when a bar is missed.
    """
    measured = []
    for bar in BARS:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "run"
            make_long_run(folder, bar.samples)
            measured.append(publish_alone(folder, bar.samples))
        one = measured[-1]
        out.write(
            f"{one.samples:,} samples to verdicts and page: "
            f"{one.duration_s:.1f} s of {bar.duration_s:g} ({one.cpu_s:.1f} s of CPU), "
            f"{one.memory_bytes / 1e9:.2f} GB of {bar.memory_bytes / 1e9:g}\n"
        )
    facts = environment_facts(ROOT)
    content = {
        "recorded_at": now_utc(),
        "machine": facts["machine"],
        "python": facts["python"],
        "code": facts["code"],
        "bars": [asdict(bar) for bar in BARS],
        "measured": [asdict(one) for one in measured],
    }
    records.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    kept = all(one.keeps(bar) for one, bar in zip(measured, BARS, strict=True))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(measure_long_runs(sys.stdout))
