"""What a check finds, as values."""

from contract.check import Pace


def test_all_rounds_are_those_at_the_last_end() -> None:
    """None before the first block has ended."""
    assert [19, 0] == [Pace("list", 0.5, ends).rounds for ends in ((7, 16, 19), ())]
