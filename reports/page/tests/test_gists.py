"""Each folded part says in one line what it holds."""

from dataclasses import replace

from contract.run.tests.folders import RECORD
from reports.effects.shapes import Delivery, Verdict
from reports.page.gists import gists_of
from reports.verdicts.findings import COMPARISON_VERSION, Findings
from reports.verdicts.gate import judge
from reports.verdicts.tests.test_gate import EFFECT, comparison_of

SLOWER = replace(EFFECT, verdict=Verdict.SLOWER, ratio=1.9)


def test_a_part_says_in_one_line_what_it_holds() -> None:
    """Verdicts, errors, machine, method and command."""
    found = comparison_of()
    delivery = Delivery("optimized", 1_000, 500, 3, 0, 0, 0, ())
    scenario = replace(found.scenarios[0], effects=(SLOWER, EFFECT), deliveries=(delivery,))
    found = replace(found, scenarios=(scenario,))
    record = RECORD.model_copy(
        update={"environment": {"machine": {"cpu": "A CPU", "cpus_usable": 2}}}
    )
    findings = Findings(COMPARISON_VERSION, "a run", found, judge(found, ()), (), ())
    gists = gists_of(findings, record)

    assert "2 comparisons: 1 slower, 1 unchanged" == gists["verdict"]
    assert "3 errors in 1,000 requests" == gists["errors"]
    assert "A CPU, 2 CPUs" == gists["environment"]
    assert "pairs of requests in random order" == gists["method"]
    assert record.command == gists["again"]
    assert "" == gists["memory"]
