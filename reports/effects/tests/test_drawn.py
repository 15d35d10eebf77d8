"""Draws are counted from the samples of one variant."""

import numpy as np
import pyarrow as pa
import pytest

from contract.run.record import ScenarioRecord
from contract.run.samples import Samples
from reports.effects.drawn import Drawn, drawn_rows


def samples(rows: list[int], variants: list[str]) -> Samples:
    names = pa.array(variants).dictionary_encode()
    return Samples.of(
        pa.table({"variant": pa.chunked_array([names]), "row": pa.array(rows, pa.int64())})
    )


def scenario(rows: int = 0, *, fixed: bool = False) -> ScenarioRecord:
    return ScenarioRecord(
        name="one", request="GET /", rounds_max=9, budget_s=1, rows=rows, fixed=fixed
    )


def all_of(table: Samples) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.ones(table.num_rows, bool)


def test_each_row_is_counted_once_for_all_variants() -> None:
    """Where a run was cut off within a round, by the variant that got most."""
    table = samples([3, 3, 0, 0, 3, 3, 5], ["a", "b"] * 3 + ["b"])

    assert Drawn(False, 4, 10, used=3, least=1, most=2) == (
        drawn_rows(table, all_of(table), scenario(10))
    )


def test_without_rows_there_are_only_times() -> None:
    """Of an older run not even whether all requests were alike is known."""
    table = samples([-1, -1, -1], ["a", "b", "a"])

    assert Drawn(True, 2) == drawn_rows(table, all_of(table), scenario(fixed=True))
    assert Drawn(False, 2) == drawn_rows(table, all_of(table), scenario())
    assert Drawn(False, 0) == drawn_rows(table, ~all_of(table), scenario(10))


@pytest.mark.parametrize("rows", [[-1, -1], [-1, 4]])
def test_a_sample_without_a_row_is_no_draw(rows: list[int]) -> None:
    """Another tool may have written it."""
    table = samples(rows, ["a", "a"])

    assert drawn_rows(table, all_of(table), scenario(10)).used == rows.count(4)
