"""Several runs of one plan are one answer; and what is not several trials of it is refused."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ReportError
from reports.publish import gate, gate_together
from reports.tests.runs import Behaviour, LoadMade, Made, Scenario, make_load_run, make_run

TYPICAL_LIMIT = {"metric": "latency_s_p50", "ratio_max": 1.05}


def limit(**changes: Any) -> dict[str, Any]:
    """A budget on the list."""
    return {"scenario": "list", "variant": "after", **TYPICAL_LIMIT, **changes}


def within(value_max: float, metric: str = "latency_s_p50") -> dict[str, Any]:
    """A budget on a value."""
    stated = limit(metric=metric, value_max=value_max)
    del stated["ratio_max"]
    return stated


@dataclass(frozen=True)
class Judged:
    """How several runs were judged."""

    code: int
    out: str

    def row(self, metric: str = "typical", variant: str = "after") -> str:
        """The table's row of a budget."""
        found = re.search(rf"^list +{variant} +{metric} .*$", self.out, re.MULTILINE)
        assert found is not None, self.out
        return re.sub(r" {2,}", "  ", found[0]).strip()


class Runs:
    """Makes runs of one plan in one folder and judges them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[Path] = []

    def make(
        self,
        ratio: float = 1.0,
        rounds: int = 150,
        budgets: tuple[dict[str, Any], ...] = (limit(),),
        *,
        day: int | None = None,
        seed: int | None = None,
        behaviour: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> Path:
        """One run more."""
        number = len(self.made) + 1
        after = Behaviour(0.02 * ratio, **(behaviour or {}))
        before = Behaviour(0.02, events=after.events)
        scenario = Scenario("list", {"baseline": before, "after": after}, rounds=rounds)
        made = Made(
            (scenario,),
            seed=number if seed is None else seed,
            config={"budgets": list(budgets), **(config or {})},
            changes={"started_at": f"2026-11-{day or number:02}T20:00:00+00:00", **(changes or {})},
        )
        self.made.append(make_run(self.folder / f"run-{number}", made))
        return self.made[-1]

    def judge(self, *folders: Path) -> Judged:
        """These together, or all."""
        out = io.StringIO()
        code = gate_together(folders or self.made, out).exit_code
        return Judged(code, out.getvalue())


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """A folder for runs."""
    return Runs(tmp_path)


def alone(folder: Path) -> Judged:
    out = io.StringIO()
    return Judged(gate(folder, out).exit_code, out.getvalue())


def test_runs_that_decide_nothing_alone_decide_together(runs: Runs) -> None:
    """3.5 % more under a limit of 5 % takes more rounds than the second run has, and passes."""
    for _ in range(12):
        runs.make(1.035, rounds=60)
    found = runs.judge()

    assert 3 == alone(runs.made[1]).code
    assert (0, "PASS: 1 of 1 budget kept") == (found.code, found.out.splitlines()[0])
    assert re.search(r"\[.*\] +1 in [\d,]+ if over +PASS", found.row())
    assert re.search(r"list, after, typical latency: A 1\.\d+x, .*, L 1\.\d+x", found.out)


def test_a_slowdown_fails_together(runs: Runs) -> None:
    """10 % more where 5 % are allowed is told as such, with the chance of it."""
    runs.make(1.10)
    runs.make(1.10)
    found = runs.judge()

    assert (1, "FAIL: 1") == (found.code, found.out[:7])
    assert re.search(r"(1 in [\d,]+|< 1 in 1,000,000) if kept +FAIL", found.row())
    assert "a FAIL once in 100 (1 % over all budgets)" in found.out


@pytest.mark.parametrize(("ratio", "code"), [(1.1, 1), (1.0, 0)])
def test_a_limit_from_below_is_judged_together(runs: Runs, ratio: float, code: int) -> None:
    """Fewer events per second than 95 % of the baseline's exceed it, and as many keep it."""
    stated = limit(metric="events_per_s_p50", ratio_min=0.95)
    del stated["ratio_max"]
    for _ in range(2):
        runs.make(ratio, rounds=400, budgets=(stated,), behaviour={"events": 20.0})
    found = runs.judge()

    assert code == found.code
    assert found.row("typical events per").endswith("FAIL" if code else "PASS")


def test_a_run_that_fails_alone_is_not_outvoted(runs: Runs) -> None:
    """Longer runs of something faster do not turn a failed run into a pass."""
    runs.make(1.15)
    for _ in range(2):
        runs.make(0.9, rounds=600)
    found = runs.judge()

    assert 1 == alone(runs.made[0]).code
    assert 3 == found.code
    assert "run A alone exceeds it; find out why before measuring again" in found.out


