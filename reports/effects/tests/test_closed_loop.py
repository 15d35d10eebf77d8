"""Users in a closed loop: a faster variant gets more requests, and failures are no answers."""

from pathlib import Path

import pytest

from contract.metrics import TAIL, TYPICAL
from contract.run.reading import read_run
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.reasons import Name
from reports.effects.shapes import State, Verdict
from reports.tests.users import UsersMade, make_users_run


def compared(tmp_path: Path, made: UsersMade) -> Comparison:
    """The comparison of such a run."""
    run = read_run(make_users_run(tmp_path / "run", made))
    return compare(run.record, run.samples)


def verdicts(comparison: Comparison) -> dict[tuple[str, str], Verdict]:
    """Of the primaries."""
    return {(one.scenario, one.metric): one.verdict for one in comparison.effects() if one.primary}


def test_a_slower_variant_is_slower_and_gets_fewer_requests(tmp_path: Path) -> None:
    """10 ms become 20 ms; with a wait of 20 ms that leaves three quarters of the throughput."""
    found = compared(tmp_path, UsersMade({"list": (0.010, 0.020)}))
    effect = next(one for one in found.effects() if one.metric == TYPICAL)
    throughput = found.throughputs[0]

    assert State.COMPLETE is found.state
    assert {("list", TYPICAL): Verdict.SLOWER, ("list", TAIL): Verdict.SLOWER} == verdicts(found)
    assert 2.0 == pytest.approx(effect.ratio, rel=0.05)
    assert (16, "blocks") == (effect.n, effect.unit)
    assert 4 / 0.030 == pytest.approx(throughput.before_per_s, rel=0.05)
    assert throughput.ratio is not None
    assert 0.75 == pytest.approx(throughput.ratio, rel=0.03)
    assert (Verdict.FEWER, 16) == (throughput.verdict, throughput.n)


def test_equally_many_requests_of_every_variant_are_compared(tmp_path: Path) -> None:
    """Though one got more; all that were sent are counted as delivered."""
    found = compared(tmp_path, UsersMade({"list": (0.010, 0.020)}))
    scenario = found.scenarios[0]
    before, after = scenario.deliveries

    assert before.requests > 1.2 * after.requests
    assert 0.95 * after.requests < scenario.rounds <= after.requests
    assert (0, 0) == (scenario.rounds_left_out, scenario.rounds_silent)


def test_unchanged_code_is_neither_slower_nor_faster(tmp_path: Path) -> None:
    """And has the same throughput."""
    found = compared(tmp_path, UsersMade({"list": (0.010, 0.010), "cart": (0.02, 0.02)}))

    assert not {Verdict.SLOWER, Verdict.FASTER} & set(verdicts(found).values())
    assert {Verdict.EQUIVALENT, Verdict.INCONCLUSIVE} >= {one.verdict for one in found.throughputs}


def test_fast_failures_make_nothing_faster(tmp_path: Path) -> None:
    """A tenth fails at once in one variant: no verdict, fewer right answers, and it is reported."""
    found = compared(tmp_path, UsersMade({"list": (0.010, 0.010)}, error_rate=(0.0, 0.1)))

    assert {Verdict.INCONCLUSIVE} == set(verdicts(found).values())
    assert all(
        Name.FAILURES_DIFFER in {one.name for one in effect.warnings} for effect in found.effects()
    )
    assert [("list", Name.FAILURES_DIFFER)] == [(one.subject, one.name) for one in found.warnings]
    assert Verdict.FEWER is found.throughputs[0].verdict


def test_failures_of_both_leave_the_verdict(tmp_path: Path) -> None:
    """A run of users is not invalid because requests fail."""
    made = UsersMade({"list": (0.010, 0.020)}, error_rate=(0.1, 0.1), seed=2)
    found = compared(tmp_path, made)

    assert State.COMPLETE is found.state
    assert Verdict.SLOWER is verdicts(found)["list", TYPICAL]


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    """A request that one variant never gets, and one that is sent at the start alone."""
    made = UsersMade({"list": (0.01, 0.01), "gone": (0.01, 0.0), "login": (-0.01, -0.01)})
    found = compared(tmp_path, made)
    gone = next(one for one in found.warnings if one.subject == "gone")
    (login,) = found.notes

    assert (Name.REQUEST_NOT_COMPARED, ["after"]) == (gone.name, gone.facts["never"])
    assert ("login", ["before", "after"]) == (login.subject, login.facts["early"])
    assert State.COMPLETE is found.state
    assert {"list"} == {one.scenario for one in found.effects()}
    assert {"gone": None, "login": None} == {
        one.scenario: one.ratio for one in found.throughputs if one.scenario != "list"
    }


def test_exceptions_of_tasks_are_a_warning(tmp_path: Path) -> None:
    """Users that break off send other requests."""
    of_users = {"exceptions": {"after": 3}, "last_exception": "KeyError: 'x'"}
    found = compared(tmp_path, UsersMade({"list": (0.01, 0.01)}, of_users=of_users))

    assert [Name.TASKS_FAILED] == [one.name for one in found.warnings]


def test_a_busy_process_makes_the_run_invalid(tmp_path: Path) -> None:
    """Its own time would be in every latency."""
    found = compared(tmp_path, UsersMade({"list": (0.01, 0.01)}, cpu_s=2.0))

    assert (State.INVALID, [Name.USERS_BUSY]) == (
        found.state,
        [one.name for one in found.reasons],
    )


def test_a_few_blocks_give_no_verdict(tmp_path: Path) -> None:
    """However large the effect looks."""
    found = compared(tmp_path, UsersMade({"list": (0.01, 0.05)}, blocks=4))

    assert {Verdict.INCONCLUSIVE} == {
        *verdicts(found).values(),
        *(one.verdict for one in found.throughputs),
    }
