"""Comparisons as plain rows."""

from pathlib import Path

import pytest

from contract.run.reading import read_run
from reports.effects.comparison import Comparison
from reports.judging import compare_run
from reports.rows import counter_rows, effect_rows, value_rows

GOLDENS = Path(__file__).parents[2] / "tests" / "goldens"


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Of a run of three variants beside the baseline."""
    return compare_run(read_run(GOLDENS / "paired-three")).comparison


def test_each_comparison_is_a_row(comparison: Comparison) -> None:
    """Times have intervals, counts have extremes, and both have names."""
    effects, counters = effect_rows(comparison), counter_rows(comparison)

    assert len(comparison.effects()) == len(effects)
    assert all(row["low"] <= row["ratio"] <= row["high"] for row in effects)
    assert {"rows"} <= {row["metric"] for row in counters}


def test_the_value_of_every_variant_is_listed_once(comparison: Comparison) -> None:
    """The baseline's values stand beside the variants', for times and for counts."""
    values = value_rows(comparison)
    rows = [row for row in values if (row["scenario"], row["metric"]) == ("list", "rows")]

    assert len(values) == len({(one["scenario"], one["variant"], one["metric"]) for one in values})
    assert {"before": 5.0, "alpha": 5.0, "beta": 3.0, "both": 3.0} == {
        row["variant"]: row["value"] for row in rows
    }
