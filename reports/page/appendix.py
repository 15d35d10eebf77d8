"""The end of the page: what was delivered, where it ran, how it was judged, and the files."""

from collections.abc import Mapping, Sequence
from typing import Any

from contract.run.record import RevisionsRecord, RunRecord
from reports import units
from reports.effects.comparison import Comparison
from reports.effects.host import HostNoise
from reports.effects.shapes import SubjectComparison
from reports.page.shapes import Cell, Column, Table, numbers, words
from reports.page.tables import delivery_table
from reports.page.users import CLOSED_LOOP


def requests_table(comparison: Comparison) -> Table:
    """Requests sent and answered, errors included, and whether everything planned was delivered."""
    planned = {"paired": _planned, "load": _planned_under_load, "restarts": _planned_pairs}[
        comparison.design
    ]
    unjudged = "search and burn-in" if comparison.load else "warm-up"
    return delivery_table(
        "delivery",
        "Requests sent and answered, rounds planned and delivered",
        ("scenario", "requests", f"errors in {unjudged}"),
        [(one, planned(one)) for one in comparison.scenarios],
    )


def _planned(scenario: SubjectComparison) -> str:
    plan = (
        f"planned until {units.count_of(scenario.scenario.rounds_max, 'rounds')} or "
        f"{units.rough_time(scenario.scenario.budget_s)}"
    )
    ended = {"rounds": "all rounds done", "time": "time was up as planned"}
    return f"{plan}: {_ended(scenario, ended)}"


def _planned_under_load(scenario: SubjectComparison) -> str:
    if not scenario.scenario.rounds_max:
        return ""  # Of users, whose requests nobody plans.
    plan = units.count_of(scenario.scenario.rounds_max, "rounds")
    return f"planned {plan}: {_ended(scenario, {'rounds': 'all were sent'})}"


def _planned_pairs(scenario: SubjectComparison) -> str:
    return _ended(scenario, {"rounds": "all pairs of starts done"})


def _ended(scenario: SubjectComparison, phrases: Mapping[str, str]) -> str:
    known = {
        "": "stop reason not recorded",
        "decided": "ended early, as enough was decided",
        **phrases,
    }
    ended = scenario.scenario.ended
    return known.get(ended, f"ended by {ended}")


def environment(record: RunRecord, host: Sequence[HostNoise]) -> tuple[Table, ...]:
    """What disturbed, then every fact about machine, code and target, one table a section."""
    sections = {**record.environment}
    tuning = sections.pop("tuning", None)
    found = record.revisions
    if record.noise:
        sections["noise while measuring"] = dict(record.noise)
    facts_tables = (
        Table(
            id=f"environment-{index}",
            caption=name.replace("_", " "),
            columns=(Column("fact"), Column("value")),
            rows=tuple((Cell(key), Cell(_in_words(fact, key))) for key, fact in facts.items()),
        )
        for index, (name, facts) in enumerate(sections.items(), 1)
    )
    return (
        *((_proof_table(found),) if found and found.changed else ()),
        *((_tuning_table(tuning),) if tuning is not None else ()),
        *((_host_table(host),) if host else ()),
        *facts_tables,
    )


_PROOFS = {
    "": "nothing shows it",
    "opened": "opened its own {}",
    "made": "opened its own {}, which its build made of files that differ",
    "lacks": "has none of the files that the change touches, such as {}",
    "image": "runs its own container image {}",
}


def _proof_table(found: RevisionsRecord) -> Table:
    """How it is known that two revisions ran different code."""
    return Table(
        id="revisions",
        caption=f"What shows that each revision runs its own code; between them "
        f"{units.count_of(found.changed, 'files')} differ",
        columns=words("revision", "what shows it"),
        rows=tuple(
            (Cell(side), Cell(_PROOFS[one.kind].format(one.name), "" if one.kind else "unsure"))
            for side, one in found.evidence.items()
        ),
    )


def _tuning_table(findings: Mapping[str, Any]) -> Table:
    """What `versus doctor` found when the run began."""
    nothing = {"nothing": "CPUs, their frequency, load, memory and disk are fit to measure."}
    return Table(
        id="tuning",
        caption="What on this machine hurts a measurement, and what to do about it",
        columns=(Column("finding"), Column("why, and what to do")),
        rows=tuple(
            (Cell(what), Cell(_in_words(why))) for what, why in (findings or nothing).items()
        ),
    )


