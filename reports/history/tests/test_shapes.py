"""What a reader is shown of a history."""

from dataclasses import fields

from reports.history.shapes import HistorySection


def test_a_section_is_of_gates_or_of_a_trend() -> None:
    """Both may be left out, and so may what only gates have."""
    optional = {one.name for one in fields(HistorySection) if one.default in {None, ()}}

    assert {"notes", "curves", "trend"} == optional
