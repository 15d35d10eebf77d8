"""A changed shape and the typical latency in words."""

from dataclasses import replace
from typing import Any

import pytest

from reports.effects.reasons import Name, reason
from reports.page.shape_words import scenarios_in_words, shape_changed, typical_in_words
from reports.page.tests.test_reasons import SHAPE
from reports.verdicts.tests.test_gate import comparison_of

# What the others did where they did nothing.
UNCHANGED = {"others_ratio": 1.0, "others_interval": None}


def test_what_is_typical_depends_on_what_is_paired() -> None:
    """Rounds, blocks or pairs of starts are what a typical ratio is the centre of."""
    assert typical_in_words("paired") == (
        "typical: the centre of the ratios of all rounds (Hodges-Lehmann), so about half of them "
        "show more, half less"
    )
    assert "of all blocks" in typical_in_words("load")
    assert "of all pairs of starts" in typical_in_words("restarts")


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (
            {"share_before": 0.45, "share_after": 0.55, "groups_before": 2, "pooled_ratio": 4.2},
            (
                "the shape changed: 55 % of requests are slow (about 38.0 ms) in optimized, 45 % "
                "in baseline; the others are 2.0 % faster [1.0, 3.0]; the median of all requests "
                "is 4.20x slower"
            ),
        ),
        (
            {"share_before": 1.0, "others_ratio": None},
            (
                "the shape changed: all requests are slow (about 38.0 ms) in baseline, 8.1 % in "
                "optimized; 2 groups of latencies instead of 1"
            ),
        ),
        (
            {"kind": "tail", "share_before": 0.003, "groups_after": 1} | UNCHANGED,
            (
                "the shape changed: 8.1 % of requests take more than twice the typical latency "
                "(about 38.0 ms) in optimized, 0.3 % in baseline; the others did not change"
            ),
        ),
    ],
)
def test_a_changed_shape(facts: dict[str, Any], text: str) -> None:
    """The side with more slow requests comes first; what is unknown or unchanged is left out."""
    assert text == shape_changed(SHAPE | facts)


def test_scenarios_with_a_changed_shape_are_named() -> None:
    """Up to four by name, each once; without any there is no sentence."""
    effect = comparison_of().effects()[0]
    changed = [
        replace(effect, scenario=name, notes=(reason(Name.SHAPE_CHANGED, **SHAPE),))
        for name in "aabcdef"
    ]

    assert not scenarios_in_words([effect])
    assert scenarios_in_words(changed) == (
        "The share of slow requests changed in a, b, c, d and 2 more: see the notes there."
    )
