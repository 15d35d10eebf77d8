"""What limits the trust in a whole run, in words."""

from reports.effects.comparison import Comparison
from reports.effects.reasons import Name
from reports.page.reasons import all_in_words


def proof_lines(comparison: Comparison) -> tuple[str, ...]:
    """What the gate says of two revisions beside its answer, which it does not change."""
    doubts = [one for one in comparison.warnings if one.name is Name.SIDES_NOT_PROVEN]
    return (
        *(f"warning: {line}" for line in all_in_words(doubts)),
        *(f"note: {line}" for line in all_in_words(comparison.notes)),
    )
