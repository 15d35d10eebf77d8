"""The paired loop with a fake clock and a fake probe: whole runs, without waiting or sending."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise, repeat
from typing import Any

import pytest

from contract.looks import LOOKS, next_look
from contract.run.observation import LATE, Observation, Place
from loadtests.engines.events import BlockEnded, Ended, Event, MeasuringStarted, Progressed
from loadtests.engines.paired import CONSECUTIVE_ERRORS_MAX, PairedRun
from loadtests.engines.tests.jobs import FakeClock, make_job
from loadtests.planning.schedule import rounds
from loadtests.probes.probe import BlockProbe

GAP_MS = (100.0, 200.0)
PROFILE = {"block_s": 10.0, "warmup_rounds": 2, "gap_ms": GAP_MS}


@dataclass
class FakeProbe:
    """Answers after a fixed time for each variant, rightly unless `wrong` names the place.

    Attributes:
        stop_after: so many requests are sent; the next one is interrupted.
        births: the blocks in which the service started a process.
    """

    clock: FakeClock
    latency_s: tuple[float, ...] = (0.2, 0.1)
    wrong: Callable[[Place], str] = lambda _: ""
    stop_after: int | None = None
    births: Collection[int] = ()
    places: list[Place] = field(default_factory=list)
    prepared: dict[tuple[int, int], int] = field(default_factory=dict)
    around: list[tuple[str, float]] = field(default_factory=list)

    def before(self, scenario: int, variant: int) -> None:
        """Take a second."""
        self.around.append((f"before {scenario} {variant}", self.clock.now_s))
        self.clock.now_s += 1

    def after(self, sample: Observation) -> Observation:
        """Take a second, and find the second round's samples wrong."""
        self.around.append((f"after {sample.scenario} {sample.variant}", self.clock.now_s))
        self.clock.now_s += 1
        return replace(sample, error="after") if sample.round == 1 else sample

    def close(self) -> None:
        """Nothing is held open."""

    def begin_block(self) -> None:
        """Nothing needs time."""

    def prepare(self, scenario: int, number: int) -> None:
        """Keep when a round was prepared: after so many requests."""
        self.prepared[scenario, number] = len(self.places)

    def knows_all_processes(self) -> bool:
        """Whether `births` does not name the block, which may be the last one's."""
        return not self.births or self.places[-1].block not in self.births

    def send(self, place: Place) -> Observation:
        """Take the time of an answer."""
        if len(self.places) == self.stop_after:
            raise KeyboardInterrupt
        self.places.append(place)
        latency_s = self.latency_s[place.variant]
        self.clock.now_s += latency_s
        error = self.wrong(place)
        return Observation(
            **vars(place),
            latency_s=latency_s,
            status=0 if error else 200,
            error=error,
            wire_bytes=None,
            body_bytes=0,
            body_hash=0,
            stages=(),
            counters=(),
        )


class FakeSamples:
    """Keeps in memory what a run writes.

    Attributes:
        written: rows that were flushed.
        pending: rows that were not.
        closed: how often it was closed.
        forgotten: of which scenarios and blocks CPU times were forgotten, one set each time.
    """

    def __init__(self) -> None:
        self.written: list[Observation] = []
        self.pending: list[Observation] = []
        self.closed = 0
        self.forgotten: list[set[tuple[int, int]]] = []

    def append(self, row: Observation) -> None:
        """Keep a row."""
        self.pending.append(row)

    def forget_cpu_times(self) -> None:
        """Count the rows that were not written."""
        self.forgotten.append({(row.scenario, row.block) for row in self.pending})

    def flush(self) -> None:
        """Write what was kept."""
        self.written += self.pending
        self.pending = []

    def close(self) -> None:
        """Flush, once."""
        self.flush()
        self.closed += 1


