"""What limits the trust in a whole run, in words."""

from collections.abc import Sequence

from reports import units
from reports.effects.comparison import Comparison
from reports.effects.reasons import Name
from reports.effects.shapes import State
from reports.page.cards import some_of
from reports.page.reasons import all_in_words
from reports.page.shapes import Cell


def validity(comparison: Comparison, warnings: Sequence[str]) -> tuple[Cell, str]:
    """How far a complete run may be trusted: in short, and in a sentence.

    Args:
        comparison: of the run.
        warnings: all that its page shows.

    Returns: two empty texts where the run is not complete; its reasons say why.
    """
    if comparison.state is not State.COMPLETE:
        return Cell(""), ""
    scenarios = comparison.scenarios
    answers = "the variants gave the same answers"
    differing = [one.name for one in scenarios if one.rounds_bodies_differ]
    if differing:
        answers = "the variants gave different answers"
    elif gained := [one.name for one in scenarios if one.rounds_bodies_gained]:
        answers = f"answers gained fields in {', '.join(gained)}, and are the same else"
    facts = f"All planned requests were sent, {answers}"
    if comparison.load and comparison.load.users:
        facts = "All planned sub-blocks were measured, bodies of answers are not compared"
    doubted = sum(one.primary and bool(one.lasting) for one in comparison.effects())
    doubts = [
        *([f"what differs in {some_of(differing)}"] if differing else []),
        *([units.count_of(len(warnings), "warnings")] if warnings else []),
        *([f"the notes of {units.count_of(doubted, 'comparisons')}"] if doubted else []),
    ]
    if not doubts:
        sound = Cell("Complete and valid.", "good")
        return sound, f"{facts}, and no check of the measurement failed."
    sentence = (
        f"{facts}, and no check makes the run invalid, but read {' and '.join(doubts)} below "
        "before you rely on it."
    )
    return Cell("Complete, with doubts.", "unsure"), sentence


def proof_lines(comparison: Comparison) -> tuple[str, ...]:
    """What the gate says of two revisions beside its answer, which it does not change."""
    doubts = [one for one in comparison.warnings if one.name is Name.SIDES_NOT_PROVEN]
    return (
        *(f"warning: {line}" for line in all_in_words(doubts)),
        # What is new has a line of the gate's own.
        *(
            f"note: {line}"
            for line in all_in_words(
                one for one in comparison.notes if one.name is not Name.NEW_IN_HEAD
            )
        ),
    )
