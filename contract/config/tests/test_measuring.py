"""Profiles and load: numbers within their ranges."""

from typing import Any

import pytest
from pydantic import ValidationError

from contract.config.complaints import complaint
from contract.config.measuring import BUILT_IN, LoadConfig, ProfileConfig, profiles_of
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
        (
            ProfileConfig,
            {"pair_s": 5, "pairs": [14, 28]},
            "'pair_s' is gone: pair_s = 5 with pairs up to 28 is measure_s = 140; write that.",
        ),
        (
            ProfileConfig,
            {"pair_s": 8.0},
            "'pair_s' is gone: pair_s = 8 with pairs up to 28 is measure_s = 224; write that.",
        ),
        (ProfileConfig, {"load_s": 30, "measure_s": 30}, "'load_s' is gone: load_s = 30 is meas"),
        (
            ProfileConfig,
            {"load_s": 30, "measure_s": 12},
            "'load_s' is gone: load_s = 30 is measure_s = 30, and measure_s is the measuring time",
        ),
        (ProfileConfig, {"pair_s": "x"}, "'pair_s' is gone; measure_s is the measuring time of"),
        (ProfileConfig, {"pair_s": 1, "pairs": []}, "'pair_s' is gone; measure_s is the measur"),
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


def test_a_pair_of_starts_gets_its_part_of_the_measuring_time() -> None:
    """All pairs together take what a run of variants takes."""
    assert 5.0 == ProfileConfig(measure_s=140, pairs=(14, 28)).pair_s


def test_profiles_need_not_be_stated() -> None:
    """Four are there, from a look at whether it works to a whole night."""
    profiles = profiles_of({})

    assert ["smoke", "quick", "default", "full"] == list(profiles)
    assert ProfileConfig() == profiles["default"]
    assert [12, 48, 180, 900] == [one.measure_s for one in profiles.values()]


def test_a_stated_profile_changes_only_what_it_states() -> None:
    """One with a new name starts from the file's own default."""
    stated = {
        "quick": ProfileConfig(warmup_rounds=9),
        "default": ProfileConfig(measure_s=60),
        "night": ProfileConfig(block_s=9),
    }
    profiles = profiles_of(stated)

    assert BUILT_IN["quick"]["measure_s"] == profiles["quick"].measure_s
    assert ("small", 9) == (profiles["quick"].size, profiles["quick"].warmup_rounds)
    assert (60, 9) == (profiles["night"].measure_s, profiles["night"].block_s)
    assert 60 == profiles["default"].measure_s
