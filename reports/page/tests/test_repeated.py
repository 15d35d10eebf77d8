"""Several runs judged together, in words: the headline, the runs, and each budget's evidence."""

from dataclasses import replace

from reports.effects.agreement import Difference
from reports.effects.shapes import State
from reports.page.repeated import repeated_page
from reports.page.tests.made import RECORD, texts
from reports.verdicts.gate import judge
from reports.verdicts.repeated import BudgetEvidence, Repeated
from reports.verdicts.tests.test_gate import budget, comparison_of

LIMIT = budget(ratio_max=1.1)
JUDGEMENT = judge(comparison_of(), (LIMIT,))


def together(runs: int = 2, log_e: tuple[float, float] = (-1.0, 4.0)) -> Repeated:
    """So many runs of one plan, each of which keeps the budget."""
    return Repeated(
        runs=tuple(RECORD.model_copy(update={"seed": seed}) for seed in range(1, runs + 1)),
        differences=(),
        comparison=comparison_of(),
        judgement=JUDGEMENT,
        evidence=(BudgetEvidence(JUDGEMENT.outcomes * runs, *log_e),),
        fail_e=100.0,
    )


def test_runs_and_evidence() -> None:
    """Headline, a line for each run, and a column for each of them."""
    page = repeated_page(together(), JUDGEMENT, (), ())
    ((table, below),) = page.parts

    assert "PASS: 1 of 1 budget kept" == page.lines[0]
    assert page.lines[2].endswith("2026-11-23 20:00:00 UTC, seed 2")
    assert [
        [
            *("list", "optimized", "typical latency", "1.1x", "1.02x", "1.02x"),
            *("1.02x [1.01x, 1.03x]", "1 in 54 if over", "PASS"),
        ]
    ] == texts(table.rows)
    assert below[-1].startswith("Chance alone brings a PASS once in 20 times, a FAIL once in 100")


def test_chance_without_evidence() -> None:
    """E-values below 1 are no evidence for either side."""
    (table, _), *_ = repeated_page(together(log_e=(-1.0, -0.5)), JUDGEMENT, (), ()).parts

    assert "no evidence" == texts(table.rows)[0][-2]


def test_many_runs_have_lines_instead_of_columns() -> None:
    """A terminal has no room for more than four columns."""
    (table, below), *_ = repeated_page(together(runs=5), JUDGEMENT, (), ()).parts

    assert 7 == len(table.columns)
    assert below[0].startswith("list, optimized, typical latency: A 1.02x, B 1.02x")


def test_doubts_about_the_runs() -> None:
    """What they differ in, uncommitted code, and runs that are not judged."""
    found = together()
    dirty = RECORD.model_copy(update={"environment": {"code": {"dirty": True}}})
    doubtful = replace(
        found,
        runs=(dirty, *found.runs[1:]),
        differences=(Difference("machine, cpu", "x", "y", forbids=False),),
    )
    lines = repeated_page(doubtful, JUDGEMENT, (), (RECORD,) * 6).lines

    assert "warning: the runs differ in machine, cpu: x / y" == lines[3]
    assert lines[4].startswith("warning: some code was not committed")
    assert "6 runs of the same plan and code in the same folder" in lines[5]
    assert "(complete), 1 more; the error rates" in lines[5]


def test_a_partial_run_passes_nothing() -> None:
    """The headline gives the reason."""
    partial = replace(together(), comparison=comparison_of(state=State.PARTIAL))

    assert (
        "PARTIAL: together these runs cannot pass any budget: cut off"
        == (repeated_page(partial, JUDGEMENT, (), ()).lines[0])
    )
