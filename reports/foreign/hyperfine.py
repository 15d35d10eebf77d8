"""Reads what hyperfine writes with `--export-json`."""

from collections import Counter
from typing import Any

import numpy as np

from reports.clean import short
from reports.foreign.numbers import RawTimes, of_raw, raw_times, stated, unreadable
from reports.foreign.shapes import MEAN, MEDIAN, Findings, Identity, Series
from reports.foreign.texts import Content, parameters_text, text_of


def read_results(content: Content) -> Findings | None:
    """A series for each command and its parameters."""
    document = content.document
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list) or not all(
        isinstance(one, dict) and "command" in one for one in results
    ):
        return None
    left_out: Counter[str] = Counter()
    parts = [_part(one, left_out) for one in results]
    return Findings(of_raw(parts, left_out), left_out=left_out)


def _part(one: dict[str, Any], left_out: Counter[str]) -> Series | RawTimes:
    parameters = one.get("parameters") or {}
    identity = Identity(
        text_of(one["command"]) or "(empty command)",
        parameters=parameters_text(parameters, typed=False),
    )
    failures = np.array([code != 0 for code in _exit_codes(one, identity)], dtype=bool)
    times = one.get("times") or ()
    if times and len(failures) in (0, len(times)):
        return raw_times(identity, times, failures if len(failures) else None)
    return Series(
        identity,
        stated([(MEDIAN, one.get("median")), (MEAN, one.get("mean"))], 1.0, left_out),
        count=len(failures) or None,
        failed=int(failures.sum()),
    )


def _exit_codes(one: dict[str, Any], identity: Identity) -> list[int | None]:
    """How each time of a command ended; a signal ends one without a code."""
    codes = one.get("exit_codes")
    if codes is None:
        return []
    of = f"'exit_codes' of {short(identity.name, 60)!r}"
    if not isinstance(codes, list):
        raise unreadable(codes, f"its {of}", "list")
    for code in codes:
        if code is not None and type(code) is not int:
            raise unreadable(code, f"a code in its {of}", "whole number")
    return codes
