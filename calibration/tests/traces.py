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
    frame = read_run(folder).samples.to_pandas()
    end_s = frame["start_s"] + frame["latency_s"]
    began_s = frame["start_s"].groupby(frame["block"]).min().tolist()
    ended_s = end_s.groupby(frame["block"]).max().tolist()
    rows = [
        HostRow(SCENARIO, block, start_s, stop_s, {"wall_s": stop_s - start_s})
        for block, (start_s, stop_s) in enumerate(zip(began_s, ended_s, strict=True))
    ]
    write_host(folder, rows)
    return trace_of(read_run(folder))
