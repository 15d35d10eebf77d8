"""A run's samples as plain columns.

A column is read when it is needed: all columns of ten million samples take 1.5 GB, and a comparison
works through a few at a time. Narrow columns stay in memory, and the wide ones that were used last.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_Array = npt.NDArray[Any]

_WIDE_COLUMNS_HELD = 4


class _Column(NamedTuple):
    values: _Array
    labels: list[str | None]
    lacking: int


class Samples:
    """Columns of samples, each read when it is needed.

    Attributes:
        schema: Arrow's, of all columns.
        num_rows: how many samples there are.
    """

    def __init__(self, schema: Any, num_rows: int, read: Callable[[str], Any]) -> None:
        """Take a way to read one column.

        Args:
            schema: of what can be read.
            num_rows: of what can be read.
            read: an Arrow column by its name.
        """
        self.schema = schema
        self.num_rows = num_rows
        self._read = read
        self._narrow = lru_cache(maxsize=None)(lambda name: _as_numbers(read(name)))
        self._wide = lru_cache(maxsize=_WIDE_COLUMNS_HELD)(lambda name: _as_numbers(read(name)))

    @classmethod
    def of(cls, table: Any) -> Self:
        """All columns of an Arrow table; of samples, themselves."""
        return table if isinstance(table, cls) else cls(table.schema, table.num_rows, table.column)

    def __getitem__(self, name: str) -> Any:
        """An Arrow column."""
        return self._read(name)

    def select(self, names: Sequence[str]) -> Any:
        """An Arrow table of some columns."""
        fields = [self.schema.field(name) for name in names]
        return pa.table([self[name] for name in names], schema=pa.schema(fields))

    def to_pandas(self) -> Any:
        """All columns as a data frame."""
        return self.select(self.schema.names).to_pandas()

    def values(self, name: str) -> _Array:
        """A column of numbers, (n_samples,); NaN where a value is missing."""
        return self._column(name).values

    def labels(self, name: str) -> tuple[_Array, list[str | None]]:
        """A column of text: the index of each sample's label, (n_samples,), and the labels."""
        column = self._column(name)
        return column.values, column.labels

    def lacking(self, name: str) -> int:
        """How many samples have no value in a column."""
        return self._column(name).lacking

    def _column(self, name: str) -> _Column:
        kind = self.schema.field(name).type
        wide = pa.types.is_primitive(kind) and kind.bit_width == 64
        return self._wide(name) if wide else self._narrow(name)


def _as_numbers(column: Any) -> _Column:
    if pa.types.is_primitive(column.type):
        return _Column(_plain(column), [], column.null_count)
    lacking = column.null_count
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    labels = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    narrow = np.int8 if len(labels) < 127 else np.int32
    codes = pa.chunked_array([one.indices for one in column.chunks], column.type.index_type)
    return _Column(np.nan_to_num(_plain(codes), nan=-1).astype(narrow), labels, lacking)


def _plain(column: Any) -> _Array:
    """An Arrow column of numbers; its own `to_numpy` loads pandas, a third of a second."""
    if column.null_count or not column.num_chunks:
        lacking: _Array = column.to_numpy()
        return lacking
    if pa.types.is_boolean(column.type):
        return _plain(column.cast(pa.uint8())).view(np.bool_)
    return np.concatenate([np.from_dlpack(one) for one in column.chunks])