def _host_table(host: Sequence[HostNoise]) -> Table:
    return Table(
        id="host",
        caption="worst block of each scenario: CPU time stolen, time that something waited for a "
        "CPU, the generator's share of a core",
        columns=(
            *words("scenario"),
            *numbers("blocks", "stolen", "waited", "generator"),
            *words("disturbed"),
        ),
        rows=tuple(
            (
                Cell(one.scenario),
                Cell(units.count(one.blocks)),
                Cell(units.percent(one.steal_share_max)),
                Cell(units.percent(one.pressure_share_max)),
                Cell(units.percent(one.generator_cpu_share_max)),
                Cell("yes" if one.warnings else "no", "bad" if one.warnings else ""),
            )
            for one in host
        ),
    )


def _in_words(fact: Any, key: str = "") -> str:
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if isinstance(fact, dict):
        return ", ".join(f"{key}: {_in_words(part, key)}" for key, part in fact.items())
    if isinstance(fact, list | tuple):
        return ", ".join(_in_words(part) for part in fact)
    if fact is None:
        return "unknown"
    if isinstance(fact, int | float) and key.endswith(("_bytes", "_s")):
        return units.value(key, fact)
    return f"{fact:g}" if isinstance(fact, float) else str(fact)


def method(comparison: Comparison) -> tuple[str, ...]:
    """How the verdicts were reached, in plain words; one paragraph each."""
    of_users = bool(comparison.load and comparison.load.users)
    margins = {effect.metric: effect.margin for effect in comparison.effects() if effect.primary}
    shown = " and ".join(
        f"{units.percent(margin)} for {units.metric_name(metric)}"
        for metric, margin in margins.items()
    )
    verdicts = (
        "A variant is equivalent when the 90 % interval of its ratio lies inside the margin"
        f"{f' ({shown})' if shown else ''}. It is slower or faster when it is not equivalent and "
        "the interval shown excludes no change. Otherwise the comparison is inconclusive, and the "
        "note says what is missing."
    )
    if comparison.load is None:
        verdicts += (
            " Where a request disturbs the next one, only an effect well above that "
            "carry-over gets a verdict."
        )
    family = (
        "An equivalent effect is shown with the 90 % interval that decided it. Each other interval "
        f"of the verdict table has {units.percent(comparison.confidence, 5)} confidence, so that "
        "all of them hold jointly with 99 % (Bonferroni)."
    )
    if any(scenario.canary for scenario in comparison.scenarios):
        family += (
            " The canary's are a family of their own, at "
            f"{units.percent(comparison.confidence_canary, 5)} each and 99 % jointly"
        )
        family += (
            ": they check the measurement and are not among its findings."
            if comparison.load is None
            else "; they show how requests of the same code perform among others that differ."
        )
    left_out = (
        f"{'Search and burn-in are' if comparison.load else 'Warm-up is'} recorded but not "
        "compared. A round in which any variant failed to answer "
        "correctly is left out of the comparison and counted under errors. Counters have no noise, "
        "so they get no statistics: they are more when one round has more and none fewer, and "
        "fewer when every round has fewer."
    )
    first = {
        "paired": (_PAIRING, _ESTIMATE),
        "load": (_SWITCHING, _OPEN_LOOP, _ESTIMATE_BY_BLOCK)
        if not of_users
        else (_TAKING_TURNS, CLOSED_LOOP, _MATCHING, _ESTIMATE_BY_BLOCK),
        "restarts": (_PAIRING, _STARTING, _ESTIMATE_BY_PAIR),
    }[comparison.design]
    validity = _VALIDITY_UNDER_LOAD if comparison.load else _VALIDITY
    if of_users:
        return *first, verdicts, family, _VALIDITY_OF_USERS
    return *first, verdicts, family, left_out, validity


