"""The sentences of named reasons: the only place where a reason becomes words."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reports import units
from reports.effects.agreement import RATE, Difference
from reports.effects.reasons import Name, Reason
from reports.page import answers, few_words, processes, shape_words, users

_Facts = Mapping[str, Any]
_SHOWN_MAX = 60


def in_words(reason: Reason) -> str:
    """One line, which names the subject first."""
    text = _SENTENCES[reason.name](reason.facts)
    return f"{reason.subject}: {text}" if reason.subject else text


def all_in_words(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """One line for each reason."""
    return tuple(map(in_words, reasons))


def fact_in_words(difference: Difference, value: Any) -> str:
    """A fact of one of two runs."""
    if value is None:
        return "not stated"
    if difference.fact == RATE:
        return f"{units.rate(value)}/s"
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 1]}…"


def both_in_words(difference: Difference) -> str:
    """A fact of both runs."""
    first, second = (
        fact_in_words(difference, value) for value in (difference.first, difference.second)
    )
    return f"{first} / {second}"


def _size(log_ratio: float) -> str:
    """The size of a change without its direction."""
    return units.change(math.exp(abs(log_ratio))).removesuffix(" slower")


def _rounds(facts: _Facts, key: str = "rounds") -> str:
    return units.count_of(facts[key], "rounds")


def _observations(facts: _Facts) -> str:
    return {"request": "requests", "page": "loads"}.get(facts["kind"], "processes")


def _changed_in_run(facts: _Facts) -> str:
    before, after = (units.change(facts[name]) for name in ("before", "after"))
    if facts["block"] is None:
        return (
            f"the effect of {facts['variant']} drifted during the run: {before} in the first "
            f"third, {after} in the last; its overall number describes neither"
        )
    return (
        f"the effect of {facts['variant']} changed during the run: {before} before block "
        f"{facts['block']}, {after} afterwards; its overall number describes neither"
    )


def _requests_carry_over(facts: _Facts) -> str:
    return (
        f"contaminated: requests of {facts['variant']} are {units.change(math.exp(facts['shift']))}"
        f" right after another variant's ({facts['rounds_after_other']} rounds) than right after "
        f"their own ({facts['rounds_after_own']} rounds); changes up to "
        f"{_size(facts['detectable'])} cannot be separated from that"
    )


def _revisions_carry_over(facts: _Facts) -> str:
    return (
        f"contaminated: requests of {facts['variant']} are {units.change(math.exp(facts['shift']))}"
        f" after the other revision's, compared with the reverse ({facts['pairs']} pairs of "
        f"starts); changes up to {_size(facts['detectable'])} cannot be separated from that"
    )


def _values_missing(facts: _Facts) -> str:
    metric = units.metric_name(facts["metric"])
    if facts["missing"] == facts["rounds"]:
        return f"no round has {metric}"
    return (
        f"{facts['missing']:,} of {_rounds(facts)} have no {metric} in {facts['baseline']} or "
        f"{facts['variant']}, so it is not compared"
    )


def _who_closes(facts: _Facts) -> str:
    if facts["shared"]:
        return "The variants share connections, so answers of the other one may have closed them"
    return "Let the service keep connections open for longer"


def _carry_over_unchecked(facts: _Facts) -> str:
    rounds = facts.get("rounds", {}).items()
    few = ", ".join(f"{count} for {name}" for name, count in rounds) or facts["pairs"]
    unit = "rounds" if rounds else "pairs of starts"
    return f"carry-over could not be checked: only {few} of the {facts['needed']} {unit} needed"


def _sides_not_proven(facts: _Facts) -> str:
    if not facts["sides"]:
        return "Base and head have the same files: any effect is the measurement's own error"
    *_, last = sides = facts["sides"]
    sides_run = f"{last} runs its" if len(sides) == 1 else f"{' and '.join(sides)} run their"
    return f"Not proven that the sides differ: nothing shows that {sides_run} own code"


def _rate_not_carried(facts: _Facts) -> str:
    return (
        f"{facts['variant']} does not carry the {units.rate(facts['rate_per_s'])} requests per "
        f"second that are compared: {facts['overran']} of "
        f"{units.count_of(facts['steps'], 'steps')} took half as long again to answer, so its "
        "latency depends on the length of a step; lower rate_per_s or utilization"
    )


def _generator_busy(where: str, facts: _Facts) -> str:
    return (
        f"{where}the generator used {units.percent(facts['share'])} of a core (more than "
        f"{units.percent(facts['share_max'])}), so latencies may be its own; increase gap_ms"
    )


_EASE = "use more workers or a lower rate"


def _delivered(facts: _Facts) -> str:
    return f"{facts['rounds']} of {facts['planned']} planned rounds delivered"


def _ended(facts: _Facts) -> str:
    why = f"ended by {facts['ended']}" if facts["ended"] else "stop reason not recorded"
    return f"{_delivered(facts)}; {why}"


def _unequal(facts: _Facts) -> str:
    counts = ", ".join(f"{count:,} of {name}" for name, count in facts["counts"].items())
    return f"the variants have different numbers of {_observations(facts)}: {counts}"


def _no_round_comparable(facts: _Facts) -> str:
    if not facts["rounds"]:
        return "no round could be compared"
    return f"none of {_rounds(facts)} could be compared"


def _order(facts: _Facts) -> str:
    verb = "loaded" if facts["kind"] == "page" else "requested"
    return (
        f"{facts['variant']} was {verb} first in {facts['first']:,} of {_rounds(facts)}, so their "
        "order was not random"
    )


def _failed(facts: _Facts) -> str:
    requests = units.count_of(facts["requests"], _observations(facts))
    return f"{facts['variant']}: {facts['errors']} of {requests} failed"


def _error_rate(facts: _Facts) -> str:
    example = f", for example: {facts['example']}" if facts["example"] else ""
    return f"{_failed(facts)}, more than {units.percent(facts['share_max'])}{example}"


def _error_rates_differ(facts: _Facts) -> str:
    return (
        f"{_failed(facts)}, but {facts['baseline_errors']} of {facts['baseline_requests']} in "
        f"{facts['baseline']}: the error rates differ"
    )


def _canary_changed(facts: _Facts) -> str:
    return (
        "the canary runs the same code in every variant, but "
        f"{facts['variant']} is {units.change(facts['ratio'], facts['interval'])} in "
        f"{units.metric_name(facts['metric'])}, so other effects cannot be trusted either"
    )


def _run_not_complete(facts: _Facts) -> str:
    why = "; ".join(all_in_words(facts["reasons"]))
    return f"run {facts['run']} is {facts['state']}: {why}"


def _control_changed(facts: _Facts) -> str:
    control = f"the canary {facts['canary']}" if facts["canary"] else "the baseline"
    return f"{control} changed too: {units.change(facts['ratio'])}"


def _baseline_changed(facts: _Facts) -> str:
    baseline = f"the baseline is {units.change(facts['baseline'])} in run B"
    if facts["ratio"] is None:
        return f"{baseline}, by more time than the variant took"
    return (
        f"{baseline}; if that time is added to every request, the change is: "
        f"{units.change(facts['ratio'])}"
    )


def _exceeded_alone(facts: _Facts) -> str:
    runs = facts["runs"]
    exceeding = (
        f"run {runs[0]} alone exceeds"
        if len(runs) == 1
        else f"runs {' and '.join(runs)} each exceed"
    )
    return f"{exceeding} it; find out why before measuring again"


def _more_runs(facts: _Facts) -> str:
    more = units.count_of(facts["runs"], "more runs")
    if facts["short"]:
        return f"at least {more} like these before a verdict is possible"
    return f"about {more} like these should decide it"


_SENTENCES: Mapping[Name, Callable[[_Facts], str]] = {
    **few_words.WORDS,
    Name.CARRY_OVER: lambda facts: (
        f"contaminated: carry-over of {_size(facts['shift'])}; only a change over "
        f"{_size(facts['detectable'])} can be detected"
    ),
    Name.NOT_SYMMETRIC: lambda _: (
        "the units are evidence for more and for less, so their ratios are not symmetric"
    ),
    Name.SHAPE_CHANGED: shape_words.shape_changed,
    Name.SMALL_CARRY_OVER: lambda facts: (
        f"carry-over of {_size(facts['shift'])}, small compared with this"
    ),
    Name.DECIDED_BY_HOLM: lambda _: (
        "decided by stepping down (Holm), because most other comparisons are decided; the interval "
        "allows for all of them"
    ),
    Name.LIKELY_CHANGE: lambda facts: (
        f"likely a change: at most {units.percent(facts['share'])} of the "
        f"{units.count_of(facts['effects'], 'advisory effects')} marked so are expected to be none"
    ),
    Name.EFFECT_STEPPED: _changed_in_run,
    Name.EFFECT_DRIFTED: _changed_in_run,
    Name.REQUESTS_CARRY_OVER: _requests_carry_over,
    Name.REVISIONS_CARRY_OVER: _revisions_carry_over,
    Name.VALUES_MISSING: _values_missing,
    Name.CONNECTIONS_DIFFER: lambda facts: (
        f"{facts['variant']} opened a connection for {units.percent(facts['share'])} of its "
        f"requests, {facts['baseline']} for {units.percent(facts['baseline_share'])}; opening one "
        f"is part of the latency. {_who_closes(facts)}"
    ),
    Name.ANSWERS_STALL: lambda facts: (
        f"{units.percent(facts['share'])} of the answers of {facts['variant']} paused between two "
        "pieces for as long as an acknowledgement is delayed (40 ms). The service writes an answer "
        "in pieces with Nagle's algorithm on; one write, or TCP_NODELAY, ends that"
    ),
    Name.ROWS_WARMED: lambda facts: (
        f"whichever variant asks first for a row waits {units.factor(facts['factor'])} as long as "
        "the others, so one process remembers rows for all of them. Give each variant a server of "
        "its own: `command`, `environment` or `url`"
    ),
    **processes.WORDS,
    Name.CARRY_OVER_UNCHECKED: _carry_over_unchecked,
    Name.CANARY_UNDECIDED: lambda facts: (
        "the canary is undecided: it is open whether the measurement treats "
        f"{facts['variant']} like the baseline"
    ),
    Name.SIDES_NOT_PROVEN: _sides_not_proven,
    Name.NEW_IN_HEAD: lambda _: "new in head: the base does not know the request",
    Name.ANSWERS_DIFFER: answers.differ,
    Name.ANSWERS_DIFFER_ELSEWHERE: answers.differ_elsewhere,
    Name.ANSWERS_GAINED: answers.gained,
    Name.ANSWERS_NOT_COMPARED: answers.not_compared,
    Name.ANSWERS_NOISY: answers.noisy,
    Name.SIZE_FOLLOWS_ANSWERS: lambda _: "it grew because the answers say something else",
    Name.SCENARIO_INVALID: lambda _: "answers differ, so latencies prove nothing",
    Name.MEASURED_TOGETHER: lambda facts: (
        f"{units.count_of(len(facts['commands']), 'other measurements')} ran on this machine at "
        f"the same time ({', '.join(dict.fromkeys(facts['commands']))}), so they disturbed each "
        "other"
    ),
    Name.SEPARATE_SERVERS: lambda facts: (
        "each variant ran in a process of its own, and processes that run the same code may differ "
        f"by up to {units.percent(facts['share'])}, and by much more while other work competes "
        "for the CPUs: such a change may be no more than that"
    ),
    Name.SERVERS_DISTURBED: lambda _: (
        "another measurement ran beside processes that were started once each, and may have slowed "
        "one of them alone"
    ),
    Name.RATE_NOT_CARRIED: _rate_not_carried,
    Name.FAILURES_DIFFER: users.failures_differ_in_words,
    Name.TASKS_FAILED: users.tasks_failed,
    Name.REQUEST_NOT_COMPARED: users.request_not_compared,
    Name.USERS_BUSY: users.users_busy,
    Name.CPU_STOLEN: lambda facts: (
        f"in the worst block {units.percent(facts['share'])} of the CPU time was stolen by other "
        f"machines (more than {units.percent(facts['share_max'])}); measure again when the host is "
        "quieter"
    ),
    Name.GENERATOR_BUSY_IN_BLOCK: lambda facts: _generator_busy("in the worst block ", facts),
    Name.STATED: lambda facts: str(facts["text"]),
    Name.CLOSED_AS: lambda facts: f"the generator closed the run as {facts['state']}",
    Name.GENERATOR_BUSY: lambda facts: _generator_busy("", facts),
    Name.WORKER_SENT_LESS: lambda facts: (
        f"worker {facts['worker']} sent {facts['sent']:,} of {facts['planned']:,} planned "
        f"requests, {units.percent(1 - facts['sent'] / facts['planned'])} too few"
    ),
    Name.OBSERVATIONS_LOST: lambda facts: (
        f"{units.count_of(facts['requests'], 'requests')} were sent but not recorded"
    ),
    Name.SENT_LATE: lambda facts: (
        f"1 in 100 requests was sent {units.duration(facts['lag_s_p99'])} late or more (more than "
        f"{units.set_time(facts['lag_s_max'])}), so latencies may be the generator's; {_EASE}"
    ),
    Name.WORKER_BUSY: lambda facts: (
        f"a worker used {units.percent(facts['share'])} of a core (more than "
        f"{units.percent(facts['share_max'])}), so latencies may be its own; {_EASE}"
    ),
    Name.BLOCKS_MISSING: lambda facts: (
        f"{facts['blocks']} of {facts['planned']} planned switchback blocks delivered"
    ),
    Name.BODIES_DIFFER: answers.differ_in_variants,
    Name.ROUNDS_LOST: lambda facts: (
        f"the run states {facts['stated']} rounds, but its observations hold {facts['rounds']}"
    ),
    Name.ENDED_WITHOUT_CAUSE: _ended,
    Name.ROUNDS_MISSING: lambda facts: f"{_delivered(facts)}, though it ended as if all were",
    Name.STARTS_MISSING: lambda facts: (
        f"{facts['starts']} of {facts['planned']} planned pairs of starts, though it ended as if "
        "all were"
    ),
    Name.NO_ROUND: lambda _: "no round was measured",
    Name.NO_ROUND_COMPARABLE: _no_round_comparable,
    Name.UNEQUAL_COUNTS: _unequal,
    Name.ROUNDS_INCOMPLETE: lambda facts: (
        f"{facts['incomplete']:,} of {_rounds(facts)} have no observation of some variant, more "
        f"than {units.percent(facts['share_max'])}, and no error explains it"
    ),
    Name.ORDER_NOT_RANDOM: _order,
    Name.NO_ANSWER: lambda facts: (
        f"{facts['variant']}: {units.count_of(facts['requests'], 'requests')} got no answer at all"
    ),
    Name.ERROR_RATE: _error_rate,
    Name.ERROR_RATES_DIFFER: _error_rates_differ,
    Name.CANARY_CHANGED: _canary_changed,
    Name.VALUE_UNBOUNDED: lambda _: "too few requests to bound the value",
    Name.COUNT_VARIES: lambda _: "more in some rounds, which chance may have made",
    Name.PAGES_NOT_LOADED: lambda _: (
        "no page was loaded; pages need Chromium on PATH and pages_s in the profile"
    ),
    Name.SUITE_NOT_MEASURED: lambda _: "no suite was measured",
    Name.FUNCTION_LEFT_OUT: lambda facts: f"not measured in {facts['variant']}: {facts['text']}",
    Name.FUNCTION_ABSENT: lambda facts: (
        f"only in {' and '.join(facts['others'])}, so it is not compared: {facts['variant']} has "
        "no such function"
    ),
    Name.FEW_COMPARED_ROUNDS: lambda facts: (
        f"only {units.count_of(facts['rounds'], 'compared rounds')}, {facts['needed']} are needed"
    ),
    Name.CLAIM_NOT_TESTABLE: lambda facts: str(facts["text"]),
    Name.CLAIM_NEEDS_LOW_LOAD: lambda _: "claims are tested at low load, by `versus bench`",
    Name.NOT_IN_THIS_RUN: lambda _: "not measured in this run",
    Name.LESS_THAN_CLAIMED: lambda _: (
        "not as much as claimed; whether there is a smaller change is undecided"
    ),
    Name.NOT_FEWER_IN_EVERY_ROUND: lambda _: "not fewer in every round",
    Name.IN_RUN: lambda facts: f"in run {facts['run']}: {in_words(facts['reason'])}",
    Name.RUN_NOT_COMPLETE: _run_not_complete,
    Name.RUNS_DIFFER: lambda facts: f"the runs differ in {'; '.join(facts['differences'])}",
    Name.FEW_STRETCHES: lambda facts: (
        f"run {facts['run']} has {units.count_of(facts['stretches'], 'stretches')} of "
        f"{facts['requests']} requests or more; {facts['needed']} are needed"
    ),
    Name.NO_CONTROL: lambda _: "no canary shows what the machine did between the runs",
    Name.CONTROL_CHANGED: _control_changed,
    Name.BASELINE_CHANGED: _baseline_changed,
    Name.EXCEEDED_ALONE: _exceeded_alone,
    Name.RUNS_DECIDE_DIFFERENTLY: lambda _: "the runs by themselves decide differently",
    Name.MORE_RUNS_NEEDED: _more_runs,
}
