"""The findings for other tools: a CSV of all comparisons, and Bencher's metric format."""

import json
import math

import pandas as pd

from reports.clean import visible
from reports.effects.comparison import SERVED, Comparison
from reports.frames import counters_frame, effects_frame, values_frame

_COLUMNS = [
    *("scenario", "variant", "metric", "verdict", "ratio", "low", "high", "confidence"),
    *("low_90", "high_90", "p_value", "p_adjusted", "n", "unit", "before", "after", "margin"),
    *("primary", "warnings"),
]
# A spreadsheet would evaluate such a name.
_FORMULA = tuple("=+-@\t")


def comparison_csv(comparison: Comparison) -> bytes:
    """A row for each effect and each counter; ratios are variant / baseline, values as measured."""
    effects = effects_frame(comparison, SERVED)
    counters = counters_frame(comparison).assign(unit="rounds", primary=False, warnings="")
    return _rows(effects, header=True) + _rows(counters, header=False)


def _rows(table: pd.DataFrame, *, header: bool) -> bytes:
    rows = table.reindex(columns=_COLUMNS)
    for name in ("scenario", "variant", "metric", "warnings"):
        rows[name] = [_cell(text) for text in rows[name]]
    return rows.to_csv(index=False, header=header, lineterminator="\n").encode()


def _cell(text: str) -> str:
    shown = visible(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def bencher_json(comparison: Comparison) -> bytes:
    """Each variant's values with their intervals; measures are named as metrics are."""
    benchmarks: dict[str, dict[str, dict[str, float]]] = {}
    for row in values_frame(comparison).to_dict("records"):
        name = visible(f"{row['scenario']} {row['variant']}")
        measure = {"value": row["value"]}
        if math.isfinite(row["high"]):
            measure |= {"lower_value": row["low"], "upper_value": row["high"]}
        benchmarks.setdefault(name, {})[row["metric"]] = measure
    return json.dumps(benchmarks, indent=1).encode() + b"\n"
