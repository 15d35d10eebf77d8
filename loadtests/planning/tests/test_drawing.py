"""Draws follow from the seed, the scenario and their number alone."""

from collections import Counter

import pytest

from loadtests.planning.drawing import RANDOM_BITS, random_of, row_of


@pytest.mark.parametrize("count", [1, 2, 3, 5, 16, 17, 1000, 1009])
def test_no_row_comes_again_before_all_were_drawn(count: int) -> None:
    """Each turn is another permutation of all rows."""
    turns = [
        [row_of(7, 1, draw, count, "random") for draw in range(turn * count, (turn + 1) * count)]
        for turn in range(2)
    ]

    assert [[*range(count)]] * 2 == [sorted(turn) for turn in turns]
    if count >= 16:
        assert turns[0] != turns[1]
        assert turns[0] != sorted(turns[0])


def test_every_row_is_as_likely_to_be_first() -> None:
    """Over 6,000 seeds each of 6 rows is first about 1,000 times (5 standard deviations: 144)."""
    first = Counter(row_of(seed, 0, 0, 6, "random") for seed in range(6000))

    assert 6 == len(first)
    assert all(abs(number - 1000) < 144 for number in first.values()), first


def test_seeds_and_scenarios_draw_apart() -> None:
    """Two scenarios of one run do not ask for the same rows at the same time."""
    draws = [
        [row_of(seed, scenario, draw, 10**7, "random") for draw in range(5)]
        for seed, scenario in ((1, 0), (1, 1), (2, 0))
    ]

    assert 3 == len({tuple(one) for one in draws})
    assert draws[0] == [row_of(1, 0, draw, 10**7, "random") for draw in range(5)]


def test_the_order_of_the_file_begins_again_at_its_end() -> None:
    """Draw by draw."""
    assert [0, 1, 2, 0, 1] == [row_of(1, 0, draw, 3, "file") for draw in range(5)]


@pytest.mark.parametrize("count", [10, 1000])
def test_a_zipf_row_is_drawn_in_proportion_to_its_rank(count: int) -> None:
    """Of 20,000 draws the n-th row gets 1/n of what the first one gets, within chance."""
    drawn = Counter(row_of(3, 0, draw, count, "zipf") for draw in range(20_000))
    total = sum(1 / rank for rank in range(1, count + 1))

    for rank in (1, 2, 3, 10):
        expected = 20_000 / rank / total
        assert abs(drawn[rank - 1] - expected) < 5 * expected**0.5, (rank, drawn[rank - 1])
    assert max(drawn) < count


def test_a_zipf_draw_of_many_rows_is_one_of_them() -> None:
    """Rows in the tail are drawn, too."""
    drawn = [row_of(3, 0, draw, 10**7, "zipf") for draw in range(300)]

    assert 0 <= min(drawn) < 10
    assert 10**6 < max(drawn) < 10**7
    assert [0] == [row_of(3, 0, 0, 1, "zipf")]


def test_random_numbers_fit_a_signed_integer_of_32_bits() -> None:
    """They are spread over all of it, and differ between draws."""
    drawn = [random_of(1, 0, draw) for draw in range(200)]

    assert 200 == len(set(drawn))
    assert 0 <= min(drawn) < 2 ** (RANDOM_BITS - 4)
    assert 2**RANDOM_BITS - 2 ** (RANDOM_BITS - 4) < max(drawn) < 2**RANDOM_BITS
