"""Whether two runs asked the same question of the same machine, fact by fact.

What differs is always shown. It forbids a verdict where it could itself be the change: another
machine, other data, another plan. A different commit does not: that is what two runs are compared
for. Non-goal: to weigh how much a difference matters.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contract.run.record import LoadRecord, RunRecord
from contract.run.samples import Samples
from reports.effects.comparison import Comparison
from reports.effects.reasons import Name, Reason, reason
from reports.effects.shapes import State

RATE = "rate of arrivals"

RATES_DIFFER = 0.01
"""Rates of arrivals that differ by more load a server differently."""

_MACHINE = (
    *("cpu", "cpus", "cpus_usable", "affinity", "cgroup_cpus", "governor", "turbo"),
    *("hyperthreading", "system"),
)
_PYTHON = ("implementation", "version", "compiler_flags")
# Without these nobody can say that two machines are the same kind.
_INDISPENSABLE = {"cpu", "cpus", "system", "version"}
# Measured anew in every run, or different for each start.
_OF_ONE_RUN = {"link_rtt_measured_s", "link_megabits_measured", "start_order"}
_ADDRESSES = {"url", "urls"}
_WORDS = {"description"}


@dataclass(frozen=True)
class Side:
    """One of two runs that are held against each other.

    Attributes:
        samples: of the run.
        margins: by metric, as ratios.
    """

    record: RunRecord
    comparison: Comparison
    samples: Samples
    margins: Mapping[str, float]


@dataclass(frozen=True)
class Difference:
    """One fact in which two runs differ.

    Attributes:
        first, second: the fact in each run; None where it is not stated.
        forbids: whether no verdict can stand where it applies.
        scenario, variant: where it applies; empty for everywhere.
    """

    fact: str
    first: Any
    second: Any
    forbids: bool
    scenario: str = ""
    variant: str = ""

    def concerns(self, scenario: str, *variants: str) -> bool:
        """Whether it forbids a verdict about these."""
        here = self.scenario in {"", scenario} and self.variant in {"", *variants}
        return self.forbids and here


def doubts(
    sides: tuple[Side, Side], found: Sequence[Difference], scenario: str, *variants: str
) -> Iterator[Reason]:
    """Why nothing can be concluded about these."""
    for side, which in zip(sides, "AB", strict=True):
        state = side.comparison.state
        if state is not State.COMPLETE:
            reasons = side.comparison.reasons
            yield reason(Name.RUN_NOT_COMPLETE, run=which, state=state.value, reasons=reasons)
    facts = [one.fact for one in found if one.concerns(scenario, *variants)]
    if facts:
        yield reason(Name.RUNS_DIFFER, differences=facts)


def differences(first: RunRecord, second: RunRecord) -> tuple[Difference, ...]:
    """Every fact in which two runs differ, those that forbid a verdict first."""
    found = (
        *_facts(first, second),
        *_plans(first, second),
        *_loads(first.load, second.load),
        *_environments(first, second),
    )
    # The configured target and the target that ran state some facts twice.
    distinct = [one for index, one in enumerate(found) if one not in found[:index]]
    return tuple(sorted(distinct, key=lambda one: not one.forbids))


def _facts(first: RunRecord, second: RunRecord) -> Iterator[Difference]:
    for fact in ("design", "baseline", "profile"):
        yield from _compared(fact, getattr(first, fact), getattr(second, fact), forbids=True)
    # Coins are drawn for every run anew; what they decide is the order, which pairing cancels.
    for fact in ("seed", "tool_version"):
        yield from _compared(fact, getattr(first, fact), getattr(second, fact), forbids=False)


def _plans(first: RunRecord, second: RunRecord) -> Iterator[Difference]:
    one, other = first.config, second.config
    yield from _tables("target", _table(one, "target"), _table(other, "target"))
    profiles = (_table(_table(run.config, "profiles"), run.profile) for run in (first, second))
    yield from _tables("profile", *profiles)
    if "load" in {first.design, second.design}:
        yield from _tables("load", _table(one, "load"), _table(other, "load"))
    yield from _compared("margins", one.get("margins"), other.get("margins"), forbids=False)
    variants = _table(one, "variants"), _table(other, "variants")
    for name in _in_both(first.variants, second.variants):
        of_variant = _tables(name, *(_table(each, name) for each in variants))
        # A variant that is compared with another baseline is another comparison.
        yield from (replace(each, variant=name) for each in of_variant)
    yield from _compared("variants", sorted(first.variants), sorted(second.variants), forbids=False)
    scenarios = _scenarios(first), _scenarios(second)
    for name in _in_both(*scenarios):
        of_scenario = _tables(name, *(each[name] for each in scenarios))
        yield from (replace(each, scenario=name) for each in of_scenario)
    # Under load all scenarios share the server at the same time.
    yield from _compared(
        "scenarios", *map(sorted, scenarios), forbids="load" in {first.design, second.design}
    )


def _loads(first: LoadRecord | None, second: LoadRecord | None) -> Iterator[Difference]:
    if first is None or second is None:
        return
    for fact in ("workers", "sub_block_s", "burn_in_s"):
        yield from _compared(fact, getattr(first, fact), getattr(second, fact), forbids=True)
    for fact in ("count", "sha256", "classes", "tags"):
        of_users = (getattr(load.users, fact, None) for load in (first, second))
        yield from _compared(f"users, {fact}", *of_users, forbids=True)
    one, other = first.rate_per_s, second.rate_per_s
    if abs(one - other) > RATES_DIFFER * min(one, other):
        yield Difference(RATE, one, other, forbids=True)


def _environments(first: RunRecord, second: RunRecord) -> Iterator[Difference]:
    one, other = first.environment, second.environment
    for section, facts in (("machine", _MACHINE), ("python", _PYTHON)):
        sides = one.get(section, {}), other.get(section, {})
        for fact in facts:
            values = [side.get(fact) for side in sides]
            known = fact in _INDISPENSABLE or None not in values
            yield from _compared(f"{section}, {fact}", *values, forbids=known)
    sides = one.get("target", {}), other.get("target", {})
    for fact in sorted({*sides[0], *sides[1]} - _OF_ONE_RUN):
        values = [side.get(fact) for side in sides]
        forbids = fact not in _ADDRESSES and None not in values
        yield from _compared(f"target, {fact}", *values, forbids=forbids)
    code = [run.get("code", {}) for run in (one, other)]
    for fact in ("commit", "dirty", "lock_sha256"):
        yield from _compared(f"code, {fact}", *(each.get(fact) for each in code), forbids=False)


def _tables(
    where: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[Difference]:
    for key in sorted({*first, *second} - _WORDS):
        yield from _compared(
            f"{where}, {key}", first.get(key), second.get(key), forbids=key not in _ADDRESSES
        )


def _compared(fact: str, first: Any, second: Any, *, forbids: bool) -> Iterator[Difference]:
    if first != second:
        yield Difference(fact, first, second, forbids)


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = tables.get(name)
    return table if isinstance(table, dict) else {}


def _scenarios(run: RunRecord) -> dict[str, dict[str, Any]]:
    stated = [one for one in run.config.get("scenarios", ()) if isinstance(one, dict)]
    by_name = {str(one.get("name")): one for one in stated}
    return {
        one.name: {"request": one.request, **by_name.get(one.name, {})} for one in run.scenarios
    }


def _in_both(first: Any, second: Any) -> list[str]:
    return [name for name in first if name in second]
