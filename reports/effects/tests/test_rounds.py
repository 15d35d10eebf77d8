"""Rounds from columns, by hand."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from contract.errors import ReportError
from contract.run.samples import Samples
from reports.effects.rounds import align, matched, measuring_s, ranked, right_answers


def samples(**columns: Any) -> Samples:
    """Six requests in three rounds of two variants, unless columns say otherwise."""
    whole: dict[str, Any] = {
        "scenario": ["list"] * 6,
        "variant": ["a", "b"] * 3,
        "round": [0, 0, 1, 1, 2, 2],
        "block": [0, 0, 0, 0, 1, 1],
        "warmup": [False] * 6,
        "status": [200] * 6,
        "error": [""] * 6,
        "start_s": [0.0, 1.0, 2.0, 3.0, 10.0, 11.0],
        "latency_s": [0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    }
    return Samples.of(pa.table(whole | columns))


def aligned(table: Samples) -> Any:
    rows = np.arange(table.num_rows)
    number = table.values("round")
    return align(table, rows, number, ("a", "b"), right_answers(table), 6.0)


def test_rounds_are_rows_of_both_variants() -> None:
    """Row i is round i in each."""
    found = aligned(samples())

    assert [0, 1, 2] == found.number.tolist()
    assert [0.5, 0.7, 0.9] == found.values("a", "latency_s").tolist()
    assert [0.6, 0.8, 1.0] == found.values("b", "latency_s").tolist()
    assert (0, 0, 2.0) == (found.left_out, found.silent, found.round_s)


@pytest.mark.parametrize(
    ("columns", "left_out", "silent", "rounds"),
    [
        ({"error": ["", "x", "", "", "", ""]}, 1, 0, [1, 2]),
        ({"status": [200, 200, 0, 200, 200, 200]}, 1, 0, [0, 2]),
        ({"latency_s": [0.5, 0.6, 0.0, 0.8, 0.9, 1.0]}, 1, 0, [0, 2]),
        ({"warmup": [True, True, False, False, False, False]}, 0, 0, [1, 2]),
        ({"round": [0, 0, 1, 1, 3, 3]}, 0, 1, [0, 1, 3]),
        ({"round": [0, 0, 1, 1, 2, 3]}, 2, 2, [0, 1]),
    ],
)
def test_only_whole_and_right_rounds_are_compared(
    columns: dict[str, Any], left_out: int, silent: int, rounds: list[int]
) -> None:
    """An error is no fast answer, and a round without its partner pairs with nothing."""
    found = aligned(samples(**columns))

    assert (left_out, silent) == (found.left_out, found.silent)
    assert rounds == found.number.tolist()


def test_a_variant_twice_in_a_round_is_an_error() -> None:
    """Repeated until it is right, an error would vanish."""
    twice = samples(variant=["a", "a", "a", "b", "a", "b"])

    with pytest.raises(ReportError, match="'list': round 0 holds variant 'a' twice"):
        aligned(twice)


def test_measuring_is_what_blocks_took() -> None:
    """From the first to the last byte of each block; the pause between them does not count."""
    table = samples()

    assert (3.8 + 2.0) == pytest.approx(measuring_s(table, np.arange(6)))
    assert 0.0 == measuring_s(table, np.arange(0))


@pytest.mark.parametrize("values", [[3, 3, 5, 9], [5, 3, 9, 3]])
def test_ranks(values: list[int]) -> None:
    """Different values in order, and which one each value is; in order already or not."""
    different, place = ranked(np.array(values))

    assert [3, 5, 9] == different.tolist()
    assert values == different[place].tolist()


def test_a_closed_loop_gives_equally_many_of_every_variant() -> None:
    """Half by half: of the variant with more right answers, evenly spaced ones."""
    # First half: six of a, of which one is wrong and one is burnt in, two of b. Second: one each.
    table = samples(
        variant=[*"aaaaaabb", *"ba"],
        scenario=["list"] * 10,
        round=[*range(6), 0, 1, 0, 0],
        block=[0] * 10,
        position=[*[0] * 6, 1, 1, 2, 3],
        warmup=[True, *[False] * 9],
        status=[200] * 10,
        error=["", "x", *[""] * 8],
        start_s=[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 11.0, 10.0, 20.0, 30.0],
        latency_s=[0.1 * number for number in range(1, 11)],
    )
    rows, number = matched(table, np.arange(10), ("a", "b"), right_answers(table))
    found = align(table, rows, number, ("a", "b"), right_answers(table), 6.0)

    assert [3, 5, 7, 6, 9, 8] == rows.tolist()
    assert [0, 1, 2] == found.number.tolist()
    assert [3.0, 5.0, 30.0] == found.values("a", "start_s").tolist()
    assert [10.0, 11.0, 20.0] == found.values("b", "start_s").tolist()


def test_a_half_without_a_variant_gives_nothing() -> None:
    """There is nothing to match its answers with."""
    table = samples(position=[0, 1, 0, 1, 0, 0], variant=["a", "b", "a", "b", "a", "a"])
    rows, number = matched(table, np.arange(6), ("a", "b"), right_answers(table))

    assert [0, 2, 1, 3] == rows.tolist()
    assert [0, 1, 0, 1] == number.tolist()
