"""Reads what autocannon writes with `--json`: one object for one test."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reports.foreign.numbers import stated, whole
from reports.foreign.shapes import MEAN, MEDIAN, MS, P99, Findings, Identity, Series
from reports.foreign.texts import Content, text_of

_COLUMNS = ((MEDIAN, "p50"), (MEAN, "average"), ("latency_s_p97_5", "p97_5"), (P99, "p99"))
# `resets` counts sequences of requests that were cut short.
_FAILURES = ("mismatches", "resets", "non2xx")


def read_result(content: Content) -> Findings | None:
    """The one series of a test."""
    document = content.document
    if not isinstance(document, dict) or not {"latency", "requests", "throughput"} <= set(document):
        return None
    left_out: Counter[str] = Counter()
    counted = {
        key: whole(document.get(key), f"its {key!r}") for key in ("errors", "timeouts", *_FAILURES)
    }
    failures = ", ".join(f"{count:,} {key}" for key, count in counted.items() if count)
    return Findings(
        (_series(document, counted, left_out),),
        text_of(document.get("start")),
        ("autocannon keeps whole milliseconds and no single request",),
        failures=failures,
        left_out=left_out,
        resolution="1 ms",
    )


def _series(
    document: dict[str, Any], counted: Mapping[str, int | None], left_out: Counter[str]
) -> Series:
    latency = document["latency"]
    answered = whole(document["requests"].get("total"), "its 'total' of 'requests'")
    # A timeout is an error, too; what got no answer is not among the answered.
    unanswered = max(counted["errors"] or 0, counted["timeouts"] or 0)
    wrong = sum(counted[key] or 0 for key in _FAILURES)
    values = [(metric, latency.get(key)) for metric, key in _COLUMNS]
    return Series(
        Identity(
            text_of(document.get("title") or document.get("url")) or "requests",
            text_of(document.get("method")),
        ),
        # Without an answer there is no time, and autocannon writes 0.
        {} if answered == 0 else stated(values, MS, left_out),
        count=None if answered is None else (answered + unanswered) or None,
        failed=unanswered + wrong,
    )