_PAIRING = (
    "A round sends one request of every variant, back to back, in random order, so that all "
    "variants see the same machine noise. The ratios inside rounds are compared; requests are "
    "never treated as independent."
)
_ESTIMATE = (
    "Typical latency is the Hodges-Lehmann centre of the rounds' log ratios, with the "
    "interval that inverts the Wilcoxon signed-rank test; the values shown with it are medians. "
    "p90, p95, p99 and the mean are of all rounds together. Their intervals hold every change for "
    "which swapping the variants inside rounds at random gives results as extreme as the observed "
    "one. Fewer than 12 rounds, or too few requests beyond a quantile, give no verdict."
)
_STARTING = (
    "Each variant runs in a process of its own. Processes that run the same code differ in speed, "
    "by their memory layout and hash seed, so all servers are restarted repeatedly, in random "
    "order and on other ports: a pair of starts."
)
_ESTIMATE_BY_PAIR = (
    "However many rounds a pair of starts had, it is one measurement: for typical latency the "
    "Hodges-Lehmann centre of its rounds' log ratios. The centre of the pairs is shown, with the "
    "interval that inverts the Wilcoxon signed-rank test. p90, p95, p99 and the mean are of all "
    "requests together; their intervals come from swapping the revisions of whole pairs at random. "
    "Fewer than 12 pairs, or too few requests beyond a quantile, give no verdict. The numbers of "
    "pairs after which the run is looked at "
    "are declared beforehand, and each look spends half of the remaining chance of error."
)
_VALIDITY = (
    "A run is invalid when bodies differ between variants in any round, when the canary (the "
    "same code in every variant) shows a change, when less was delivered than planned or no "
    "round could be compared, when the generator used more than 90 % of its core, when the "
    "variants have different numbers of requests, when more than 1 % of rounds lack an observation "
    "and no error explains it, when a request gets no answer, or when requests fail in more than "
    "1 % of cases or more often in one variant than in another."
)
_SWITCHING = (
    "Under load one variant at a time serves all requests, so that none waits behind another "
    "variant's. A block is one step of every variant in random order, and then one of "
    "each in reverse, so that a steady drift cancels. All variants get the same arrivals in the "
    "first half of a block, and likewise in the second; each step is answered in full before the "
    "next one begins, and requests of its beginning (burn-in) do not count."
)
_TAKING_TURNS = (
    "One variant at a time serves all users. A block is one sub-block of every variant in random "
    "order, and then one of each in reverse, so that a steady drift cancels."
)
_MATCHING = (
    "A faster variant gets more requests. From each half of a block, equally many right answers of "
    "every variant are compared: of a variant that has more, evenly spaced ones. Requests that "
    "failed count in no latency and in no throughput. Where one variant fails more often than the "
    "baseline, and not by chance, latencies of that request have no verdict. Throughput is right "
    "answers per second; its unit is the block, and its intervals hold jointly with 99 % "
    "confidence in a family of their own."
)
_VALIDITY_OF_USERS = (
    "A run is invalid when a block is missing, or when the process that runs the users used more "
    "of its core than allowed. Bodies are not compared."
)
_OPEN_LOOP = (
    "Arrivals are drawn beforehand, at random moments of a constant rate, and sent when they are "
    "due, whether or not earlier ones were answered. Latency counts from when a request was due: "
    "one that had to wait, for the service or for the generator, was slow."
)
_ESTIMATE_BY_BLOCK = (
    "Requests of one step queue behind each other, so the unit is the block, never the request. "
    "Typical latency is the Hodges-Lehmann centre of the blocks' log ratios of medians, with the "
    "interval that inverts the Wilcoxon signed-rank test; the values shown with it are medians. "
    "p90, p95, p99 and the mean are of all requests together; their intervals come from swapping "
    "the variants of whole blocks at random. Fewer than 12 blocks, or too few requests beyond a "
    "quantile, give no verdict."
)
_VALIDITY_UNDER_LOAD = (
    "A run is invalid when bodies differ between variants in any round, when a worker sent less "
    "than planned or sent it late, when a worker used more of its core than allowed, when a "
    "sample or a block is missing, when a request gets no answer, or when requests fail more "
    "often than the objective or 1 % allows, or more often in one variant than in another. During "
    "the search the same faults only limit what is known about capacity."
)


def about(record: RunRecord) -> tuple[tuple[str, str], ...]:
    """Which run this is."""
    return (
        ("run", record.id),
        ("profile", record.profile),
        *_change(record),
        ("seed", str(record.seed)),
        ("started", units.moment(record.started_at)),
        ("finished", units.moment(record.finished_at) if record.finished_at else "never"),
        ("Versus", record.tool_version),
    )


def _change(record: RunRecord) -> tuple[tuple[str, str], ...]:
    """Which commits were compared, where there are two."""
    commits = record.revisions.commits if record.revisions else {}
    if len(commits) < 2:
        return ()
    return (("commits", f"{commits['base'][:12]} → {commits['head'][:12]}"),)


def files_table(record: RunRecord) -> Table:
    """The run's files with their checksums."""
    return Table(
        id="files",
        caption="Files in the same folder; every number above can be recomputed from them",
        columns=(Column("file"), Column("size", numeric=True), Column("SHA-256")),
        rows=tuple(
            (Cell(name), Cell(units.size(file.size_bytes)), Cell(file.sha256))
            for name, file in sorted(record.files.items())
        ),
    )
