import pytest

from calibration.deciding import INVALID, judge_run, look
from calibration.questions import SCENARIO
from calibration.tests.traces import make_trace
from contract.run.reading import Run, read_run
from reports.verdicts.shapes import Decision


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A complete run of unchanged code."""
    folder = tmp_path_factory.mktemp("run")
    make_trace(folder, rounds=300)
    return read_run(folder)


def test_a_complete_run_has_a_verdict_and_two_intervals(run: Run) -> None:
    """The wider, family-wise interval contains the 90 % one, and both contain the ratio."""
    judged = judge_run(run.record, run.samples)
    found = judged.of()
    assert found is not None
    ninety, familywise = found.interval90, found.interval_familywise

    assert judged.verdict in set(Decision)
    assert familywise.low <= ninety.low <= found.ratio <= ninety.high <= familywise.high


def test_a_run_that_is_not_complete_is_invalid(run: Run) -> None:
    """The note says why."""
    changes = {"state": "invalid", "reasons": ("the service died",)}
    judged = judge_run(run.record.model_copy(update=changes), run.samples)

    assert (INVALID, "the service died") == (judged.verdict, judged.note)


def test_a_look_names_decided_scenarios(run: Run) -> None:
    """A look returns scenarios of the run, if any."""
    assert set(look(run.record, run.samples)) <= {SCENARIO}
