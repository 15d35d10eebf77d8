"""Draws are counted from the samples of one variant."""

import numpy as np
import pyarrow as pa
import pytest

from contract.run.record import ScenarioRecord
from contract.run.samples import Samples
from reports.effects.drawn import Drawn, drawn_rows, rows_warmed
from reports.effects.reasons import Name, Reason


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
    older = Samples.of(table.select(["variant"]))
    assert Drawn(False, 2) == drawn_rows(older, all_of(table), scenario(10))


@pytest.mark.parametrize("rows", [[-1, -1], [-1, 4]])
def test_a_sample_without_a_row_is_no_draw(rows: list[int]) -> None:
    """Another tool may have written it."""
    table = samples(rows, ["a", "a"])

    assert drawn_rows(table, all_of(table), scenario(10)).used == rows.count(4)


def warmed(factor: float, effect: float = 3.0, rounds: int = 40) -> Reason | None:
    """Two variants, of which the second is slower; whoever is first takes longer."""
    chance = np.random.default_rng(5)
    first = chance.integers(0, 2, rounds)
    positions = {"a": (first != 0).astype(float), "b": (first != 1).astype(float)}
    latencies = {
        name: speed * np.where(place == 0, factor, 1.0) * chance.uniform(0.95, 1.05, rounds)
        for (name, place), speed in zip(positions.items(), (1.0, effect), strict=True)
    }
    return rows_warmed(latencies, positions)


def test_a_cache_that_variants_share_is_a_doubt() -> None:
    """The effect of a variant is none, nor is what hardly differs or is seen too seldom."""
    found = warmed(10.0)

    assert found is not None
    assert found.name is Name.ROWS_WARMED
    assert 9 < found.facts["factor"] < 11
    assert [None] * 3 == [warmed(1.0), warmed(1.15), warmed(10.0, rounds=6)]
