"""CPU time and memory as tables and words."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from contract.run.reading import read_run
from contract.run.record import ProcessesRecord
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.memory import GrowthChange, Memory, ServerMemory
from reports.effects.shapes import CpuUse, Level, Verdict
from reports.page.processes import cpu_table, idle_in_words, memory_table
from reports.statistics.values import Interval
from reports.tests.runs import Behaviour, Made, Scenario, make_run

SIZE = Level(2e7, Interval(2e7, 2e7, 1.0), Interval(2e7, 2e7, 1.0))
GROWTH = Level(1000.0, Interval(900.0, 1100.0, 0.9), Interval(800.0, 1200.0, 0.99))
NO_LEAK = Level(0.0, Interval(0.0, 0.0001, 0.9), Interval(0.0, 0.0002, 0.99))
UNBOUNDED = Interval(-math.inf, math.inf, 1.0)


@pytest.fixture
def comparison(tmp_path: Path) -> Comparison:
    """Of a run with CPU times, a millisecond of 20."""
    both = {name: Behaviour(0.02, cpu_s=0.001, cpu_idle_s=0.0) for name in ("before", "after")}
    changes = {"processes": ProcessesRecord()}
    run = read_run(make_run(tmp_path, Made((Scenario("list", both, rounds=50),), changes=changes)))
    return compare(run.record, run.samples, {})


def test_latency_is_cpu_time_and_waiting(comparison: Comparison) -> None:
    """With several cores at once there is no such rest, and nothing stands there."""
    (scenario,) = comparison.scenarios
    uses = (CpuUse("before", 0.020, 0.001, 0.1), CpuUse("after", 0.020, 0.030, math.nan))
    shown = cpu_table(replace(scenario, cpu=uses), "1-list")

    assert [
        ["before", "20.0 ms", "1.00 ms", "19.0 ms", "10 %"],
        ["after", "20.0 ms", "30.0 ms", "", ""],
    ] == [[cell.text for cell in row] for row in shown.rows]
    assert "10 % with before" in idle_in_words(replace(scenario, cpu=uses))
    assert "" == idle_in_words(scenario)
    assert 2 == len(cpu_table(scenario, "1-list").rows)


def test_each_server_has_a_row(comparison: Comparison) -> None:
    """What is unknown is left empty; an interval without ends is left out."""
    growth = replace(GROWTH, interval90=UNBOUNDED)
    servers = (
        ServerMemory("", 1, 100, SIZE, None, growth),
        ServerMemory("after", 14, 100, SIZE, SIZE, GROWTH, 41, NO_LEAK),
    )
    parts = (ServerMemory("postgres", 1, 100, SIZE, None, None),)
    shown = memory_table(replace(comparison, memory=Memory(servers, parts=parts)))

    assert [
        ["all variants", "1", "20.0 MB", "", "1.00 kB", "", ""],
        ["after", "14", "20.0 MB", "20.0 MB", "1.00 kB [900 B, 1.10 kB]", "41", "0 [0, 0.000100]"],
        ["postgres", "1", "20.0 MB", "", "", "", ""],
    ] == [[cell.text for cell in row] for row in shown.rows]
    assert () == memory_table(comparison).rows


def test_of_two_revisions_the_change_has_one(comparison: Comparison) -> None:
    """Less memory is good news, and more is bad."""
    typical = next(one for one in comparison.effects() if one.metric == "latency_s_p50")
    start = replace(
        typical,
        metric="memory_start_bytes",
        ratio=0.9,
        interval_familywise=Interval(0.88, 0.92, 0.99),
        verdict=Verdict.FEWER,
        n=14,
    )
    change = GrowthChange(
        "after", 1000.0, Interval(900.0, 1100.0, 0.9), Interval(1.0, 2.0, 0.99), 14, Verdict.MORE
    )
    memory = Memory((), (start,), (change,))
    (row,) = memory_table(replace(comparison, memory=memory)).rows

    assert [
        "change of after",
        "14 pairs",
        "less, 10.0 % less [8.0, 12.0]",
        "",
        "more, 1.00 kB [900 B, 1.10 kB]",
        *("", ""),
    ] == [cell.text for cell in row]
    assert ["good", "bad"] == [row[2].tone, row[4].tone]
