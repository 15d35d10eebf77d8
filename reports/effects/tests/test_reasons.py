"""Reasons are data."""

from reports.effects.reasons import Name, Reason, reason


def test_facts_are_keywords() -> None:
    """The subject comes second; everything else is a fact."""
    assert Reason(Name.STATED, "list", {"text": "x"}) == reason(Name.STATED, "list", text="x")


def test_reasons_with_the_same_facts_are_the_same() -> None:
    """They can be counted and removed by value."""
    assert 1 == len({reason(Name.STATED, text="x"), reason(Name.STATED, text="x")})
    assert reason(Name.STATED, text="x") != reason(Name.STATED, text="y")
