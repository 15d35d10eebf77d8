"""Users of a Locust file in words and tables: a closed loop, throughput and failures."""

from collections.abc import Mapping
from typing import Any

from contract.run.record import LoadRecord
from reports import units
from reports.effects.capacity import LoadComparison
from reports.effects.closed_loop import Throughput, failures_differ
from reports.effects.comparison import Comparison
from reports.effects.shapes import Delivery, Verdict
from reports.page.shapes import Cell, Table, Tone, numbers, words

_Facts = Mapping[str, Any]

_TONES: Mapping[Verdict, Tone] = {
    Verdict.MORE: "good",
    Verdict.FEWER: "bad",
    Verdict.EQUIVALENT: "same",
    Verdict.INCONCLUSIVE: "unsure",
}

_NAMED_MAX = 3

CLOSED_LOOP_IN_SHORT = (
    "A closed loop: users wait for their answers, so these are no latencies at a rate of arrivals."
)
CLOSED_LOOP = (
    "A closed loop: each user waits for its answer, and for its wait_time, before it sends again. "
    "So a slower variant gets fewer requests, and a pause of the service delays requests that are "
    "then not sent. How long people would wait who come by themselves, only a run of scenarios "
    "shows."
)
"""What such a run cannot show."""


def how_driven(load: LoadRecord, compared: LoadComparison) -> tuple[str, ...]:
    """Who sent, in which order, and what that means."""
    users = load.users
    assert users is not None
    chosen = "".join(
        f", {title} {', '.join(names)}"
        for title, names in (("classes", users.classes), ("tags", users.tags))
        if names
    )
    sent = (
        f"Sent by {units.count_of(users.count, 'users')} of {users.file}{chosen}, in "
        f"{units.count_of(compared.blocks, 'blocks')} of sub-blocks of "
        f"{units.set_time(load.sub_block_s)}, of which the first {units.set_time(load.burn_in_s)} "
        "do not count. Users start anew in every sub-block, and all of them have ended before the "
        "next."
    )
    return sent, CLOSED_LOOP, *_hosts(users.hosts_ignored)


def _hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    ignored = f"The host of {', '.join(names)} is ignored: users sent to each variant's address."
    return (ignored,) if names else ()


def throughput_in_words(comparison: Comparison) -> str:
    """`list 24.7 % fewer; failures differ in cart`, or that nothing changed."""
    several = len(comparison.variants) > 2
    changed = [
        f"{one.scenario} {units.change(one.ratio, words=('fewer', 'more'))}"
        f"{f' ({one.variant})' * several}"
        for one in comparison.throughputs
        if one.ratio is not None and one.verdict in {Verdict.MORE, Verdict.FEWER}
    ]
    failing = [
        scenario.name
        for scenario in comparison.scenarios
        if any(failures_differ(comparison.baseline, scenario.deliveries))
    ]
    parts = [_some(changed) or "no change that is certain"]
    if failing:
        parts.append(f"failures differ in {_some(failing)}")
    return "; ".join(parts)


def _some(texts: list[str]) -> str:
    more = f" and {len(texts) - _NAMED_MAX} more" if len(texts) > _NAMED_MAX else ""
    return f"{', '.join(texts[:_NAMED_MAX])}{more}"


def throughput_table(comparison: Comparison) -> Table:
    """Right answers per second and failures of every request."""
    several = len(comparison.variants) > 2
    others = [name for name in comparison.variants if name != comparison.baseline]
    before, after = ("before", "after") if several else (comparison.baseline, others[-1])
    deliveries = {
        (scenario.name, one.variant): one
        for scenario in comparison.scenarios
        for one in scenario.deliveries
    }
    rows = []
    for one in comparison.throughputs:
        base = deliveries[one.scenario, comparison.baseline]
        mine = deliveries[one.scenario, one.variant]
        if not base.requests and not mine.requests:
            continue
        tone: Tone = "bad" if any(failures_differ(base.variant, (base, mine))) else ""
        rows.append(
            (
                Cell(one.scenario),
                *([Cell(one.variant)] if several else []),
                Cell(one.verdict, _TONES[one.verdict]),
                _change(one),
                Cell(units.rate(one.before_per_s), number=one.before_per_s),
                Cell(units.rate(one.after_per_s), number=one.after_per_s),
                _failures(base, tone),
                _failures(mine, tone),
            )
        )
    return Table(
        id="throughput",
        caption="Right answers per second, and requests that failed; the latter count in no "
        "latency and in no throughput",
        columns=(
            *words("request", *["variant"] * several, "throughput"),
            *numbers("change [interval]", f"{before} /s", f"{after} /s"),
            *numbers(f"failed, {before}", f"failed, {after}"),
        ),
        rows=tuple(rows),
    )


def _change(one: Throughput) -> Cell:
    if one.ratio is None:
        return Cell("")
    equal = one.verdict is Verdict.EQUIVALENT
    interval = one.interval90 if equal else one.interval_familywise
    shown = units.change(one.ratio, interval, words=("fewer", "more"))
    return Cell(f"{shown} (90 %)" if equal else shown, number=one.ratio)


def _failures(delivery: Delivery, tone: Tone) -> Cell:
    share = delivery.errors / delivery.requests if delivery.requests else 0.0
    text = f"{delivery.errors:,} of {delivery.requests:,}"
    return Cell(text, tone if delivery.errors else "", number=share)


def failures_differ_in_words(facts: _Facts) -> str:
    """Latencies of those that are left are no comparison."""
    return (
        f"{facts['errors']:,} of {facts['requests']:,} requests failed in {facts['variant']}, "
        f"{facts['baseline_errors']:,} of {facts['baseline_requests']:,} in {facts['baseline']}: "
        "the failures differ, so the latencies of the others have no verdict"
    )


def tasks_failed(facts: _Facts) -> str:
    """Exceptions, by variant."""
    counts = ", ".join(f"{count:,} in {name}" for name, count in facts["exceptions"].items())
    return f"exceptions left tasks of the Locust file: {counts}; the last: {facts['last']}"


def request_not_compared(facts: _Facts) -> str:
    """Why a request has no comparison."""
    parts = [
        text.format(" and ".join(facts[key]))
        for key, text in (
            ("never", "never sent to {}"),
            ("early", "sent to {} in the burn-in alone"),
            ("wrong", "always failed in {}"),
        )
        if facts[key]
    ]
    return f"not compared: {'; '.join(parts) or 'never answered by all variants in one half-block'}"


def users_busy(facts: _Facts) -> str:
    """The process of all users was short of CPU time."""
    return (
        f"the process that runs all users used {units.percent(facts['share'])} of a core (more "
        f"than {units.percent(facts['share_max'])}), so latencies and throughput may be its own; "
        "use fewer users, a longer wait_time, or FastHttpUser"
    )
