"""Blocks and progress of a run in turns, whoever sends."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest

from contract.run.record import RunRecord, ScenarioRecord
from contract.run.stream import SampleStream
from loadtests.engines.delivery import StoppedError, TargetBrokenError
from loadtests.engines.events import BlockEnded, Event, MeasuringStarted, Progressed
from loadtests.engines.switchback import Switchback

RECORD = RunRecord(
    tool_version="0",
    id="r",
    command="",
    profile="default",
    seed=3,
    started_at="2026-01-01T00:00:00+00:00",
    config={},
    variants=("a", "b"),
    baseline="a",
    scenarios=(ScenarioRecord(name="one", request="", rounds_max=0, budget_s=1),),
    design="load",
    stages=(),
    counters=(),
)


class TwoSteps(Switchback):
    """Each look at the clock takes a second, and so nothing else does."""

    def __init__(self, folder: Path, error: Exception | None = None) -> None:
        self.events: list[Event] = []
        self.error = error
        self.stream = SampleStream(folder, RECORD)
        seconds = count(100)
        super().__init__(self.stream, self.events.append, lambda: float(next(seconds)))

    def _measure(self) -> None:
        self._report_progress("sending", 7.0)
        self._begin_step(self._now_s())
        self._begin_step(self._now_s())
        if self.error:
            self._errors, self._last_error = 3, "status 500"
            raise self.error
        self._end_block()

    def _scenario_names(self) -> Sequence[str]:
        return ["one", "two"]


def test_a_block_lasts_from_its_first_step_to_its_end(tmp_path: Path) -> None:
    """By seconds since the run began; every scenario ends with its rounds."""
    run = TwoSteps(tmp_path)
    run.run()

    started, sending, block, done = run.events
    assert MeasuringStarted() == started
    assert isinstance(sending, Progressed)
    assert isinstance(done, Progressed)
    assert BlockEnded(scenario="load", block=0, start_s=1.0, end_s=3.0, gc_s=0.0) == block
    assert (7.0, {"one": "", "two": ""}) == (sending.left_s, sending.ended)
    assert (0.0, {"one": "rounds", "two": "rounds"}) == (done.left_s, done.ended)


def test_a_service_that_is_broken_ends_the_run(tmp_path: Path) -> None:
    """With what went wrong; what was sent is kept."""
    run = TwoSteps(tmp_path, TargetBrokenError("status 500"))
    run.run()

    last = run.events[-1]
    assert isinstance(last, Progressed)
    assert ("stopped", {"errors"}, 3, "status 500") == (
        last.activity,
        set(last.ended.values()),
        last.errors,
        last.last_error,
    )


def test_the_stream_is_closed_whatever_happens(tmp_path: Path) -> None:
    """What stops a run is for whoever began it."""
    run = TwoSteps(tmp_path, StoppedError("no use"))
    with pytest.raises(StoppedError):
        run.run()

    with pytest.raises((pa.ArrowException, ValueError)):
        run.stream.write(pa.RecordBatch.from_pylist([], run.stream.schema))
