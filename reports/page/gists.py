"""One line beside each folded part of the page, so that most readers need not open it."""

from collections.abc import Mapping

from contract.run.record import RunRecord
from reports import units
from reports.effects.comparison import Comparison
from reports.effects.memory import Memory
from reports.effects.shapes import Delivery, Verdict
from reports.page import load
from reports.page.cards import claims_in_short, pages_in_short
from reports.page.groups import counted
from reports.verdicts.findings import Findings


def gists_of(findings: Findings, record: RunRecord) -> Mapping[str, str]:
    """The lines by the ids of their parts; empty where nothing is to say."""
    comparison = findings.comparison
    primary = [one for one in comparison.effects() if one.primary]
    subjects = (*comparison.scenarios, *(comparison.pages.pages if comparison.pages else ()))
    return {
        "verdict": f"{len(primary)} comparisons: {counted(primary)}" if primary else "",
        "capacity": load.carried_in_words(comparison.load) if comparison.load else "",
        "memory": _memory(comparison.memory) if comparison.memory else "",
        "alone-and-together": units.count_of(len(findings.interactions), "pairs of changes"),
        "ledger": claims_in_short(findings.claims),
        "pages": pages_in_short(comparison),
        "functions": counted(comparison.functions.effects) if comparison.functions else "",
        "errors": _errors([one for subject in subjects for one in subject.deliveries]),
        "environment": _machine(record),
        "method": _method(comparison),
        "again": record.command,
    }


def _memory(memory: Memory) -> str:
    grown = [one.variant for one in memory.growths if one.verdict is Verdict.MORE]
    peaks = [
        f"{one.server or 'all variants'} {units.size(one.peak.value)}"
        for one in memory.servers
        if one.peak
    ]
    grows = f"grows more with {', '.join(grown)}; " if grown else ""
    return f"{grows}peak: {', '.join(peaks)}" if peaks else grows.removesuffix("; ")


def _errors(deliveries: list[Delivery]) -> str:
    requests, errors = (
        sum(getattr(one, name) for one in deliveries) for name in ("requests", "errors")
    )
    found = units.count_of(errors, "errors") if errors else "no errors"
    return f"{found} in {units.count_of(requests, 'requests')}"


def _machine(record: RunRecord) -> str:
    facts = record.environment.get("machine", {})
    cpus = facts.get("cpus_usable")
    named = (facts.get("cpu", ""), units.count_of(cpus, "CPUs") if cpus else "")
    return ", ".join(str(one) for one in named if one)


_DESIGNS = {
    "paired": "pairs of requests in random order",
    "load": "one variant at a time, in random order and back",
    "restarts": "pairs of starts in random order",
}


def _method(comparison: Comparison) -> str:
    checked = ", checked by a canary" if any(one.canary for one in comparison.scenarios) else ""
    return f"{_DESIGNS[comparison.design]}{checked}"
