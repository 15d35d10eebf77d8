"""Reads what pytest-benchmark writes with `--benchmark-json` or `--benchmark-autosave`."""

import re
from collections import Counter
from typing import Any

from reports.foreign.numbers import RawTimes, of_raw, raw_times, stated, whole
from reports.foreign.shapes import (
    MEAN,
    MEDIAN,
    Findings,
    Identity,
    Series,
    UnusableError,
)
from reports.foreign.texts import Content, parameters_text, text_of

# An object's address differs in each process.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def read_benchmarks(content: Content) -> Findings | None:
    """A series for each benchmark; the machine's description may be missing or anything."""
    document = content.document
    if not isinstance(document, dict) or "benchmarks" not in document:
        return None
    benchmarks = document["benchmarks"]
    # Google Benchmark has a list of this name, too, without statistics of this kind.
    if not {"machine_info", "commit_info"} & set(document) and not (
        isinstance(benchmarks, list)
        and all(isinstance(one, dict) and "stats" in one for one in benchmarks)
    ):
        return None
    if not isinstance(benchmarks, list):
        raise UnusableError("its 'benchmarks' is no list")
    left_out: Counter[str] = Counter()
    return Findings(
        of_raw([_part(place, one, left_out) for place, one in enumerate(benchmarks)], left_out),
        ", ".join(filter(None, (text_of(document.get("datetime")), _machine(document)))),
        left_out=left_out,
    )


def _machine(document: dict[str, Any]) -> str:
    machine = document.get("machine_info")
    if not isinstance(machine, dict):
        return text_of(machine)
    cpu = machine.get("cpu")
    brand = cpu.get("brand_raw") if isinstance(cpu, dict) else cpu
    return text_of(brand or machine.get("node"))


def _part(place: int, one: Any, left_out: Counter[str]) -> Series | RawTimes:
    if not isinstance(one, dict) or not isinstance(one.get("stats"), dict):
        raise UnusableError(f"its benchmark {place + 1:,} has no 'stats'")
    name = text_of(one.get("fullname") or one.get("name"))
    params = one.get("params")
    identity = Identity(
        name or f"benchmark {place + 1:,}",
        group=text_of(one.get("group")),
        # A name with brackets states them already.
        parameters=_ADDRESS.sub("", parameters_text(params, typed=True))
        if isinstance(params, dict) and not name.endswith("]")
        else "",
    )
    stats = one["stats"]
    if stats.get("data"):
        return raw_times(identity, stats["data"])
    values = stated([(MEDIAN, stats.get("median")), (MEAN, stats.get("mean"))], 1.0, left_out)
    rounds = whole(stats.get("rounds"), f"the 'rounds' of its benchmark {place + 1:,}")
    return Series(identity, values, count=rounds or None)
