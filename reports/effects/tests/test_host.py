"""What the host counted becomes one line a scenario, and a warning where it matters."""

import math
from pathlib import Path

import pytest

from contract.errors import RecordError
from contract.run.host import HOST_NAME, HostRow, write_host
from contract.run.reading import Run, read_run
from reports.effects.compare import compare
from reports.effects.host import parse_host
from reports.page.appendix import environment
from reports.page.charts.timeline import timeline_chart
from reports.page.reasons import all_in_words
from reports.tests.runs import Behaviour, LoadMade, Made, Scenario, make_load_run, make_run

MACHINE = {"environment": {"machine": {"cpus": 2}}}


def run_with(folder: Path, *rows: HostRow) -> Run:
    same = {"before": Behaviour(0.001), "after": Behaviour(0.001)}
    make_run(folder, Made((Scenario("list", same, rounds=2),), changes=MACHINE))
    write_host(folder, rows)
    return read_run(folder)


def block(number: int, wall_s: float = 5.0, **counters: float) -> HostRow:
    start_s = 5.0 * number
    return HostRow("list", number, start_s, start_s + wall_s, {"wall_s": wall_s, **counters})


@pytest.mark.parametrize(
    ("counters", "expected"),
    [
        ({"steal_s": 0.49}, []),
        ({"steal_s": 0.50}, []),
        ({"steal_s": 0.51}, ["5.1 % of the CPU time was stolen"]),
        ({"generator_cpu_s": 4.5}, []),
        ({"generator_cpu_s": 4.51}, ["the generator used 90.2 % of a core"]),
        ({"steal_s": 2.0, "generator_cpu_s": 5.0}, ["20 % of the CPU", "used 100 % of a core"]),
        ({}, []),
    ],
)
def test_only_what_is_above_a_limit_is_warned_of(
    tmp_path: Path, counters: dict[str, float], expected: list[str]
) -> None:
    """Ten CPU seconds pass in a block of five seconds on two CPUs, so 0.5 s stolen is 5 %."""
    run = run_with(tmp_path, block(0, **counters))
    (noise,) = parse_host(run.host, run.record)

    assert len(expected) == len(all_in_words(noise.warnings))
    for words, warning in zip(expected, all_in_words(noise.warnings), strict=True):
        assert words in warning


def test_the_worst_block_counts_and_a_very_short_one_does_not(tmp_path: Path) -> None:
    """One tick in a block of 20 ms would otherwise look like half of it."""
    run = run_with(
        tmp_path,
        block(0, cpu_pressure_s=0.5),
        block(1, cpu_pressure_s=2.0, steal_s=0.1),
        block(2, wall_s=0.02, cpu_pressure_s=0.02),
    )
    (noise,) = parse_host(run.host, run.record)

    assert (2, 0.4, 0.01) == (noise.blocks, noise.pressure_share_max, noise.steal_share_max)
    assert math.isnan(noise.generator_cpu_share_max)


def test_under_load_the_search_is_left_aside(tmp_path: Path) -> None:
    """Overload was meant there; in the switchback several processes may use more than a core."""
    same = {"list": {"before": Behaviour(0.01), "after": Behaviour(0.01)}}
    made = LoadMade(same, blocks=1, tried=(("before", 9.0, "latency"),), changes=MACHINE)
    make_load_run(tmp_path, made)
    write_host(
        tmp_path,
        [
            HostRow("load", 0, 0.0, 5.0, {"wall_s": 5.0, "steal_s": 4.0}),
            HostRow("load", 1, 5.0, 25.0, {"wall_s": 20.0, "steal_s": 1.0, "generator_cpu_s": 30}),
        ],
    )
    run = read_run(tmp_path)
    (noise,) = parse_host(run.host, run.record)

    assert ("load", 1, 0.025, 1.5) == (
        noise.scenario,
        noise.blocks,
        noise.steal_share_max,
        noise.generator_cpu_share_max,
    )
    assert () == all_in_words(noise.warnings)


def test_the_environment_opens_with_what_disturbed(tmp_path: Path) -> None:
    """A disturbed scenario is marked in the page's own table; "?" stands for the unknown."""
    run = run_with(tmp_path, block(0, steal_s=1.0))
    first = environment(run.record, parse_host(run.host, run.record))[0]

    assert ["list", "1", "10 %", "? %", "? %", "yes"] == [c.text for c in first.rows[0]]


def test_a_run_without_the_file_is_read_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    """A crash loses the file and nothing else; half a file is told, with what to do."""
    run = run_with(tmp_path, block(0))
    path = tmp_path / HOST_NAME
    content = path.read_bytes()
    path.unlink()
    without = read_run(tmp_path)
    path.write_bytes(content[:40])

    assert without.host is None
    assert () == parse_host(without.host, run.record)
    assert "machine" == environment(without.record, ())[0].caption
    with pytest.raises(RecordError, match=r"host\.parquet: damaged .* Remove it"):
        read_run(tmp_path)


def test_each_block_is_drawn_below_the_latencies(tmp_path: Path) -> None:
    """How much of it something waited for a CPU; where nobody counts that, nothing is drawn."""
    run = run_with(
        tmp_path, block(0, cpu_pressure_s=0.5, steal_s=1.0), block(1, cpu_pressure_s=2.0)
    )
    (noise,) = parse_host(run.host, run.record)
    blind = run_with(tmp_path / "blind", block(0))
    (unknown,) = parse_host(blind.host, blind.record)
    found = compare(run.record, run.samples, {}, pictures=True).scenarios[0]
    assert found.timeline is not None

    assert [(0.0, 5.0, 0.1, 0.1), (5.0, 10.0, 0.4)] == [
        tuple(
            number
            for number in (one.start_s, one.end_s, one.steal_share, one.pressure_share)
            if math.isfinite(number)
        )
        for one in noise.disturbances
    ]
    assert "at most 40 % of a block" in timeline_chart(
        found, found.timeline, noise.disturbances, "time"
    )
    assert "of a block" not in timeline_chart(found, found.timeline, unknown.disturbances, "time")
