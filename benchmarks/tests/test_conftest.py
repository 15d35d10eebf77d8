import pytest

from benchmarks.conftest import TEST_S_PER_BENCHMARK, pytest_collection_modifyitems


class Item:
    """A collected test that records its markers."""

    def __init__(self, *fixturenames: str) -> None:
        self.fixturenames: tuple[str, ...] = fixturenames
        self.marks: list[pytest.Mark] = []

    def add_marker(self, marker: pytest.MarkDecorator) -> None:
        """Record the marker."""
        self.marks.append(marker.mark)


@pytest.mark.parametrize(("suite_s", "expected"), [("3", 1.5), ("", TEST_S_PER_BENCHMARK)])
def test_benchmarks_share_the_time(
    monkeypatch: pytest.MonkeyPatch, suite_s: str, expected: float
) -> None:
    """The time of the suite is divided evenly, and other tests get none of it."""
    monkeypatch.setenv("VERSUS_SUITE_S", suite_s)
    first, second, other = Item("benchmark", "runner"), Item("benchmark"), Item("runner")

    pytest_collection_modifyitems([first, second, other])  # type: ignore[list-item]

    times_s = [mark.kwargs["max_time"] for item in (first, second) for mark in item.marks]
    assert [expected] * 2 == times_s
    assert [] == other.marks
