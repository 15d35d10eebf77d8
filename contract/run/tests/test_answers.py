"""Pairs of answers as a record holds them."""

import pytest
from pydantic import ValidationError

from contract.run.answers import AnswerPair, shown_hash


def test_hashes_survive_as_text() -> None:
    """64 bits are more than a number of JSON holds everywhere."""
    pair = AnswerPair(variant="head", kind="equal", base=shown_hash(7), head=shown_hash(2**64 - 1))

    assert (7, 2**64 - 1) == pair.hashes


def test_what_is_no_hash_is_refused() -> None:
    """A damaged record must not fail later, and somewhere else."""
    with pytest.raises(ValidationError):
        AnswerPair(variant="head", kind="equal", base="7", head="x" * 16)
