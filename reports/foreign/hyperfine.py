"""Reads what hyperfine writes with `--export-json`."""

from collections import Counter
from typing import Any

import numpy as np

from reports.foreign.numbers import of_groups, stated, times_of
from reports.foreign.shapes import MEAN, MEDIAN, Findings, Identity, Series, text_of
from reports.foreign.texts import Content


def read_results(content: Content) -> Findings | None:
    """A series for each command and its parameters."""
    document = content.document
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list) or not all(
        isinstance(one, dict) and "command" in one for one in results
    ):
        return None
    left_out: Counter[str] = Counter()
    return Findings(tuple(_series(one, left_out) for one in results), left_out=left_out)


def _series(one: dict[str, Any], left_out: Counter[str]) -> Series:
    parameters = one.get("parameters") or {}
    identity = Identity(
        text_of(one["command"]) or "(empty command)",
        parameters=", ".join(f"{name}={value}" for name, value in parameters.items()),
    )
    # A signal ends a command without an exit code.
    failures = np.array([code != 0 for code in one.get("exit_codes") or ()], dtype=bool)
    times_s = times_of(one.get("times") or ())
    if len(times_s) and len(failures) in (0, len(times_s)):
        failed = failures if len(failures) else np.zeros(len(times_s), dtype=bool)
        codes = np.zeros(len(times_s), dtype=np.int64)
        return of_groups([identity], codes, times_s, failed, left_out)[0]
    return Series(
        identity,
        stated([(MEDIAN, one.get("median")), (MEAN, one.get("mean"))], 1.0, left_out),
        count=len(failures) or None,
        failed=int(failures.sum()),
    )
