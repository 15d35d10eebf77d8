"""What processes held becomes a picture."""

import pytest

from contract.run.memory import MemoryRow
from reports.page.charts.memory import memory_chart
from reports.page.charts.tests.svg import check_chart


def rows(n: int, descriptors: int | None = 40, *, starts: int = 1) -> list[MemoryRow]:
    return [
        MemoryRow(
            "", index % starts, 3.0 * index, 2 * 10**7 + index * size, None, descriptors, part
        )
        for index in range(n)
        for part, size in (("", 1_000_000), ("postgres", 0))
    ]


@pytest.mark.parametrize("n", [6, 600])
@pytest.mark.parametrize("descriptors", [0, 40, None])
def test_each_part_has_a_line(n: int, descriptors: int | None) -> None:
    """Few and many readings are sound SVG, with descriptors and without."""
    drawn = check_chart(lambda: memory_chart(rows(n, descriptors), "chart"))

    assert "postgres from 20.0 MB" in drawn
    assert (descriptors is not None) is ("descriptors</text>" in drawn)


def test_short_lives_have_no_chart() -> None:
    """Too few readings for a slope, or servers that are started anew."""
    assert "" == memory_chart([], "chart")
    assert "" == memory_chart(rows(5), "chart")
    assert "" == memory_chart(rows(12, starts=4), "chart")
