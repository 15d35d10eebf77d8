"""Columns of samples: what is read, how often, and what a missing value becomes."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from contract.run.samples import Samples


def test_a_column_is_read_when_it_is_needed_and_the_last_ones_are_held() -> None:
    """Narrow columns and four wide ones stay; the fifth takes the place of the one used first."""
    wide = {name: np.arange(3.0) for name in ("a", "b", "c", "d", "e", "never")}
    table = pa.table({**wide, "f": np.zeros(3, np.int8)})
    reads: Counter[str] = Counter()

    def read(name: str) -> Any:
        reads[name] += 1
        return table[name]

    columns = Samples(table.schema, 3, read)
    for name in "fabcdaeabf":
        assert table[name].to_pylist() == columns.values(name).tolist()

    assert {"f": 1, "a": 1, "b": 2, "c": 1, "d": 1, "e": 1} == reads


def test_labels_mean_the_same_in_all_chunks() -> None:
    """Each batch of a file may number its names in its own order, or lack one."""
    one = pa.array(["x", "y", None]).dictionary_encode()
    other = pa.array(["y", "z", "x"]).dictionary_encode()
    for column in (pa.chunked_array([one, other]), pa.chunked_array([one.cast(pa.string())])):
        table = pa.table({"label": column})
        codes, names = Samples.of(table).labels("label")

        assert column.to_pylist() == [None if code < 0 else names[code] for code in codes]
        assert 1 == Samples.of(table).lacking("label")


def test_what_is_lacking_is_no_number() -> None:
    """A whole number that is not there is NaN, never 0; large ones keep every digit."""
    table = pa.table({"bytes": pa.array([1, None]), "hash": pa.array([2**64 - 1, 3], pa.uint64())})
    columns = Samples.of(table)

    assert [1.0, np.nan] == pytest.approx(columns.values("bytes").tolist(), nan_ok=True)
    assert (1, 0) == (columns.lacking("bytes"), columns.lacking("hash"))
    assert [2**64 - 1, 3] == columns.values("hash").tolist()


def test_no_samples_are_no_values() -> None:
    """A run that was stopped before its first request has columns all the same."""
    labels = pa.dictionary(pa.int16(), pa.string())
    empty = pa.schema({"a": pa.float64(), "b": labels}).empty_table()
    columns = Samples.of(empty)

    assert (0, 0) == (len(columns.values("a")), len(columns.labels("b")[0]))
    assert Samples.of(columns) is columns
    assert empty == columns.select(["a", "b"])
