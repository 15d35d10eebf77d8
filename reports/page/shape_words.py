"""A changed shape of the latencies in words."""

from collections.abc import Mapping
from typing import Any

from contract.metrics import Design
from reports import units
from reports.effects.shapes import Effect

_UNITS: Mapping[Design, str] = {
    "paired": "rounds",
    "load": "blocks",
    "restarts": "pairs of starts",
}


def typical_in_words(design: Design) -> str:
    """What the change of the typical latency is, in one line."""
    return (
        f"typical: the centre of the ratios of all {_UNITS[design]} (Hodges-Lehmann), so about "
        "half of them show more, half less"
    )


def shape_changed(facts: Mapping[str, Any]) -> str:
    """Which share of requests is slow before and after, and what became of the others."""
    sides = [
        (facts["share_before"], facts["baseline"]),
        (facts["share_after"], facts["variant"]),
    ]
    (most, many), (least, few) = sorted(sides, key=lambda one: one[0], reverse=True)
    slow = "are slow" if facts["kind"] == "groups" else "take more than twice the typical latency"
    both = f"in {many}, {_share(least, short=True)} in {few}"
    parts = [
        f"the shape changed: {_share(most)} {slow} (about {units.duration(facts['slow_s'])}) {both}"
    ]
    if facts["others_ratio"] is not None:
        parts.append(_others(units.change(facts["others_ratio"], facts["others_interval"])))
    before, after = facts["groups_before"], facts["groups_after"]
    if before != after:
        parts.append(f"{units.count_of(after, 'groups')} of latencies instead of {before}")
    if facts["pooled_ratio"] is not None:
        parts.append(f"the median of all requests is {units.change(facts['pooled_ratio'])}")
    return "; ".join(parts)


def scenarios_in_words(effects: list[Effect]) -> str:
    """One sentence that names the scenarios with a changed shape."""
    names = list(dict.fromkeys(one.scenario for one in effects if one.shape))
    if not names:
        return ""
    shown = ", ".join(names[:4])
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"The share of slow requests changed in {shown}{more}: see the notes there."


def _others(change: str) -> str:
    return "the others did not change" if change == "no change" else f"the others are {change}"


def _share(share: float, *, short: bool = False) -> str:
    if share in {0.0, 1.0}:
        whole, requests = ("all" if share else "none"), " requests"
    else:
        whole, requests = units.percent(share), " of requests"
    return whole if short else f"{whole}{requests}"
