"""Exit codes and words of decisions are stable: programs read them."""

from reports.verdicts.shapes import ClaimVerdict, Decision


def test_words_of_decisions() -> None:
    """In comparison.json, badges and pages."""
    assert ["PASS", "FAIL", "INCONCLUSIVE"] == [one.value for one in Decision]
    assert "not reproduced" == ClaimVerdict.NOT_REPRODUCED.value
