"""The gate as JUnit XML: a case for each budget and one for the run itself.

Undecided budgets are skipped, not passed, so that a build's page shows what the gate says.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from contract.config.judging import Budget
from reports.clean import visible
from reports.effects.comparison import Comparison
from reports.effects.shapes import State
from reports.page.budgets import outcome_line
from reports.page.grouping import grouped_in_words
from reports.surfaces.report import Report
from reports.verdicts.accepted import Acceptance
from reports.verdicts.shapes import Decision, Outcome

_SUITE = "versus"


def write(report: Report) -> bytes:
    """The content of junit.xml: a suite of cases."""
    comparison, judgement = report.findings.comparison, report.findings.judgement
    by_budget = {one.budget: one for one in report.findings.acceptances}
    valid = ET.Element("testcase", classname=_SUITE, name="the run is complete and valid")
    if comparison.state is not State.COMPLETE:
        words = visible("; ".join(grouped_in_words(comparison.reasons)) or comparison.state)
        ET.SubElement(valid, "error", message=words, type=comparison.state.upper())
    cases = [valid]
    cases += [_case(one, by_budget.get(one.budget), comparison) for one in judgement.outcomes]
    suite = ET.Element(
        "testsuite",
        name=_SUITE,
        tests=str(len(cases)),
        errors=str(_count(cases, "error")),
        failures=str(_count(cases, "failure")),
        skipped=str(_count(cases, "skipped")),
    )
    suite.extend(cases)
    ET.indent(suite)
    written: bytes = ET.tostring(suite, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _case(outcome: Outcome, acceptance: Acceptance | None, comparison: Comparison) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=visible(f"{_SUITE}.{outcome.budget.scenario or 'capacity'}"),
        name=visible(_name(outcome.budget)),
    )
    words = visible(outcome_line(outcome, acceptance))
    accepted = acceptance is not None and acceptance.standing == "accepted"
    if not comparison.judged:
        ET.SubElement(case, "skipped", message=f"the run is {comparison.state}: {words}")
    elif outcome.decision is Decision.INCONCLUSIVE and not accepted:
        ET.SubElement(case, "skipped", message=words)
    elif outcome.decision is Decision.FAIL and not accepted:
        ET.SubElement(case, "failure", message=words, type=Decision.FAIL)
    else:
        ET.SubElement(case, "system-out").text = words
    return case


def _name(budget: Budget) -> str:
    limits = {
        "ratio at most": budget.ratio_max,
        "at most": budget.value_max,
        "ratio at least": budget.ratio_min,
        "at least": budget.value_min,
    }
    bounds = (f"{what} {limit:g}" for what, limit in limits.items() if limit is not None)
    return f"{budget.variant} {budget.metric} {' '.join(bounds)}"


def _count(cases: Sequence[ET.Element], kind: str) -> int:
    return sum(case.find(kind) is not None for case in cases)
