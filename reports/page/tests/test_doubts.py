"""What limits the trust in a whole run, in words."""

from dataclasses import replace

import pytest

from reports.effects.comparison import Comparison
from reports.effects.reasons import Name, reason
from reports.effects.shapes import State
from reports.page.doubts import proof_lines, validity
from reports.verdicts.tests.test_gate import DOUBT, EFFECT, comparison_of

UNPROVEN = reason(Name.SIDES_NOT_PROVEN, sides=["head"])
OTHER = reason(Name.SEPARATE_SERVERS, share=0.01)


def test_the_gate_repeats_what_concerns_its_question_alone() -> None:
    """Whether there are two sides at all, and notes; other doubts stand on the page."""
    comparison = replace(
        comparison_of(), warnings=(OTHER, UNPROVEN), notes=(reason(Name.STATED, text="a note"),)
    )

    assert (
        "warning: Not proven that the sides differ: nothing shows that head runs its own code",
        "note: a note",
    ) == proof_lines(comparison)
    assert () == proof_lines(comparison_of())


def with_different_bodies() -> Comparison:
    comparison = comparison_of()
    scenario = replace(comparison.scenarios[0], rounds_bodies_differ=1)
    return replace(comparison, scenarios=(scenario,))


def with_new_fields() -> Comparison:
    comparison = comparison_of()
    scenario = replace(comparison.scenarios[0], rounds_bodies_gained=1)
    return replace(comparison, scenarios=(scenario,))


@pytest.mark.parametrize(
    ("comparison", "warnings", "word", "part"),
    [
        (comparison_of(), [], "Complete and valid.", "gave the same answers, and no check of the"),
        (comparison_of(), ["contaminated"], "Complete, with doubts.", "read 1 warning below"),
        (
            comparison_of(replace(EFFECT, warnings=(DOUBT,))),
            ["a", "b"],
            "Complete, with doubts.",
            "read 2 warnings and the notes of 1 comparison below",
        ),
        (
            with_different_bodies(),
            [],
            "Complete, with doubts.",
            "the run invalid, but read what differs in list below",
        ),
        (with_new_fields(), [], "Complete and valid.", "answers gained fields in "),
        (comparison_of(state=State.INVALID), [], "", ""),
    ],
)
def test_a_run_with_doubts_is_not_called_sound(
    comparison: Comparison, warnings: list[str], word: str, part: str
) -> None:
    """Neither beside a warning nor beside a note that rules out a verdict."""
    found, sentence = validity(comparison, warnings)

    assert word == found.text
    assert part in sentence