def test_what_one_run_exceeds_is_required_of_all(runs: Runs) -> None:
    """A budget that need not be decided is no way to outvote a failed run either."""
    lenient = limit(undecided="pass")
    runs.make(1.15, budgets=(lenient,))
    for _ in range(2):
        runs.make(0.9, rounds=600, budgets=(lenient,))
    found = runs.judge()

    assert 1 == alone(runs.made[0]).code
    assert (3, "INCONCLUSIVE: 1 of 1 budget") == (found.code, found.out[:27])


def test_runs_stand_in_the_order_of_time(runs: Runs) -> None:
    """Whatever the order in which they are named, and it does not change the answer."""
    later, earlier = runs.make(1.0, day=9), runs.make(1.0, day=3)
    found, turned = runs.judge(later, earlier), runs.judge(earlier, later)

    assert found == turned
    assert found.out.index(f"A: {earlier.name}") < found.out.index(f"B: {later.name}")


def test_more_evidence_is_asked_of_more_budgets(runs: Runs) -> None:
    """The chance of a false FAIL is shared by all budgets on ratios of times."""
    budgets = (limit(), limit(metric="latency_s_p95"), limit(metric="stage_db_s"))
    for _ in range(2):
        runs.make(budgets=budgets)

    assert "a FAIL once in 300" in runs.judge().out


def test_undecided_runs_say_how_many_more(runs: Runs) -> None:
    """At the rate at which evidence has grown so far."""
    runs.make(1.035, rounds=60)
    runs.make(1.035, rounds=60)
    found = runs.judge()

    assert 3 == found.code
    assert re.search(r"about \d+ more runs? like these should decide it", found.out)


def test_a_tail_counts_blocks_of_all_runs(runs: Runs) -> None:
    """Seven blocks of 200 rounds are too few for joint evidence on a p95; twice as many are not."""
    budgets = (limit(metric="latency_s_p95"),)
    runs.make(0.8, rounds=1400, budgets=budgets)
    runs.make(0.8, rounds=800, budgets=budgets)
    too_few = runs.judge()
    runs.make(0.8, rounds=1400, budgets=budgets)
    found = runs.judge()

    assert 3 == too_few.code
    assert (0, "PASS") == (found.code, found.row("p95")[-4:])


def test_too_short_runs_say_so(runs: Runs) -> None:
    """Runs of fewer than 200 rounds hold no block, however many there are."""
    for _ in range(2):
        runs.make(rounds=150, budgets=(limit(metric="latency_s_p95"),))
    found = runs.judge()

    assert 3 == found.code
    assert "no run is long enough for a block of 200 rounds; increase measure_s" in found.out


def test_a_counter_that_grew_in_one_run_grew(runs: Runs) -> None:
    """Counts have no noise, so there is nothing that more runs could average out."""
    budgets = (limit(metric="db_rows", ratio_max=1.0),)
    runs.make(budgets=budgets)
    runs.make(budgets=budgets, behaviour={"db_rows": 51.0})
    runs.make(budgets=budgets)
    found = runs.judge()

    assert 1 == found.code
    assert re.search(r"1x +1.02x +1x +1.02x +- +FAIL", found.row("rows from the database"))


@pytest.mark.parametrize(
    ("latencies_s", "code"), [((1.0, 1.0), 0), ((9.0, 9.0), 1), ((1.0, 9.0), 3)]
)
def test_a_value_is_decided_where_all_runs_agree(
    runs: Runs, latencies_s: tuple[float, float], code: int
) -> None:
    """No coin protects a value from the machine's mood, so one run that differs leaves it open."""
    for ratio in latencies_s:
        runs.make(ratio, rounds=400, budgets=(within(0.025),))

    assert code == runs.judge().code


def test_an_invalid_run_makes_all_invalid(runs: Runs) -> None:
    """It is never dropped in silence; who leaves it out does so in sight."""
    for errors in (0.0, 0.1, 0.0):
        runs.make(behaviour={"error_rate": errors})
    found, without = runs.judge(), runs.judge(runs.made[0], runs.made[2])

    assert (4, "INVALID: together these runs cannot pass any budget: in run B: ") == (
        found.code,
        found.out[:63],
    )
    assert 0 == without.code
    assert (
        "in the same folder: run-2 (complete); the error rates below hold if none was left"
        in without.out
    )


def test_carry_over_in_one_run_leaves_all_undecided(runs: Runs) -> None:
    """More units cure what was too few, and nothing else."""
    for after_other in (1.0, 1.4):
        runs.make(rounds=800, behaviour={"after_other": after_other})
    found = runs.judge()

    assert 3 == found.code
    assert "in run B: contaminated: carry-over of" in found.out


