"""A synthetic trace for tests: seeded latencies that drift together, without an effect."""

from pathlib import Path

from calibration.questions import BASELINE, CHANGED, RATIO_MAX, SCENARIO
from calibration.trace import Trace, trace_of
from contract.run.host import HostRow, write_host
from contract.run.reading import read_run
from reports.tests.runs import Behaviour, Made, Scenario, make_run

BUDGET = {
    "scenario": SCENARIO,
    "variant": CHANGED,
    "metric": "latency_s_p50",
    "ratio_max": RATIO_MAX,
}

NOT_REPORTED = {"stages": (), "counters": ()}
"""The measured server reports neither."""


def make_trace(folder: Path, rounds: int = 1000) -> Trace:
    """About 12 ms per round, in blocks of 50 rounds."""
    behaviours = {BASELINE: Behaviour(0.004), CHANGED: Behaviour(0.004)}
    scenario = Scenario(SCENARIO, behaviours, rounds=rounds)
    make_run(folder, Made((scenario,), seed=3, config={"budgets": [BUDGET]}, changes=NOT_REPORTED))
    add_host(folder)
    return trace_of(read_run(folder))


def add_host(folder: Path) -> None:
    """Write the host's file of a synthetic run: when each block began and ended."""
    frame = read_run(folder).samples.to_pandas()
    frame["end_s"] = frame["start_s"] + frame["latency_s"]
    rows = [
        HostRow(
            str(scenario),
            int(block),
            float(part["start_s"].min()),
            float(part["end_s"].max()),
            {"wall_s": float(part["end_s"].max() - part["start_s"].min())},
        )
        for (scenario, block), part in frame.groupby(["scenario", "block"], observed=True)
    ]
    write_host(folder, rows)
