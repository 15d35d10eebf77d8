"""Numbers as people read them."""

import math

import pytest

from reports import units
from reports.statistics.values import Interval


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0721, "72.1 ms"),
        (0.0024, "2.40 ms"),
        (0.000613, "613 µs"),
        (0.9999, "1.00 s"),
        (0.0009999, "1.00 ms"),
        (12.3, "12.3 s"),
        (0.0, "0 s"),
        (math.nan, "?"),
        (math.inf, "?"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    """Three digits and the unit that fits, also where rounding reaches the next unit."""
    assert text == units.duration(seconds)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (12_300, "12.3 kB"), (5.3e6, "5.30 MB"), (2e9, "2.00 GB")],
)
def test_size(size: float, text: str) -> None:
    """Bytes come in decimal units."""
    assert text == units.size(size)


@pytest.mark.parametrize(
    ("ratio", "ends", "text"),
    [
        (1 / 30, (1 / 32, 1 / 28), "30.0x faster [28.0, 32.0]"),
        (1.031, (1.02, 1.042), "3.1 % slower [2.0, 4.2]"),
        (0.969, (0.94, 1.01), "3.1 % faster [-1.0, 6.0]"),
        (1.94, (1.90, 1.98), "1.94x slower [1.90, 1.98]"),
        (1.0, (0.99, 1.01), "no change [-1.0, 1.0] %"),
        (1.002, (0.999, 1.005), "0.20 % slower [-0.10, 0.50]"),
        (1.2, (0.0, math.inf), "20.0 % slower"),
        (250.0, None, "250x slower"),
        (1.0, None, "no change"),
        (0.0, None, "none left"),
    ],
)
def test_change(ratio: float, ends: tuple[float, float] | None, text: str) -> None:
    """Small effects read as percent, large ones as factors, both ends in the same words."""
    interval = None if ends is None else Interval(*ends, 0.99)

    assert text == units.change(ratio, interval)


@pytest.mark.parametrize(
    ("number", "limit", "texts"),
    [
        (0.0501, 0.05, ("5.01 %", "5 %")),
        (0.050001, 0.05, ("5.0001 %", "5 %")),
        (0.05, 0.05, ("5 %", "5 %")),
        (0.02, 0.05, ("2 %", "5 %")),
    ],
)
def test_no_number_is_rounded_onto_its_limit(
    number: float, limit: float, texts: tuple[str, str]
) -> None:
    """Digits are added until a number differs from the limit it exceeds."""
    assert texts == units.with_limit(number, limit, units.percent)


def test_a_metric_has_its_unit() -> None:
    """The name decides between seconds, bytes, counts and rates."""
    shown = [
        units.value(metric, 0.25)
        for metric in (
            *("latency_s_p95", "stage_db_s", "cpu_s", "wire_bytes", "db_rows"),
            "events_per_s_p50",
        )
    ]

    assert ["250 ms", "250 ms", "250 ms", "0.250 B", "0.250", "0.25/s"] == shown


def test_more_is_faster_where_it_is_better() -> None:
    """Of events per second; of times and counts less is."""
    shown = [
        units.change(1.25, words=units.change_words(metric))
        for metric in ("events_per_s_p50", "latency_s_p50")
    ]

    assert ["25.0 % faster", "25.0 % slower"] == shown


def test_counts_are_whole() -> None:
    """A whole number is never rounded, and one of anything is singular."""
    assert "1,234,567" == units.count(1_234_567)
    assert ["1 round", "1,200 rounds"] == [units.count_of(n, "rounds") for n in (1, 1200)]
    nouns = ("stretches", "passes", "boxes", "bytes", "times", "places")
    assert ["stretch", "pass", "box", "byte", "time", "place"] == [
        units.count_of(1, noun).removeprefix("1 ") for noun in nouns
    ]


def test_rough_time() -> None:
    """Planning needs two digits at most, is never short and never says zero."""
    assert ["1 s", "89 s", "2 minutes", "1.6 hours", "2.5 hours", "11 hours", "3 days"] == [
        units.rough_time(seconds) for seconds in (0.1, 88.2, 91, 5401, 9000, 36_001, 180_000)
    ]


def test_one_more_second_is_not_many() -> None:
    """One is singular."""
    assert "at least 1 more second before" in units.still_needed(0.2, short=True)
    assert "about 2 more seconds should" in units.still_needed(1.2, short=False)


def test_moment() -> None:
    """A time reads to the second; what is no time is shown as it is."""
    assert "2026-11-23 20:00:00 UTC" == units.moment("2026-11-23T20:00:00.123+00:00")
    assert "yesterday" == units.moment("yesterday")


@pytest.mark.parametrize(
    ("p_value", "text"),
    [(0.0123, "0.012"), (0.5, "0.5"), (1.0, "1"), (0.0001, "0.0001"), (0.00009, "< 0.0001")],
)
def test_chance(p_value: float, text: str) -> None:
    """Two digits, and only a bound where nobody asks for more."""
    assert text == units.chance(p_value)


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((0.957, 1.091), "[-4.3, +9.1]"),
        ((0.9998, 1.0025), "[-0.02, +0.25]"),
        ((0.4, 2.25), "[0.40x, 2.25x]"),
        ((0.4, math.inf), ""),
    ],
)
def test_an_interval_without_a_direction_has_signs(ends: tuple[float, float], text: str) -> None:
    """Plus is more; wide ones are factors."""
    assert text == units.signed(Interval(*ends, 0.99))


def test_nobody_reads_hundreds_of_percent_faster() -> None:
    """Ends beyond a factor of two are factors."""
    assert "9.7 % faster [0.61x, 3.39x]" == units.change(0.903, Interval(0.61, 3.39, 0.99))
