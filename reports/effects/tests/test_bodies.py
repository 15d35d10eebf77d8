"""Rounds whose answers differ are counted by what was found of each pair of bodies."""

from pathlib import Path
from typing import Any

import pytest

from contract.run.answers import AnswerPair, AnswersRecord, DifferentPlace, shown_hash
from reports.effects.bodies import differences_of
from reports.effects.compare import compare
from reports.effects.shapes import SubjectComparison
from reports.effects.tests.test_restarts import made_run
from reports.page.reasons import all_in_words
from reports.tests.runs import Behaviour

PLACE = DifferentPlace("/items/0/owner", "nothing", '"ann"')


def answers(kind: Any, head: int = 5, variant: str = "head", **more: Any) -> AnswersRecord:
    """What was found of the pair of bodies that made runs have, or of another."""
    pair = AnswerPair(
        variant=variant,
        kind=kind,
        base=shown_hash(11),
        head=shown_hash(head),
        places=(PLACE,),
        count=1,
    )
    return AnswersRecord(pairs=(pair,), **more)


def compared(folder: Path, found: AnswersRecord | None, **config: Any) -> SubjectComparison:
    run = made_run(folder, Behaviour(0.02, body_hash=5), pairs=2)
    scenario = run.record.scenarios[0].model_copy(update={"answers": found})
    record = run.record.model_copy(
        update={"scenarios": (scenario,), "config": {**run.record.config, **config}}
    )
    return compare(record, run.samples, {}).scenarios[0]


@pytest.mark.parametrize(
    ("found", "added_fields", "expected"),
    [
        (None, "allow", (100, 0)),
        (AnswersRecord(), "allow", (100, 0)),
        (answers("different"), "allow", (100, 0)),
        (answers("added"), "allow", (0, 100)),
        (answers("added"), "fail", (100, 0)),
        (answers("equal"), "fail", (0, 0)),
        # Another pair, or that of another variant, says nothing about this one.
        (answers("added", head=6), "allow", (100, 0)),
        (answers("added", variant="other"), "allow", (100, 0)),
        (answers("different", not_compared="no JSON"), "allow", (0, 0)),
    ],
)
def test_rounds_are_counted_by_their_pair(
    tmp_path: Path, found: AnswersRecord | None, added_fields: str, expected: tuple[int, int]
) -> None:
    """What nobody looked through differs; fields that came in addition are as configured."""
    scenario = compared(tmp_path, found, revisions={"added_fields": added_fields})

    assert expected == (scenario.rounds_bodies_differ, scenario.rounds_bodies_gained)


@pytest.mark.parametrize(
    ("found", "added_fields", "expected"),
    [
        (None, "allow", ("answers differ in 100 of 100 rounds",)),
        (
            answers("different"),
            "allow",
            ('answers differ in 100 of 100 rounds: /items/0/owner: nothing / "ann"',),
        ),
        (answers("added"), "allow", ("answers gained fields: /items/0/owner (allowed)",)),
        (
            answers("added"),
            "fail",
            (
                (
                    'answers gained fields in 100 of 100 rounds, and added_fields is "fail": '
                    "/items/0/owner"
                ),
            ),
        ),
        (answers("equal"), "allow", ()),
    ],
)
def test_places_are_named(
    tmp_path: Path, found: AnswersRecord | None, added_fields: str, expected: tuple[str, ...]
) -> None:
    """Of the first pair that was looked through."""
    scenario = compared(tmp_path, found, revisions={"added_fields": added_fields})

    assert expected == all_in_words(differences_of(scenario))


def test_answers_that_differ_elsewhere_are_a_doubt(tmp_path: Path) -> None:
    """Such as the first ones after a start: no round is lost, and nothing is kept quiet."""
    run = made_run(tmp_path, Behaviour(0.02), pairs=2)
    scenario = run.record.scenarios[0].model_copy(update={"answers": answers("different")})
    record = run.record.model_copy(update={"scenarios": (scenario,)})

    assert any(
        one.startswith("list: answers differ outside the compared rounds")
        for one in all_in_words(compare(record, run.samples, {}).warnings)
    )
