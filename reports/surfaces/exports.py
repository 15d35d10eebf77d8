"""The findings for other tools: a CSV of all comparisons, and Bencher's metric format."""

import csv
import io
import json
import math
from collections.abc import Iterator

from reports.effects.comparison import SERVED, Comparison
from reports.effects.shapes import CounterEffect, Effect, Level
from reports.page.reasons import all_in_words
from reports.surfaces.clean import visible

_COLUMNS = (
    "scenario",
    "variant",
    "metric",
    "verdict",
    "ratio",
    "low",
    "high",
    "confidence",
    "low_90",
    "high_90",
    "p_value",
    "p_adjusted",
    "n",
    "unit",
    "before",
    "after",
    "margin",
    "primary",
    "warnings",
)
# A spreadsheet would reckon with such a name.
_FORMULA = tuple("=+-@\t")


def comparison_csv(comparison: Comparison) -> bytes:
    """A row for each effect and each counter; ratios are variant / baseline, values as measured."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(map(_effect_row, comparison.effects(*SERVED)))
    writer.writerows(map(_counter_row, comparison.counters(*SERVED)))
    return text.getvalue().encode()


def _effect_row(one: Effect) -> tuple[object, ...]:
    return (
        *_names(one.scenario, one.variant, one.metric),
        one.verdict.value,
        one.ratio,
        one.interval_familywise.low,
        one.interval_familywise.high,
        one.interval_familywise.confidence,
        one.interval90.low,
        one.interval90.high,
        one.p_value,
        "" if one.p_adjusted is None else one.p_adjusted,
        one.n,
        one.unit,
        one.before.value,
        one.after.value,
        one.margin,
        one.primary,
        *_names("; ".join(all_in_words(one.warnings))),
    )


def _counter_row(one: CounterEffect) -> tuple[object, ...]:
    nothing = ("",) * 8
    return (
        *_names(one.scenario, one.variant, one.metric),
        one.verdict.value,
        "" if one.ratio is None else one.ratio,
        *nothing,
        "rounds",
        one.before.median,
        one.after.median,
        "",
        False,
        "",
    )


def _names(*texts: str) -> Iterator[str]:
    for text in map(visible, texts):
        yield f"'{text}" if text.startswith(_FORMULA) else text


def bencher_json(comparison: Comparison) -> bytes:
    """Each variant's values with their 90 % intervals; measures are named as metrics are."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for one in comparison.effects(*SERVED):
        for variant, level in ((comparison.baseline, one.before), (one.variant, one.after)):
            found.setdefault(_benchmark(one.scenario, variant), {})[one.metric] = _measure(level)
    for counter in comparison.counters(*SERVED):
        sides = ((comparison.baseline, counter.before), (counter.variant, counter.after))
        for variant, spread in sides:
            found.setdefault(_benchmark(counter.scenario, variant), {})[counter.metric] = {
                "value": spread.median,
                "lower_value": spread.low,
                "upper_value": spread.high,
            }
    return json.dumps(found, indent=1).encode() + b"\n"


def _benchmark(scenario: str, variant: str) -> str:
    return visible(f"{scenario} {variant}")


def _measure(level: Level) -> dict[str, float]:
    measure = {"value": level.value}
    ends = {"lower_value": level.interval90.low, "upper_value": level.interval90.high}
    bounded = level.interval90.low > 0 and math.isfinite(level.interval90.high)
    return measure | (ends if bounded else {})
