"""How long it takes, and how much memory, to compare a long run; docs/results.md holds the figures.

`python -m reports.tests.long_run 10000000` writes such a run, compares it and renders its page,
each in a process of its own, and tells what each took. The run is shaped as those of the reference
service: four scenarios that take turns, two variants, five stages, six counters.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contract.run.columns import TIME_RESOLUTION_S, samples_schema
from contract.run.files import describe_file
from contract.run.record import RunRecord, ScenarioRecord, write_run
from contract.run.stream import SampleStream, close_samples

SCENARIOS = ("workflow_list", "template_list", "file_list", "canary")
VARIANTS = ("baseline", "optimized")
STAGES = ("db", "decode", "sign", "serialize", "total")
COUNTERS = ("db_requests", "db_rows", "db_bytes", "urls_signed", "signing_threads_peak", "cpu_s")

_ROUNDS_IN_BLOCK = 1000
# The most memory that a process ever had, which for the system's own count includes its parent's.
_PEAK = """
for line in open("/proc/self/status"):
    if line.startswith("VmHWM:"):
        print(line.split()[1])
"""
_COMPARE = """
import sys
from pathlib import Path
from reports.effects.compare import compare
from contract.run.reading import read_run

run = read_run(Path(sys.argv[1]))
found = compare(run.record, run.samples, {})
assert found.state == "complete", found.reasons
assert all(one.rounds == int(sys.argv[2]) for one in found.scenarios), found.scenarios
"""
_REPORT = """
import sys
from versus import main

assert main(["report", "--run", sys.argv[1]]) == 0
"""


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


def compared_alone(folder: Path, rounds: int) -> tuple[float, int]:
    """Compare a run in a process of its own: how long it took, and its largest memory in bytes.

    Only Linux tells the latter.
    """
    return _alone(_COMPARE, str(folder), str(rounds))


def _alone(code: str, *arguments: str) -> tuple[float, int]:
    began_s = time.monotonic()
    said = subprocess.run(
        [sys.executable, "-c", code + _PEAK, *arguments], check=True, capture_output=True, text=True
    ).stdout
    return time.monotonic() - began_s, 1024 * int(said.split()[-1])


def main() -> None:
    """Write one long run and tell what comparing it and rendering its page took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", type=int)
    samples = parser.parse_args().samples
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "run"
        rounds = make_long_run(folder, samples)
        for told, found in (
            ("compared", compared_alone(folder, rounds)),
            ("to the page", _alone(_REPORT, str(folder))),
        ):
            sys.stdout.write(f"{told}: {found[0]:.1f} s, {found[1] / 1e9:.2f} GB\n")


if __name__ == "__main__":
    main()
