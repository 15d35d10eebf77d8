"""The pace agrees with the loop that measures, and the parts of the time with the profile."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.checking.pace import fastest_pace, load_parts, pace_of, time_parts
from loadtests.checking.tests.checks import configuration, plan_of
from loadtests.engines.events import Ended
from loadtests.engines.paired import PairedRun
from loadtests.engines.tests.jobs import FakeClock, make_job
from loadtests.engines.tests.test_paired import FakeProbe, FakeSamples
from loadtests.planning.plan import Plan
from loadtests.probes.probe import BlockProbe

# No whole number of such rounds fills a block, so that a float's last digit decides nothing.
LATENCY_S = (0.2137, 0.1)


def planned(folder: Path, profile: dict[str, Any], pairs: tuple[int, ...] = ()) -> Plan:
    plan = plan_of(folder, configuration("same"))
    settings = plan.profile.model_copy(update={"gap_ms": (100.0, 100.0), **profile})
    budget_s = pairs[-1] * settings.pair_s if pairs else settings.measure_s
    (scenario,) = plan.scenarios
    return replace(
        plan,
        profile=settings,
        scenarios=(scenario.model_copy(update={"budget_s": budget_s}),),
        restarts=pairs,
    )


def measured(plan: Plan) -> tuple[int, ...]:
    """Compared rounds at the end of each block, as the loop makes them."""
    clock = FakeClock()
    samples = FakeSamples()

    def restart(pairs: int) -> BlockProbe | Ended:
        return FakeProbe(clock, LATENCY_S) if pairs < plan.restarts[-1] else "rounds"

    job = make_job("same", budget_s=plan.scenarios[0].budget_s)
    PairedRun(
        job=replace(job, profile=plan.profile),
        probe=FakeProbe(clock, LATENCY_S),
        samples=samples,
        emit=lambda _: None,
        clock=clock,
        sleep=clock.sleep,
        restart=restart if plan.restarts else None,
    ).run()
    blocks = range(samples.written[-1].block + 1)
    rows = [row for row in samples.written if not row.warmup and row.variant == 0]
    return tuple(sum(row.block <= block for row in rows) for block in blocks)


@pytest.mark.parametrize(
    "profile",
    [
        {"measure_s": 60.0},
        {"measure_s": 61.3, "block_s": 7.0, "warmup_rounds": 0},
        {"measure_s": 20.0, "block_s": 0.1},
        {"measure_s": 1.0, "warmup_rounds": 10},
        {"measure_s": 60.0, "rounds_max": 17},
    ],
)
@pytest.mark.slow
def test_blocks_are_those_of_the_loop(tmp_path: Path, profile: dict[str, Any]) -> None:
    """Short, long and cut-off ones."""
    plan = planned(tmp_path, profile)
    (pace,) = pace_of(plan, {"same": sum(LATENCY_S)})

    assert measured(plan) == pace.block_ends


@pytest.mark.parametrize("profile", [{"measure_s": 160.0}, {"measure_s": 2.0}])
@pytest.mark.slow
def test_pairs_are_those_of_the_loop(tmp_path: Path, profile: dict[str, Any]) -> None:
    """Each pair of starts begins with a warm-up."""
    plan = planned(tmp_path, {**profile, "pairs": (14, 20)}, pairs=(14, 20))
    (pace,) = pace_of(plan, {"same": sum(LATENCY_S)})

    assert 20 == len(pace.block_ends)
    assert measured(plan) == pace.block_ends


def test_no_latency_is_the_fastest_pace(tmp_path: Path) -> None:
    """Only pauses are left, and where there are none, an end comes all the same."""
    plan = planned(tmp_path, {"measure_s": 60.0})

    assert fastest_pace(plan)[0].rounds > pace_of(plan, {"same": 0.3})[0].rounds
    nothing = planned(tmp_path, {"gap_ms": (0.0, 0.0), "rounds_max": 10_000_000})
    assert 10_000_000 == fastest_pace(nothing)[0].rounds


def test_only_scenarios_of_known_latency_have_a_pace(tmp_path: Path) -> None:
    """The others were not answered."""
    assert () == pace_of(planned(tmp_path, {}), {})


def test_the_time_has_its_parts(tmp_path: Path) -> None:
    """Those that take time; starts as often as there are."""
    plan = planned(tmp_path, {"measure_s": 60.0})
    pairs = planned(tmp_path, {"measure_s": 160.0, "pairs": (14, 20)}, pairs=(14, 20))

    assert {"measure": 60.0, "starts": 2.0} == {p.name: p.seconds for p in time_parts(plan, 2.0)}
    running = replace(plan, urls=("http://a", "http://a"))
    assert {"measure": 60.0} == {p.name: p.seconds for p in time_parts(running, 2.0)}
    assert {"measure": 160.0, "starts": 40.0} == {p.name: p.seconds for p in time_parts(pairs, 2.0)}
    assert {"capacity": 150.0, "switchback": 60.0} == {p.name: p.seconds for p in load_parts(plan)}
