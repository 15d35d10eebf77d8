"""Runs that start their servers again and again: the pair of starts is the unit."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.metrics import TYPICAL
from contract.run.reading import Run, read_run
from contract.run.record import RestartsRecord
from reports.effects.compare import compare
from reports.effects.shapes import Effect, State, Verdict
from reports.page.reasons import all_in_words
from reports.publish import gate, publish
from reports.statistics.sequential import find_pairs_look
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.settings import settings_of
from reports.verdicts.stopping import failed, settled

LOOKS = (14, 20, 28)
BUDGETS = [
    {"revisions": True, "scenario": "*", "metric": "latency_s_p50", "ratio_max": 1.02},
    {"revisions": True, "scenario": "*", "metric": "db_bytes", "ratio_max": 1.0},
]


def made_run(
    folder: Path, head: Behaviour, *, pairs: int = 14, ended: str = "rounds", **changes: Any
) -> Run:
    """A revision and its base, 50 rounds of them in each pair of starts."""
    base = Behaviour(0.02, start_spread=head.start_spread)
    scenario = Scenario(
        "list", {"base": base, "head": head}, rounds=50 * pairs, warmup_rounds=0, ended=ended
    )
    looks = LOOKS if pairs > 14 or ended == "decided" else (pairs,)
    stated = {
        "design": "restarts",
        "restarts": RestartsRecord(looks=looks, starts=(("base", "head"),) * pairs),
        "looks": True,
        **changes,
    }
    made = Made((scenario,), config={"budgets": BUDGETS}, changes=stated)
    return read_run(make_run(folder, made))


def typical(run: Run) -> Effect:
    found = compare(run.record, run.samples, {})
    assert found.state is State.COMPLETE, all_in_words(found.reasons)
    return next(one for one in found.effects() if one.metric == TYPICAL)


def test_a_pair_of_starts_is_one_unit(tmp_path: Path) -> None:
    """700 rounds in 14 pairs of starts are 14 measurements."""
    effect = typical(made_run(tmp_path, Behaviour(0.021)))

    assert (14, "pairs", Verdict.SLOWER) == (effect.n, effect.unit, effect.verdict)
    assert 1.05 == pytest.approx(effect.ratio, rel=0.01)


def test_what_starts_differ_by_widens_the_interval(tmp_path: Path) -> None:
    """Where each start draws its own speed, many rounds of a few starts tell less."""
    even = typical(made_run(tmp_path / "even", Behaviour(0.0206)))
    uneven = typical(made_run(tmp_path / "uneven", Behaviour(0.0206, start_spread=0.03)))

    assert (Verdict.INCONCLUSIVE, 14) == (uneven.verdict, uneven.n)
    assert uneven.interval90.high / uneven.interval90.low > 1.02 * (
        even.interval90.high / even.interval90.low
    )


def test_the_gate_judges_head_against_base(tmp_path: Path) -> None:
    """5 % more than the base fails a budget of 2 %, and the page comes."""
    made_run(tmp_path / "slow", Behaviour(0.021))
    made_run(tmp_path / "same", Behaviour(0.02))
    out = io.StringIO()

    assert 1 == gate(tmp_path / "slow", out).exit_code
    assert "FAIL: 1 of 3 budgets exceeded" in out.getvalue()
    assert "list, head, typical latency" in out.getvalue()
    assert 0 == gate(tmp_path / "same", io.StringIO()).exit_code
    assert 0 == publish(tmp_path / "slow", out).exit_code
    assert "pairs of starts" in (tmp_path / "slow" / "report.html").read_text(encoding="utf-8")


def test_fewer_starts_than_planned_are_no_run(tmp_path: Path) -> None:
    """It ended as if all pairs were done, and half of them are missing."""
    restarts = RestartsRecord(looks=LOOKS, starts=(("base", "head"),) * 14)
    run = made_run(tmp_path, Behaviour(0.02), restarts=restarts)
    found = compare(run.record, run.samples, {})

    assert State.INVALID is found.state
    assert "14 of 28 planned pairs of starts" in all_in_words(found.reasons)[0]


def under_way(run: Run) -> Run:
    record = run.record
    scenarios = tuple(one.model_copy(update={"ended": ""}) for one in record.scenarios)
    changes = {"state": "partial", "reasons": ("measuring is under way",), "scenarios": scenarios}
    return replace(run, record=record.model_copy(update=changes))


@pytest.mark.parametrize(
    ("pairs", "head", "expected"),
    [
        # Latency is looked at after 14 pairs, never before.
        (13, Behaviour(0.03), (False, False)),
        (14, Behaviour(0.03), (True, True)),
        (14, Behaviour(0.02), (True, False)),
        # Counters have no noise: one pair is enough.
        (1, Behaviour(0.02, db_bytes=1e9), (True, True)),
        # Other answers lose the gate as soon, and end it when there are latencies to see.
        (1, Behaviour(0.02, body_hash=5), (False, True)),
        (14, Behaviour(0.02, body_hash=5), (True, True)),
        (1, Behaviour(0.02), (False, False)),
    ],
)
def test_when_nobody_needs_more(
    tmp_path: Path, pairs: int, head: Behaviour, expected: tuple[bool, bool]
) -> None:
    """What is decided, and what nothing could save any more, ends; only the latter is lost."""
    run = under_way(made_run(tmp_path, head, pairs=pairs, ended="decided"))
    asked = (run.record, run.samples, settings_of(run.record))

    assert expected == (bool(settled(*asked)), failed(*asked))


@pytest.mark.parametrize(
    ("pairs", "at_end", "expected"),
    [
        (13, False, (0, 0.0, False)),
        (14, False, (14, 1 / 2, False)),
        (19, False, (14, 1 / 2, False)),
        (20, False, (20, 1 / 4, False)),
        (28, False, (28, 1 / 4, True)),
        (28, True, (28, 1 / 4, True)),
        (20, True, (20, 1 / 2, True)),
        (25, True, (25, 1 / 4, True)),
        (10, True, (10, 1.0, True)),
    ],
)
def test_looks_by_hand(pairs: int, at_end: bool, expected: tuple[int, float, bool]) -> None:
    """Each look spends half of what is left, and the end all of it."""
    look = find_pairs_look(list(range(1, pairs + 1)), LOOKS, at_end=at_end)

    assert expected == (look.rounds, look.error(1.0), look.at_end)
    assert look.error(1.0) == look.error(1.0, first=200)


def test_all_looks_together_spend_one() -> None:
    """Whatever the run looked at, its chances of error add up to what was promised."""
    spent = [
        find_pairs_look(list(range(1, pairs + 1)), LOOKS, at_end=False).error(1.0)
        for pairs in LOOKS
    ]

    assert 1.0 == sum(spent)
