"""What the record keeps of a run's events."""

import os

import pytest

from contract.run.answers import AnswersRecord
from contract.run.tests.folders import RECORD
from loadtests.checking.first_answers import FirstAnswers
from loadtests.engines.events import (
    AnswersCompared,
    BlockEnded,
    GeneratorFailed,
    LoadNotDelivered,
    LookRequested,
    MeasuringStarted,
    Progressed,
    RateChosen,
    StepEnded,
)
from loadtests.engines.tests.test_events import PAIR, STEP
from loadtests.errors import EXIT_INVALID, EXIT_OK, MeasureError
from loadtests.machine.noise import HostLog
from loadtests.run_progress import RunProgress


def test_a_run_is_complete_unless_something_happens() -> None:
    """Events that do not concern the record change nothing."""
    run = RunProgress()
    run.handle(LookRequested())

    assert RunProgress() == run
    assert ("complete", EXIT_OK) == (run.state, run.exit_code)


def test_blocks_become_rows_of_the_host() -> None:
    """The first reading is taken as measuring starts, one more as each block ends."""
    run = RunProgress(host=HostLog({"self": os.getpid()}))
    run.handle(MeasuringStarted())
    run.handle(BlockEnded(scenario="list", block=0, start_s=0.5, end_s=1.5, gc_s=0.25))
    assert run.host is not None
    (row,) = run.host.rows

    assert ("list", 0, 0.5, 1.5) == (row.scenario, row.block, row.start_s, row.end_s)
    assert 0.25 == row.counters["generator_gc_s"]


def test_steps_rates_and_ends_are_kept() -> None:
    """The last progress holds why each scenario ended."""
    run = RunProgress()
    run.handle(StepEnded(step=STEP))
    run.handle(RateChosen(rate_per_s=60.0, planned={"list": 12}))
    for ended in ("", "rounds"):
        run.handle(
            Progressed.model_validate(
                {
                    "activity": "list",
                    "left_s": 0,
                    "errors": 1,
                    "last_error": "list: status 500",
                    "ended": {"list": ended},
                    "ratios": {},
                }
            )
        )

    assert [STEP] == run.steps
    assert (60.0, {"list": 12}) == (run.rate_per_s, run.planned)
    assert ({"list": "rounds"}, "list: status 500") == (run.ended, run.last_error)


def test_load_that_was_not_delivered_makes_the_run_invalid() -> None:
    """The reason is kept for the record."""
    run = RunProgress()
    run.handle(LoadNotDelivered(reason="worker 1 of 2 was lost"))

    assert ("invalid", ["worker 1 of 2 was lost"]) == (run.state, run.reasons)
    assert EXIT_INVALID == run.exit_code


def test_a_generator_that_failed_ends_measuring() -> None:
    """The message says what to do."""
    with pytest.raises(MeasureError, match=r"the disk is full\. Free space, then measure again"):
        RunProgress().handle(GeneratorFailed(reason="the disk is full. Free space"))


def test_answers_that_differ_come_into_the_record() -> None:
    """Behind what was found before measuring; under load nobody looks them through."""
    run = RunProgress()
    run.handle(AnswersCompared(scenario="list", pair=PAIR))
    run.handle(AnswersCompared(scenario="known", pair=PAIR))
    noisy = AnswersRecord(noise=("/at",))
    planned = RECORD.scenarios[0].model_copy(update={"name": "list", "answers": noisy})
    other = planned.model_copy(update={"name": "read", "answers": None})
    known = planned.model_copy(update={"name": "known", "answers": AnswersRecord(pairs=(PAIR,))})
    record = RECORD.model_copy(update={"scenarios": (planned, other, known)})

    run.first_answers = (
        *(FirstAnswers("list", new=True), FirstAnswers("read"), FirstAnswers("known", pair=PAIR)),
    )
    found = run.with_answers(record)
    assert [True, False, False] == [scenario.new for scenario in found.scenarios]
    run.first_answers = ()
    once = AnswersRecord(pairs=(PAIR,))
    assert [AnswersRecord(noise=("/at",), pairs=(PAIR,)), AnswersRecord(), once] == [
        scenario.answers for scenario in run.with_answers(record).scenarios
    ]
    assert noisy == run.with_answers(record.model_copy(update={"load": True})).scenarios[0].answers
