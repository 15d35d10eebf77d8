"""The findings for other tools: a CSV of all comparisons, and Bencher's metric format."""

import csv
import io
import json
import math
from typing import Any

from reports.clean import visible
from reports.effects.comparison import SERVED, Comparison
from reports.rows import counter_rows, effect_rows, value_rows

_COLUMNS = [
    *("scenario", "variant", "metric", "verdict", "ratio", "low", "high", "confidence"),
    *("low_90", "high_90", "p_value", "p_adjusted", "n", "unit", "before", "after", "margin"),
    *("primary", "warnings"),
]
# A spreadsheet would evaluate such a name.
_FORMULA = tuple("=+-@\t")


def comparison_csv(comparison: Comparison) -> bytes:
    """A row for each effect and each counter; ratios are variant / baseline, values as measured."""
    counters = [
        {**row, "unit": "rounds", "primary": False, "warnings": ""}
        for row in counter_rows(comparison)
    ]
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for row in (*effect_rows(comparison, SERVED), *counters):
        rows.writerow([_cell(row.get(name, "")) for name in _COLUMNS])
    return table.getvalue().encode()


def _cell(value: Any) -> Any:
    """Text that no spreadsheet evaluates, and numbers as they are; nothing for unknown ones."""
    if isinstance(value, str):
        shown = visible(value)
        return f"'{shown}" if shown.startswith(_FORMULA) else shown
    return "" if value is None or math.isnan(value) else value


def bencher_json(comparison: Comparison) -> bytes:
    """Each variant's values with their intervals; measures are named as metrics are."""
    benchmarks: dict[str, dict[str, dict[str, float]]] = {}
    for row in value_rows(comparison):
        name = visible(f"{row['scenario']} {row['variant']}")
        measure = {"value": row["value"]}
        if math.isfinite(row["high"]):
            measure |= {"lower_value": row["low"], "upper_value": row["high"]}
        benchmarks.setdefault(name, {})[row["metric"]] = measure
    return json.dumps(benchmarks, indent=1).encode() + b"\n"
