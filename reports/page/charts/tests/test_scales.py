"""Numbers get places on axes, and ticks round names."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import units
from reports.page.charts.scales import (
    Scale,
    linear_scale,
    log_scale,
    logit_scale,
    row_scale,
    tick_label,
    time_label,
)

NUMBERS = st.floats() | st.floats(1e-9, 1e9)


def names(scale: Scale) -> list[str]:
    """Of the most ticks."""
    return [scale.name(tick) for tick in scale.grades[0]]


@pytest.mark.parametrize("values", [[1.0], [1e-6, 1e-5], [1e-3, 1e5], [0.99, 1.01], [1e9, 1e-9]])
def test_a_log_scale_has_room_and_labels(values: list[float]) -> None:
    """All values lie on it, with a share of the range on both sides, and ticks between."""
    scale = log_scale("", values, units.factor)
    ticks = scale.grades[0]

    assert 0 < scale.share(min(values)) <= scale.share(max(values)) < 1
    assert math.isclose(scale.share(min(values)), 1 - scale.share(max(values)))
    assert ticks
    assert all(0 <= scale.share(tick) <= 1 for tick in ticks)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.001, 1.002], ["0.995x", "1x", "1.005x"]),
        ([0.8, 1.7], ["0.8x", "1x", "1.2x", "1.4x", "1.6x", "1.8x"]),
        ([0.6, 4], ["0.7x", "1x", "1.5x", "2x", "3x"]),
        ([0.1, 10], ["0.1x", "0.2x", "0.5x", "1x", "2x", "5x", "10x"]),
        ([1e-4, 1e4], ["0.0001x", "0.001x", "0.01x", "0.1x", "1x", "10x", "100x", "1,000x"]),
    ],
)
def test_ticks_are_round_and_named_as_they_are(values: list[float], expected: list[str]) -> None:
    """Over hundredths of a decade as over eight of them; no tick is rounded onto another."""
    assert expected == names(log_scale("", values, units.factor))[: len(expected)]


def test_ticks_of_times_have_units() -> None:
    """And no idle zeros."""
    assert ["1 ms", "10 ms", "100 ms", "1 s"] == [
        name for name in names(log_scale("", [1e-3, 1.0], time_label)) if "1" in name
    ]
    assert ["0 s", "5 ms", "10 ms", "15 ms"] == names(linear_scale("", 0, 0.017, time_label))[:4]


def test_whole_numbers_stay_whole() -> None:
    """There is no run between two runs."""
    assert ["1", "2"] == names(linear_scale("", 0.4, 2.6, units.count, step_min=1))
    assert ["0.5", "1"] == names(linear_scale("", 0.4, 1.1, units.rate, ticks_max=2))


def test_a_logit_scale_stretches_the_tails() -> None:
    """Its middle is at a half, and only ticks between its ends are named."""
    scale = logit_scale("", [0.05, 0.3, 0.95], units.percent, (0.01, 0.1, 0.5, 0.9, 0.99))

    assert ["10 %", "50 %", "90 %"] == names(scale)
    assert math.isclose(0.5, scale.share(0.5))
    assert scale.share(0.95) - scale.share(0.9) > scale.share(0.55) - scale.share(0.5)


def test_the_first_row_is_on_top() -> None:
    """Every row has a name and as much room as the others."""
    scale = row_scale(["a", "b", "c"])

    assert ["a", "b", "c"] == names(scale)
    assert 1 > scale.share(0) > scale.share(1) > scale.share(2) > 0


@settings(max_examples=60, deadline=None)
@given(st.lists(NUMBERS, max_size=5), NUMBERS)
def test_any_numbers_have_places(values: list[float], number: float) -> None:
    """None, infinite ones, missing ones and those that are all equal among them."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    for scale in (
        log_scale("", values, time_label),
        log_scale("", values, time_label, ticks=values),
        linear_scale("", low, high, units.percent),
        logit_scale("", values, units.percent, (0.1, 0.5, 0.9)),
    ):
        assert scale.low < scale.high
        assert 0 <= scale.share(number) <= 1
        for grade in scale.grades:
            assert all(0 <= scale.share(tick) <= 1 and scale.name(tick) for tick in grade)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20.0 ms", "20 ms"), ("1,500 B", "1500 B"), ("0.5", "0.5"), ("2,000,000", "2000000")],
)
def test_tick_labels_have_no_idle_zeros(text: str, expected: str) -> None:
    """A number and its unit."""
    assert expected == tick_label(text)
