"""What is said of the service's processes: CPU time and memory, in words and tables."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contract.metrics import DESCRIPTORS_GROWTH, MEMORY_GROWTH
from reports import units
from reports.effects.comparison import Comparison
from reports.effects.memory import GrowthChange, ServerMemory
from reports.effects.reasons import Name
from reports.effects.shapes import Effect, Level, SubjectComparison, Verdict
from reports.page.shapes import Cell, Table, Tone, numbers, words
from reports.statistics.values import Interval

WORDS: Mapping[Name, Callable[[Mapping[str, Any]], str]] = {
    Name.GROWTH_UNBOUNDED: lambda facts: (
        f"too few readings of the memory to bound its growth: one start needs {facts['needed']} "
        "after the first fifth of its requests, and there is one between two blocks. Raise "
        "measure_s of the profile"
    ),
    Name.NOT_READ: lambda _: "it could not be read of the service's processes in this run",
    Name.CANARY_CPU_CHANGED: lambda facts: (
        f"the canary's CPU time differs by {units.percent(math.expm1(facts['shift']), 2)}, though "
        "its code is the same; only a change over "
        f"{units.percent(math.expm1(facts['detectable']), 2)} can be detected"
    ),
    Name.OF_PART: lambda facts: (
        f"of {facts['part']}, a part of the target beside the service; it grows most"
    ),
    Name.ONE_SERVER: lambda _: "all variants are served by one server, whose memory they share",
    Name.ONE_START: lambda _: (
        "each variant's server was started once, and two processes of one code differ; compare "
        "revisions, or give value_max"
    ),
}

_TONES: Mapping[Verdict, Tone] = {
    Verdict.MORE: "bad",
    Verdict.FEWER: "good",
    Verdict.EQUIVALENT: "same",
    Verdict.INCONCLUSIVE: "unsure",
}
_SHOWN_AS = {Verdict.FEWER: "less"}


IDLE_SHARE_MAX = 0.05
"""More than this between requests, and what a request costs is not all in its CPU time."""


def idle_in_words(scenario: SubjectComparison) -> str:
    """In which variants much of the CPU time is in no request; empty where in none."""
    much = [
        f"{units.percent(one.idle_share, 2)} with {one.variant}"
        for one in scenario.cpu
        if one.idle_share > IDLE_SHARE_MAX
    ]
    if not much:
        return ""
    return (
        f"Of the service's CPU time {' and '.join(much)} is used between two requests, by work "
        "after the answer or in the background; it counts for no request."
    )


def cpu_table(scenario: SubjectComparison, slug: str) -> Table:
    """How much of the latency is the service's work."""
    return Table(
        id=f"cpu-{slug}",
        caption=f"Medians of {scenario.name}: the latency, and how much of it is CPU time of the "
        "service's processes",
        columns=(*words("variant"), *numbers("latency", "CPU time", "waiting", "between requests")),
        rows=tuple(
            (
                Cell(one.variant),
                Cell(units.duration(one.latency_s), number=one.latency_s),
                Cell(units.duration(one.cpu_s), number=one.cpu_s),
                Cell("" if one.waiting_s is None else units.duration(one.waiting_s)),
                Cell("" if math.isnan(one.idle_share) else units.percent(one.idle_share, 2)),
            )
            for one in scenario.cpu
        ),
    )


def memory_table(comparison: Comparison) -> Table:
    """What each server and part holds; of two revisions also what changed."""
    memory = comparison.memory
    rows = [_server_cells(one) for one in (*memory.servers, *memory.parts)] if memory else []
    changes = [_change_cells(one) for one in _changes(comparison)]
    return Table(
        id="memory",
        caption="Resident memory and open descriptors; growth is per request"
        f"{', with its 90 % interval' if rows else ''}",
        columns=(
            *words("server"),
            *numbers("starts", "at the start", "peak", "growth [90 %]"),
            *numbers("descriptors", "their growth [90 %]"),
        ),
        rows=(*rows, *changes),
    )


def _server_cells(one: ServerMemory) -> tuple[Cell, ...]:
    return (
        Cell(one.server or "all variants"),
        Cell(units.count(one.starts), number=one.starts),
        _size_cell(one.start),
        _size_cell(one.peak),
        _growth_cell(MEMORY_GROWTH, one.growth),
        Cell("") if one.descriptors is None else Cell(units.count(one.descriptors)),
        _growth_cell(DESCRIPTORS_GROWTH, one.descriptors_growth),
    )


def _growth_cell(metric: str, level: Level | None) -> Cell:
    return Cell("" if level is None else _growth(metric, level.value, level.interval90))


def _size_cell(level: Level | None) -> Cell:
    return Cell("") if level is None else Cell(units.size(level.value), number=level.value)


def _growth(metric: str, value: float, ninety: Interval) -> str:
    shown, low, high = (units.value(metric, one) for one in (value, ninety.low, ninety.high))
    return f"{shown} [{low}, {high}]" if math.isfinite(ninety.high) else shown


def _changes(comparison: Comparison) -> Iterator[tuple[str, list[Effect], list[GrowthChange]]]:
    memory = comparison.memory
    for variant in dict.fromkeys(one.variant for one in memory.effects) if memory else ():
        assert memory is not None
        yield (
            variant,
            [one for one in memory.effects if one.variant == variant],
            [one for one in memory.growths if one.variant == variant],
        )


def _change_cells(found: tuple[str, list[Effect], list[GrowthChange]]) -> tuple[Cell, ...]:
    variant, effects, growths = found
    by_metric = {one.metric: one for one in effects}
    grown = {
        one.metric: Cell(
            f"{_verdict(one.verdict)}, {_growth(one.metric, one.difference, one.interval90)}",
            _TONES.get(one.verdict, ""),
        )
        for one in growths
    }
    return (
        Cell(f"change of {variant}"),
        Cell(units.count_of(effects[0].n, "pairs")),
        *(
            _effect_cell(by_metric.get(name))
            for name in ("memory_start_bytes", "memory_peak_bytes")
        ),
        grown.get(MEMORY_GROWTH, Cell("")),
        Cell(""),
        grown.get(DESCRIPTORS_GROWTH, Cell("")),
    )


def _effect_cell(effect: Effect | None) -> Cell:
    if effect is None:
        return Cell("")
    interval = effect.interval_familywise
    if effect.verdict is Verdict.EQUIVALENT:
        interval = effect.interval90
    change = units.change(effect.ratio, interval, words=("less", "more"))
    return Cell(f"{_verdict(effect.verdict)}, {change}", _TONES.get(effect.verdict, ""))


def _verdict(verdict: Verdict) -> str:
    return _SHOWN_AS.get(verdict, str(verdict))
