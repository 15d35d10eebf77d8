"""Sentences about too few rounds."""

import pytest

from reports.effects.reasons import Name
from reports.page.few_words import WORDS


@pytest.mark.parametrize(
    ("name", "facts", "sentence"),
    [
        (
            Name.TOO_FEW_UNITS,
            {"n": 60, "unit": "rounds", "needed": 80},
            "only 60 rounds; a verdict needs 80",
        ),
        (
            Name.AS_ONE_FACTOR,
            {"metric": "latency_s_p99", "needed": 450},
            "as all requests; 450 rounds would tell p99 alone",
        ),
    ],
)
def test_a_tail_says_what_it_needs(name: Name, facts: dict[str, object], sentence: str) -> None:
    """The number of rounds, and which tail they are of."""
    assert sentence == WORDS[name](facts)
