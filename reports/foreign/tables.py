"""Reads a CSV of another tool into columns of texts."""

from collections import Counter
from collections.abc import Collection, Iterable

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from reports.foreign.shapes import UnusableError
from reports.foreign.texts import Content
from reports.units import count_of

BROKEN_ROWS = "rows with more or fewer cells than the header"
_BLOCK = 64 << 20
_TEXT = pa.dictionary(pa.int32(), pa.string())


def read_table(
    content: Content,
    wanted: Collection[str],
    left_out: Counter[str],
    keep: tuple[str, Iterable[str]] | None = None,
) -> pd.DataFrame:
    """Those of these columns that a CSV has, each cell as a text.

    Args:
        content: the file.
        wanted: names of columns.
        left_out: takes the count of torn rows.
        keep: a column, and the values that the rows to keep have there.

    Raises:
        UnusableError: the last row is torn, or a column stands twice.
    """
    used = [name for name in content.columns if name in wanted]
    if twice := [name for name, times in Counter(used).items() if times > 1]:
        raise UnusableError(f"its column {twice[0]!r} stands twice")
    if content.columns[-1] in used and not content.data.endswith((b"\n", b"\r")):
        raise UnusableError("its last row has no end of line, so its last cell may be cut off")
    if content.data.count(b'"') % 2:
        raise UnusableError("a quoted cell has no end, so a row is cut off")
    skipped: list[csv.InvalidRow] = []
    table = _parsed(content, used, skipped)
    # The header is row 1.
    last = table.num_rows + len(skipped) + 1
    for row in reversed(skipped):
        if row.number == last and row.text.strip():
            raise UnusableError(
                f"its last row, {last:,}, has {count_of(row.actual_columns, 'cells')}, its header "
                f"{row.expected_columns}: it is cut off, or has decimal commas"
            )
        last -= row.number == last
    if broken := sum(1 for row in skipped if row.text.strip()):
        left_out[BROKEN_ROWS] += broken
    if keep:
        column, values = keep
        chosen = pa.array(values, pa.string())
        table = table.filter(pa.compute.is_in(table[column].cast(pa.string()), value_set=chosen))
    frame: pd.DataFrame = table.cast(pa.schema([(name, pa.string()) for name in used])).to_pandas()
    return frame.astype("str")


def _parsed(content: Content, used: list[str], skipped: list[csv.InvalidRow]) -> pa.Table:
    """The columns; `skipped` takes the rows that have more or fewer cells than the header."""

    def skip(row: csv.InvalidRow) -> str:
        skipped.append(row)
        return "skip"

    try:
        return csv.read_csv(
            pa.BufferReader(content.data),
            # Threads do not number the rows.
            csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=content.columns),
            csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            csv.ConvertOptions(include_columns=used, column_types=dict.fromkeys(used, _TEXT)),
        ).slice(1)
    except (pa.ArrowInvalid, pa.ArrowCapacityError) as error:
        raise UnusableError(f"it cannot be read as CSV ({error})") from None


def texts(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column; empty texts where the file lacks it."""
    return frame[column] if column in frame else pd.Series("", index=frame.index, dtype="str")