def test_an_accepted_regression_is_borne_by_the_last_run(runs: Runs) -> None:
    """It counts as in a single run, on the day on which the last run began."""
    entry = {"scenario": "list", "variant": "after", "metric": "latency_s_p50", "ratio_max": 1.2}
    entry |= {"reason": "the index comes", "expires": "2026-11-05"}
    for day in (3, 4, 6):
        runs.make(1.10, day=day, config={"accepted": [entry]})
    borne, expired = runs.judge(*runs.made[:2]), runs.judge()

    assert (0, "ACCEPTED") == (borne.code, borne.row()[-8:])
    assert (1, "FAIL") == (expired.code, expired.row()[-4:])
    assert "was accepted until 2026-11-05, which is past" in expired.out


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seed": 1}, "run-1 and run-2 have the same seed 1, so the same coins"),
        ({"budgets": (limit(ratio_max=1.2),)}, "run-1 and run-2 differ in budgets"),
        ({"changes": {"profile": "full"}}, "ask different questions: profile: smoke / full"),
        (
            {"changes": {"environment": {"machine": {}, "code": {"commit": "b"}}}},
            "ask different questions: code, commit: a / b",
        ),
    ],
)
def test_what_is_no_further_trial_is_refused(
    runs: Runs, changes: dict[str, Any], expected: str
) -> None:
    """Same coins, other budgets, another plan, other code: one line says which."""
    here = {"environment": {"machine": {}, "code": {"commit": "a"}}}
    runs.make(changes=here)
    changes["changes"] = here | changes.get("changes", {})
    runs.make(**changes)

    with pytest.raises(ReportError, match=re.escape(expected)):
        runs.judge()


def test_the_same_run_twice_is_refused(runs: Runs) -> None:
    """Evidence counts once, by whichever path it is named."""
    made = runs.make()
    (runs.folder / "latest").symlink_to(made)

    with pytest.raises(ReportError, match="run run-1 was given twice"):
        runs.judge(made, runs.folder / "latest")


def test_another_machine_is_told_and_no_reason_to_refuse(runs: Runs) -> None:
    """The question is the same, and each run's coins are its own."""
    for cpu in ("old", "new"):
        runs.make(changes={"environment": {"machine": {"cpu": cpu}}})
    found = runs.judge()

    assert 0 == found.code
    assert "warning: the runs differ in machine, cpu: old / new" in found.out


def test_uncommitted_changes_are_told(runs: Runs) -> None:
    """The commit is the same, and what was changed since may not be."""
    clean = runs.make(), runs.make()
    changed = runs.make(changes={"environment": {"code": {"dirty": True}}})

    assert "uncommitted" not in runs.judge(*clean).out
    assert "warning: some code was not committed" in runs.judge(clean[0], changed).out


def test_without_budgets_there_is_nothing_to_judge(runs: Runs) -> None:
    """The same answer as for one run."""
    runs.make(budgets=())
    runs.make(budgets=())

    assert (2, "no budgets for a run at low load") == (runs.judge().code, runs.judge().out[:32])


def test_an_undecided_gate_points_here_and_a_failed_one_does_not(runs: Runs) -> None:
    """Whoever would measure until it passes is shown the way that keeps the promise."""
    undecided, failed = alone(runs.make(1.045)), alone(runs.make(1.2))

    assert (3, 1) == (undecided.code, failed.code)
    again = f"versus gate --run {runs.made[0]} --run {runs.made[0].parent / 'latest'}"
    assert again in undecided.out
    assert "latest" not in failed.out


def test_runs_under_load_are_judged_by_all_their_blocks(tmp_path: Path) -> None:
    """Blocks of all runs count for times; a capacity is what all runs agree on."""
    capacity = {"variant": "after", "metric": "capacity_per_s", "under_load": True}
    budgets = [
        limit(under_load=True),
        {**capacity, "value_min": 20},
        {**capacity, "value_min": 35},
    ]
    folders = []
    for seed, carried in ((1, 30.0), (2, 40.0)):
        tried = tuple(
            (name, rate, limited)
            for name in ("baseline", "after")
            for rate, limited in ((carried, ""), (carried + 5, "latency")) * 2
        )
        made = LoadMade(
            {"list": {"baseline": Behaviour(0.02), "after": Behaviour(0.02)}},
            tried=tried,
            seed=seed,
            config={"budgets": budgets},
        )
        folders.append(make_load_run(tmp_path / f"run-{seed}", made))
    out = io.StringIO()
    code = gate_together(folders, out).exit_code

    assert 3 == code, out.getvalue()
    assert re.search(r"^list .* < 1 in 1,000,000 if +PASS *$", out.getvalue(), re.MULTILINE)
    assert re.search(r"at least 20/s .*30/s to 45/s.* - +PASS *$", out.getvalue(), re.MULTILINE)
    assert re.search(r"at least 35/s .* - +INCONCLUSIVE *$", out.getvalue(), re.MULTILINE)
