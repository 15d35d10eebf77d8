"""What a check finds of two revisions, weighed as their gate weighs it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from contract.check import CheckedAnswer, Difference
from contract.config.judging import BASE
from loadtests.checking.first_answers import FirstAnswers
from loadtests.planning.plan import Plan


def weighed_answers(
    checked: Iterable[CheckedAnswer], found: Sequence[FirstAnswers]
) -> tuple[CheckedAnswer, ...]:
    """A base need not know what is new in the head."""
    new = {one.scenario for one in found if one.new}
    return tuple(
        replace(answer, error="", new=True)
        if answer.scenario in new and answer.variant == BASE
        else answer
        for answer in checked
    )


def weighed_differences(
    plan: Plan, differences: Iterable[Difference], found: Sequence[FirstAnswers]
) -> tuple[Difference, ...]:
    """New fields harm no gate that allows them, nor does what differs by itself."""
    if not found:
        return tuple(differences)
    fails = plan.config.get("revisions", {}).get("added_fields") == "fail"
    kinds = {"different", "added"} if fails else {"different"}
    harmed = {one.scenario for one in found if one.pair and one.pair.kind in kinds}
    return tuple(replace(one, harmful=one.scenario in harmed) for one in differences)
