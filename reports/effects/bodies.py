"""In how many rounds the answers of all variants say the same, round by round.

A list that grows while it is measured grows for all variants alike.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from contract.run.answers import AnswerPair, Kind
from contract.run.record import RunRecord, ScenarioRecord
from reports.effects.reasons import Name, Reason, reason
from reports.effects.rounds import Rounds
from reports.effects.shapes import SubjectComparison


@dataclass(frozen=True)
class Bodies:
    """How many compared rounds have another answer.

    Attributes:
        differ: in which some variant says something else than the baseline, or too much.
        gained: other rounds, in which some variant says all that the baseline says, and more
            fields, which is allowed.
    """

    differ: int = 0
    gained: int = 0


def compare_bodies(rounds: Rounds, record: RunRecord, scenario: ScenarioRecord) -> Bodies:
    """Count a scenario's rounds; two bodies that nobody looked through count as different."""
    answers = scenario.answers
    if scenario.new or not len(rounds.number) or (answers and answers.not_compared):
        return Bodies()
    worst = np.zeros(len(rounds.number), np.int8)
    base = rounds.exactly(record.baseline, "body_hash")
    for variant in record.variants:
        if variant == record.baseline:
            continue
        body = rounds.exactly(variant, "body_hash")
        unequal = np.flatnonzero(body != base)
        pairs = np.column_stack([base[unequal], body[unequal]])
        found, which = np.unique(pairs, axis=0, return_inverse=True)
        grades = _grades(found.tolist(), _known(scenario, variant), allowed_kinds(record))
        worst[unequal] = np.maximum(worst[unequal], grades[which.reshape(-1)])
    return Bodies(differ=int((worst == 2).sum()), gained=int((worst == 1).sum()))


def allowed_kinds(record: RunRecord) -> frozenset[Kind]:
    """What an answer may be: of variants the baseline's, of a revision also more."""
    revisions = record.config.get("revisions") or {}
    if record.restarts and revisions.get("added_fields", "allow") == "allow":
        return frozenset({"equal", "added"})
    return frozenset({"equal"})


def _known(scenario: ScenarioRecord, variant: str) -> Mapping[tuple[int, int], Kind]:
    pairs = scenario.answers.pairs if scenario.answers else ()
    return {one.hashes: one.kind for one in pairs if one.variant == variant}


def _grades(
    found: list[list[int]],
    known: Mapping[tuple[int, int], Kind],
    allowed: Collection[Kind],
) -> "np.ndarray[tuple[int], np.dtype[np.int8]]":
    """Of each pair 0 where it says the same, 1 where it allowedly says more, else 2."""
    kinds = [known.get((first, second), "different") for first, second in found]
    grades = [2 if kind not in allowed else int(kind == "added") for kind in kinds]
    return np.array(grades, np.int8)


def differences_of(scenario: SubjectComparison) -> tuple[Reason, ...]:
    """Where a scenario's answers differ: the first pair that was looked through stands for all."""
    found = []
    if scenario.rounds_bodies_differ:
        pair = first_pair(scenario, "different") or first_pair(scenario, "added")
        facts = {"differing": scenario.rounds_bodies_differ, "rounds": scenario.rounds}
        only_more = pair is not None and pair.kind == "added"
        found.append(reason(Name.ANSWERS_DIFFER, **facts, **facts_of(pair), only_more=only_more))
    if scenario.rounds_bodies_gained:
        found.append(reason(Name.ANSWERS_GAINED, **facts_of(first_pair(scenario, "added"))))
    return tuple(found)


def first_pair(scenario: SubjectComparison, kind: Kind) -> AnswerPair | None:
    """The first pair of answers of a kind that was looked through."""
    answers = scenario.scenario.answers
    return next((one for one in answers.pairs if one.kind == kind), None) if answers else None


def facts_of(pair: AnswerPair | None) -> dict[str, Any]:
    """What words need of a pair; no places where none was looked through."""
    if pair is None:
        return {"variant": "", "places": (), "count": 0, "counted_all": False}
    return {
        "variant": pair.variant,
        "places": tuple((one.where, one.before, one.after) for one in pair.places),
        "count": pair.count,
        "counted_all": pair.counted_all,
    }
