"""A report is made once."""

from dataclasses import FrozenInstanceError

import pytest

from reports.surfaces.report import Report


def test_no_surface_can_change_what_the_next_one_gets(ordinary: Report) -> None:
    """All of them write the same report."""
    with pytest.raises(FrozenInstanceError):
        ordinary.page = ordinary.page  # type: ignore[misc]
