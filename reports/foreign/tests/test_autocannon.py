"""What autocannon counted; test_formats.py has files that it wrote, test_cases.py the others."""

import json
from typing import Any

import pytest

from reports.foreign.autocannon import read_result
from reports.foreign.tests.made import autocannon
from reports.foreign.texts import Content


@pytest.mark.parametrize(
    ("counters", "count", "failed"),
    [
        ({}, 100, 0),
        ({"errors": 7, "timeouts": 5}, 107, 7),
        ({"non2xx": 3, "mismatches": 2}, 100, 5),
        ({"errors": None, "resets": 2.0}, 100, 2),
    ],
)
def test_what_failed_is_counted_once(counters: dict[str, Any], count: int, failed: int) -> None:
    """A timeout is an error, too; requests without an answer are not among the answered."""
    found = read_result(Content(json.dumps(autocannon(1, **counters)).encode()))
    assert found is not None
    (series,) = found.series

    assert (count, failed) == (series.count, series.failed)


def test_a_title_names_a_test() -> None:
    """Else its address."""
    found = read_result(Content(json.dumps(autocannon(1, title="t")).encode()))
    assert found is not None

    assert "t" == found.series[0].identity.name
