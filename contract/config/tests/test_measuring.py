"""Profiles and load: numbers within their ranges."""

from typing import Any

import pytest
from pydantic import ValidationError

from contract.config.complaints import complaint
from contract.config.measuring import LoadConfig, ProfileConfig
from contract.config.sections import Section


@pytest.mark.parametrize("gap_ms", [[0, 0], [0, 10_000], [2.5, 2.5]])
def test_a_pause_has_two_ends(gap_ms: list[float]) -> None:
    """They may be the same, or nothing."""
    assert tuple(gap_ms) == ProfileConfig.model_validate({"gap_ms": gap_ms}).gap_ms


@pytest.mark.parametrize("pairs", [[14], [14, 15, 1000]])
def test_looks_come_later_and_later(pairs: list[int]) -> None:
    """One is enough."""
    assert tuple(pairs) == ProfileConfig.model_validate({"pairs": pairs}).pairs


@pytest.mark.parametrize(
    ("section", "content", "expected"),
    [
        (ProfileConfig, {"gap_ms": [6, 2]}, "gap_ms: two numbers from 0 to 10000, the smaller"),
        (ProfileConfig, {"gap_ms": [0, 10_001]}, "gap_ms: two numbers from 0 to 10000"),
        (ProfileConfig, {"gap_ms": [float("nan"), 1]}, "gap_ms: two numbers from 0 to 10000"),
        (ProfileConfig, {"pairs": []}, "pairs: whole numbers from 14 to 1000, each larger than"),
        (ProfileConfig, {"pairs": [13]}, "pairs: whole numbers from 14 to 1000"),
        (ProfileConfig, {"pairs": [14, 14]}, "pairs: whole numbers from 14 to 1000"),
        (ProfileConfig, {"pairs": [14, 1001]}, "pairs: whole numbers from 14 to 1000"),
        (ProfileConfig, {"size": "huge"}, "size: input should be 'small', 'medium' or 'large'"),
        (ProfileConfig, {"sub_block_s": 0.05}, "sub_block_s: input should be greater than or equ"),
        (LoadConfig, {"objective_quantile": 1}, "objective_quantile: input should be less than 1"),
        (LoadConfig, {"in_flight_max": 0}, "in_flight_max: input should be greater than or equal"),
    ],
)
def test_a_number_out_of_range_is_refused(
    section: type[Section], content: dict[str, Any], expected: str
) -> None:
    """The key stands first, then what is expected."""
    with pytest.raises(ValidationError) as refused:
        section.model_validate(content)

    assert complaint(refused.value, section, content).startswith(expected)