class Bench:
    """A paired run of fakes, and what came of it."""

    def __init__(
        self,
        *requests: str,
        profile: Mapping[str, Any] | None = None,
        budget_s: float = 60.0,
        look: Callable[[], Collection[str]] | None = None,
        restart: Callable[[int], BlockProbe | Ended] | None = None,
        compare: Callable[[], bool] = lambda: False,
        **probe: Any,
    ) -> None:
        self.job = make_job(
            *(requests or ("a",)),
            profile={**PROFILE, **(profile or {})},
            budget_s=budget_s,
        )
        self.clock = FakeClock()
        self.clock.now_s = 1000.0
        self.probe = FakeProbe(self.clock, **probe)
        self.samples = FakeSamples()
        self.events: list[Event] = []
        self.collected = 0
        self.loop = PairedRun(
            job=self.job,
            probe=self.probe,
            samples=self.samples,
            emit=self.events.append,
            clock=self.clock,
            sleep=self.clock.sleep,
            look=look,
            restart=restart,
            compare=compare,
            collect_garbage=self.collect,
        )

    def collect(self) -> None:
        """Take a second to collect garbage."""
        self.collected += 1
        self.clock.now_s += 1.0

    def run(self) -> "Bench":
        """Run to the end."""
        self.loop.run()
        return self

    @property
    def blocks(self) -> list[BlockEnded]:
        """The blocks that ended."""
        return [event for event in self.events if isinstance(event, BlockEnded)]

    @property
    def last(self) -> Progressed:
        """The last event, which is one of progress."""
        (*_, last) = self.events
        assert isinstance(last, Progressed)
        return last

    def measured(self, scenario: int = 0) -> int:
        """Rounds of a scenario that are compared."""
        rows = [row for row in self.samples.written if row.scenario == scenario and not row.warmup]
        return len({row.round for row in rows})


