"""A run's samples, one column at a time.

Goal: a run of ten million samples is compared within little memory. Its 25 columns would fill
1.5 GB, but nothing needs more than a few columns at once. So a column is read when it is asked for,
and those that were asked for last are held.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_Array = npt.NDArray[Any]

_HELD_BYTES = 250_000_000


class Samples:
    """Columns of samples, each read when it is asked for; several threads may ask.

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
        self._lock = Lock()
        self._held: OrderedDict[str, _Array] = OrderedDict()
        self._names: dict[str, list[str | None]] = {}
        self._lacking: dict[str, int] = {}

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
        """A column of numbers, (n_samples,); NaN where there is none."""
        with self._lock:
            if name not in self._held:
                self._hold(name)
            self._held.move_to_end(name)
            return self._held[name]

    def labels(self, name: str) -> tuple[_Array, list[str | None]]:
        """A column of text: which one each sample has, (n_samples,), and what they say."""
        codes = self.values(name)
        return codes, self._names[name]

    def lacking(self, name: str) -> int:
        """How many samples have nothing in a column."""
        with self._lock:
            if name not in self._lacking:
                self._hold(name)
            return self._lacking[name]

    def _hold(self, name: str) -> None:
        column = self[name]
        self._lacking[name] = column.null_count
        numbers = pa.types.is_primitive(column.type)
        self._held[name] = column.to_numpy() if numbers else self._coded(name, column)
        del column
        pa.default_memory_pool().release_unused()
        # Labels and flags are small, and asked for again and again.
        large = [one for one, values in self._held.items() if values.itemsize > 1]
        held = sum(self._held[one].nbytes for one in large)
        for one in large[:-1]:
            if held > _HELD_BYTES:
                held -= self._held.pop(one).nbytes

    def _coded(self, name: str, column: Any) -> _Array:
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        column = column.unify_dictionaries()
        self._names[name] = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
        narrow = np.int8 if len(self._names[name]) < 127 else np.int32
        codes = pa.chunked_array([one.indices for one in column.chunks], column.type.index_type)
        narrowed: _Array = np.nan_to_num(codes.to_numpy(), nan=-1).astype(narrow)
        return narrowed
