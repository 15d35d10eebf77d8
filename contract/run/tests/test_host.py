"""What the host counted: written and read back, and refused where it is damaged."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import RecordError
from contract.run.host import HOST_NAME, HostRow, read_host, write_host


def test_a_counter_that_a_block_lacks_is_null(tmp_path: Path) -> None:
    """Linux counts more than other systems, and a restarted process starts anew."""
    rows = [
        HostRow("list", 0, 0.0, 1.0, {"wall_s": 1.0, "steal_s": 0.5}),
        HostRow("list", 1, 1.0, 2.0, {"wall_s": 1.0}),
    ]
    write_host(tmp_path, rows)
    table = read_host(tmp_path)

    assert ["list", "list"] == table["scenario"].to_pylist()
    assert [0, 1] == table["block"].to_pylist()
    assert [0.5, None] == table["steal_s"].to_pylist()


def test_a_lost_file_is_none(tmp_path: Path) -> None:
    """A crash may lose it; the samples are there all the same."""
    assert read_host(tmp_path) is None


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"scenario": ["list"], "block": [0]}, r"columns \['wall_s'\] are missing"),
        ({"scenario": ["list"], "block": [0], "wall_s": ["x"]}, "column 'wall_s' holds string"),
    ],
)
def test_damage_is_named_with_its_file(
    tmp_path: Path, columns: dict[str, list[object]], expected: str
) -> None:
    """The message says what to do: such a file may be removed."""
    pq.write_table(pa.table(columns), tmp_path / HOST_NAME)

    with pytest.raises(RecordError, match=expected) as caught:
        read_host(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / HOST_NAME))
    assert str(caught.value).endswith("Remove it, or measure again.")


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    """Arrow's own words are kept."""
    (tmp_path / HOST_NAME).write_bytes(b"nothing")

    with pytest.raises(RecordError, match="damaged"):
        read_host(tmp_path)
