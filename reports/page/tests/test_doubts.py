"""What limits the trust in a whole run, in words."""

from dataclasses import replace

from reports.effects.reasons import Name, reason
from reports.page.doubts import proof_lines
from reports.verdicts.tests.test_gate import comparison_of

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
