"""CPU time read from outside, beside latency."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from contract.metrics import CPU, TYPICAL
from contract.run.reading import Run, read_run
from contract.run.record import ProcessesRecord
from contract.run.samples import Samples
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.cpu import cpu_uses, measures_cpu
from reports.effects.shapes import Verdict
from reports.tests.runs import Behaviour, Made, Scenario, make_run

PLAIN = Behaviour(0.020, cpu_s=0.008, cpu_idle_s=0.0)
KNOWN = {"processes": ProcessesRecord()}


def made(folder: Path, after: Behaviour, rounds: int = 100, **changes: object) -> Run:
    scenario = Scenario("list", {"before": PLAIN, "after": after}, rounds=rounds)
    return read_run(make_run(folder, Made((scenario,), changes={**KNOWN, **changes})))


def verdicts(found: Comparison) -> dict[str, Verdict]:
    return {one.metric: one.verdict for one in found.effects() if one.metric in {CPU, TYPICAL}}


def test_work_is_seen_in_cpu_time_and_waiting_is_not(tmp_path: Path) -> None:
    """3 % more work shows in fewer rounds than latency takes; 3 % more sleep never does."""
    work = made(tmp_path / "work", replace(PLAIN, latency_s=0.0206, cpu_s=0.00824))
    sleep = made(tmp_path / "sleep", replace(PLAIN, latency_s=0.0212), rounds=200)

    assert Verdict.INCONCLUSIVE is verdicts(compare(work.record, work.samples, {}))[TYPICAL]
    found = compare(work.record, work.samples, {CPU: 0.01})
    assert Verdict.SLOWER is verdicts(found)[CPU]
    assert {TYPICAL: Verdict.SLOWER, CPU: Verdict.EQUIVALENT} == verdicts(
        compare(sleep.record, sleep.samples, {})
    )


def test_a_run_without_it_neither_has_nor_misses_it(tmp_path: Path) -> None:
    """There is no effect, no warning about rounds that lack it, and no smaller family."""
    unknown = {"processes": ProcessesRecord(cpu_unknown="elsewhere")}
    silent = replace(PLAIN, cpu_s=np.nan)
    scenario = Scenario("list", {"before": silent, "after": silent}, rounds=100)
    run = read_run(make_run(tmp_path, Made((scenario,), changes=unknown)))
    found = compare(run.record, run.samples, {})

    assert not measures_cpu(run.record)
    assert [] == [one for one in found.effects() if one.metric == CPU]
    assert () == found.warnings
    assert () == found.scenarios[0].cpu
    assert 1 - 0.01 / 2 == pytest.approx(found.confidence)


def test_rounds_without_a_reading_are_left_out(tmp_path: Path) -> None:
    """A process that ends within a block costs its rounds; half of all must be left."""
    run = made(tmp_path, PLAIN)
    cpu_s = run.samples.values("cpu_outside_s")

    for unknown, compared in ((80, 60), (160, 0)):
        values = cpu_s.copy()
        values[10 : 10 + unknown] = np.nan
        table = run.samples.to_pandas().assign(cpu_outside_s=values)
        found = compare(run.record, as_samples(run, table), {})
        assert compared == sum(one.n for one in found.effects() if one.metric == CPU)


def as_samples(run: Run, table: pd.DataFrame) -> Samples:
    return Samples.of(pa.Table.from_pandas(table, schema=run.samples.schema))


def test_what_is_left_behind_is_told_by_variant(tmp_path: Path) -> None:
    """Work after an answer is read before the next request, whatever variant that is of."""
    run = made(tmp_path, replace(PLAIN, cpu_idle_s=0.002))
    table = run.samples.to_pandas()
    # What the generator reads before a request was left by the request before.
    table["cpu_idle_s"] = np.where(table["variant"].shift() == "after", 0.002, 0.0)
    uses = cpu_uses(run.record, as_samples(run, table), np.ones(len(table), bool))

    assert [0.0, 0.2] == pytest.approx([one.idle_share for one in uses], abs=0.01)
    assert [0.0, 0.0] == pytest.approx([one.cpu_s - 0.008 for one in uses], abs=0.0005)
    assert uses[0].waiting_s == pytest.approx(uses[0].latency_s - uses[0].cpu_s)
    assert replace(uses[0], cpu_s=1.0).waiting_s is None, "several cores at once"