def test_order_and_pauses_are_those_of_the_schedule() -> None:
    """Each round sends every variant once, in the order and after the gaps that were drawn."""
    bench = Bench("a", "b").run()
    for scenario in range(2):
        drawn = rounds(bench.job.seed, scenario, 2, (0.1, 0.2))
        sent = [place for place in bench.probe.places if place.scenario == scenario]
        for number, (first, second) in enumerate(zip(sent[::2], sent[1::2], strict=True)):
            expected = next(drawn)
            assert expected.order == (first.variant, second.variant)
            assert (number, 0) == (first.round, first.position)
            assert (number, 1) == (second.round, second.position)
    gaps_s = [
        gap_s
        for place, gap_s in zip(bench.probe.places, bench.clock.slept_s, strict=True)
        if place.scenario == 1
    ]
    drawn = rounds(bench.job.seed, 1, 2, (0.1, 0.2))

    assert gaps_s == [gap_s for _ in range(len(gaps_s) // 2) for gap_s in next(drawn).gaps_s]


def test_requests_are_due_after_their_gap() -> None:
    """Times count from the run's beginning; a request starts when it is due."""
    bench = Bench().run()
    first, second = bench.probe.places[:2]

    assert 1.0 + bench.clock.slept_s[0] == pytest.approx(first.start_s)
    assert first.intended_s == pytest.approx(first.start_s)
    latency_s = bench.probe.latency_s[first.variant]
    assert first.start_s + latency_s + bench.clock.slept_s[1] == pytest.approx(second.start_s)


def test_the_first_block_warms_up_and_later_ones_settle() -> None:
    """`warmup_rounds` in the first block of a scenario, one round in each later block."""
    bench = Bench().run()
    warmup = [
        len({row.round for row in bench.samples.written if row.block == block and row.warmup})
        for block in range(len(bench.blocks))
    ]

    assert [2, *[1] * (len(warmup) - 1)] == warmup
    assert len(warmup) >= 5


def test_blocks_take_turns_and_end_with_their_time() -> None:
    """Scenario by scenario; a block ends with the first round after `block_s`."""
    bench = Bench("a", "b", budget_s=25.0).run()

    assert ["a", "b"] * 3 == [block.scenario for block in bench.blocks]
    assert [0, 0, 1, 1, 2, 2] == [block.block for block in bench.blocks]
    for block in bench.blocks[:4]:
        assert 10.0 <= block.end_s - block.start_s < 10.7
    assert {1.0} == {block.gc_s for block in bench.blocks}
    assert len(bench.blocks) == bench.collected


def test_a_budget_of_time_ends_a_scenario() -> None:
    """Only blocks count towards it, not what lies between them."""
    bench = Bench(budget_s=25.0).run()
    used_s = sum(block.end_s - block.start_s for block in bench.blocks)

    assert {"a": "time"} == bench.last.ended
    assert 25.0 <= used_s < 25.7
    assert 0.0 == bench.last.left_s


def test_a_number_of_rounds_ends_a_scenario() -> None:
    """Warm-up does not count towards `rounds_max`."""
    bench = Bench(profile={"rounds_max": 7}).run()

    assert {"a": "rounds"} == bench.last.ended
    assert 7 == bench.measured()


def test_a_round_with_a_wrong_answer_does_not_count() -> None:
    """It is kept, and another one is measured instead."""
    bench = Bench(
        profile={"rounds_max": 7}, wrong=lambda place: "status 500" * (place.round == 3)
    ).run()

    assert {"a": "rounds"} == bench.last.ended
    assert 8 == bench.measured()
    assert 2 == sum(bool(row.error) for row in bench.samples.written)
    assert 2 == bench.last.errors


def test_wrong_answers_in_a_row_end_the_run() -> None:
    """All scenarios end when one variant answers wrongly so many times in a row."""
    bench = Bench("a", "b", wrong=lambda place: "status 500" * (place.variant == 1)).run()

    assert {"a": "errors", "b": "errors"} == bench.last.ended
    assert "a, after: status 500" == bench.last.last_error
    assert CONSECUTIVE_ERRORS_MAX == bench.last.errors
    assert 2 * CONSECUTIVE_ERRORS_MAX == len(bench.samples.written)


def test_three_late_answers_in_a_row_end_the_run() -> None:
    """Each has taken as long as was allowed; ten of them would take very long."""
    bench = Bench(wrong=lambda place: f"{LATE} 60 s" * (place.variant == 1)).run()

    assert ({"a": "errors"}, 3) == (bench.last.ended, bench.last.errors)


def test_errors_between_right_answers_do_not_end_the_run() -> None:
    """What counts is how many are wrong in a row."""
    bench = Bench(wrong=lambda place: "status 500" * (place.round % 10 != 9)).run()

    assert {"a": "time"} == bench.last.ended


def test_answers_that_differ_are_worth_a_look_at_once() -> None:
    """After the first block, long before 50 rounds; answers are compared after every block."""
    found = [True]
    looked_at: list[int] = []

    def look() -> Collection[str]:
        looked_at.append(len(bench.blocks))
        return {"a"}

    bench = Bench("a", "b", look=look, compare=lambda: bool(found) and found.pop())
    bench.run()

    assert 1 == looked_at[0]
    assert 1 == len([block for block in bench.blocks if block.scenario == "a"])
    assert bench.measured(0) < 50


def test_looks_come_after_the_declared_rounds() -> None:
    """Each after the block in which so many rounds were reached; looking takes no budget."""
    looked_at: list[int] = []

    def look() -> Collection[str]:
        looked_at.append(bench.measured())
        bench.clock.now_s += 100.0
        return ()

    bench = Bench(budget_s=150.0, look=look)
    bench.run()

    # A block has about 16 rounds, so that it may pass several looks.
    assert looked_at == sorted(set(looked_at))
    assert [LOOKS[0]] * 3 <= looked_at[:3]
    for before, seen in pairwise(looked_at):
        assert next_look(before) <= seen < next_look(before) + 25
    assert {"a": "time"} == bench.last.ended
    used_s = sum(block.end_s - block.start_s for block in bench.blocks)
    assert 150.0 <= used_s < 150.7


def test_a_decided_scenario_ends_and_the_others_go_on() -> None:
    """A look of one scenario may decide another; what ended for another reason stays so."""
    decisions = chain([("b",)], repeat(()))
    bench = Bench("a", "b", look=lambda: next(decisions)).run()

    assert {"a": "time", "b": "decided"} == bench.last.ended
    assert bench.measured(1) < bench.measured(0)
    assert bench.blocks[-1].scenario == "a"


def test_an_interruption_loses_nothing() -> None:
    """Rows of a block that was not over are written too, and the samples are closed once."""
    bench = Bench(stop_after=31)
    with pytest.raises(KeyboardInterrupt):
        bench.run()

    assert 31 == len(bench.samples.written)
    assert 1 == bench.samples.closed


def test_nothing_is_written_within_a_block() -> None:
    """Encoding waits until the block is over."""
    pending: list[int] = []

    def wrong(place: Place) -> str:
        pending.append(len(bench.samples.pending))
        assert place.block == len(bench.blocks)
        return ""

    bench = Bench(wrong=wrong)
    bench.run()

    assert max(pending) == max(
        sum(row.block == block for row in bench.samples.written) - 1
        for block in range(len(bench.blocks))
    )


def test_a_slow_service_is_compared_all_the_same() -> None:
    """A block whose rounds are longer than it compares three of them while the budget lasts."""
    bench = Bench(latency_s=(8.0, 4.0), budget_s=120.0).run()
    compared = [
        len({row.round for row in bench.samples.written if row.block == block and not row.warmup})
        for block in range(len(bench.blocks))
    ]

    assert 3 == compared[0]
    assert {"a": "time"} == bench.last.ended


def test_restarts_give_each_scenario_one_block_a_pair() -> None:
    """Each pair has its own probe and warms up anew; the answer says why there are no more."""
    probes: list[FakeProbe] = []

    def restart(pairs: int) -> BlockProbe | Ended:
        if pairs == 3:
            return "decided"
        probes.append(FakeProbe(bench.clock))
        return probes[-1]

    bench = Bench("a", "b", profile={"measure_s": 224.0}, restart=restart)
    bench.run()

    assert ["a", "b"] * 3 == [block.scenario for block in bench.blocks]
    assert {"a": "decided", "b": "decided"} == bench.last.ended
    sent = [len(probe.places) for probe in (bench.probe, *probes)]
    assert len(bench.samples.written) == sum(sent)
    assert 3 == len(sent)
    for block in bench.blocks:
        assert 4.0 <= block.end_s - block.start_s < 4.7
    settling = {(row.scenario, row.block, row.round) for row in bench.samples.written if row.warmup}
    assert 2 * 2 * 3 == len(settling)


def test_no_servers_are_restarted_after_errors() -> None:
    """A target that is broken ends the run."""
    bench = Bench(wrong=lambda _: "status 500", restart=lambda _: "rounds").run()

    assert {"a": "errors"} == bench.last.ended


def test_progress_holds_ratios_and_comes_in_time() -> None:
    """Mean ratios to the first variant; twice a second at most within a block."""
    bench = Bench(budget_s=25.0).run()
    progressed = [event for event in bench.events if isinstance(event, Progressed)]

    assert MeasuringStarted() == bench.events[0]
    assert (1.0, 0.5) == pytest.approx(bench.last.ratios["a"])
    assert {} == progressed[0].ratios
    assert 20 <= len(progressed) <= 2 * 25 + 2 * len(bench.blocks)
    assert sorted((event.left_s for event in progressed), reverse=True) == [
        event.left_s for event in progressed
    ]


def test_a_block_in_which_a_process_is_born_has_no_cpu_times() -> None:
    """Its samples stay, and so do the CPU times of all other blocks."""
    bench = Bench("a", profile={"block_s": 5.0}, budget_s=20.0, births={1}).run()

    assert [{(0, 1)}] == bench.samples.forgotten
    assert {0, 1, 2, 3} == {row.block for row in bench.samples.written}


def test_a_round_is_prepared_before_its_first_request() -> None:
    """What a row takes to be read is in no pause between two requests of a round."""
    bench = Bench(budget_s=3.0)
    bench.run()
    first = {
        (place.scenario, place.round): number
        for number, place in reversed([*enumerate(bench.probe.places)])
    }

    assert len(first) > 3
    assert first == bench.probe.prepared


def test_requests_around_a_sample_come_before_its_gap_and_after_it() -> None:
    """In each round of each variant; the sample is due after the gap, and wrong if they failed."""
    bench = Bench("a", "b", profile={"warmup_rounds": 0})
    first, second = bench.job.scenarios
    around = {"before": ("one",), "after": ("one",)}
    job = replace(bench.job, scenarios=(first.model_copy(update=around), second))
    bench.loop = replace(bench.loop, job=job)
    bench.run()
    steps = bench.probe.around
    sent = [row for row in bench.samples.written if row.scenario == 0]

    assert [f"{when} 0 {row.variant}" for row in sent for when in ("before", "after")] == [
        name for name, _ in steps
    ]
    for (_, before_s), (_, after_s), row in zip(steps[::2], steps[1::2], sent, strict=True):
        gap_s = 1000 + row.start_s - (before_s + 1)
        assert GAP_MS[0] / 1000 - 1e-6 <= gap_s <= GAP_MS[1] / 1000 + 1e-6
        assert 1000 + row.start_s + row.latency_s == pytest.approx(after_s)
    assert {"after"} == {row.error for row in sent if row.round == 1}
