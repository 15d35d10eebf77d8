"""Reads what autocannon writes with `--json`: one object for one test."""

from collections import Counter
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
    series = _series(document, left_out)
    counted = {key: whole(document.get(key)) for key in ("errors", "timeouts", *_FAILURES)}
    failures = ", ".join(f"{count:,} {key}" for key, count in counted.items() if count)
    return Findings(
        (series,),
        text_of(document.get("start")),
        ("autocannon keeps whole milliseconds and no single request",),
        failures=failures,
        left_out=left_out,
        resolution="1 ms",
    )


def _series(document: dict[str, Any], left_out: Counter[str]) -> Series:
    latency = document["latency"]
    answered = whole(document["requests"].get("total"))
    # A timeout is an error, too; what got no answer is not among the answered.
    unanswered = max(whole(document.get("errors")), whole(document.get("timeouts")))
    wrong = sum(whole(document.get(key)) for key in _FAILURES)
    values = [(metric, latency.get(key)) for metric, key in _COLUMNS]
    return Series(
        Identity(
            text_of(document.get("title") or document.get("url")) or "requests",
            text_of(document.get("method")),
        ),
        # Without an answer there is no time, and autocannon writes 0.
        stated(values, MS, left_out) if answered or "total" not in document["requests"] else {},
        count=(answered + unanswered) or None,
        failed=unanswered + wrong,
    )
