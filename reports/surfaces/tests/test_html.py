"""The page carries its charts and its files."""

import base64
import gzip
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from contract.config.judging import Claim
from reports.effects.shapes import Verdict
from reports.judging import read_report
from reports.page.budgets import claims_table
from reports.statistics.values import Interval
from reports.surfaces import html
from reports.surfaces.files import FILES
from reports.surfaces.report import Report
from reports.tests.runs import Behaviour, Made, Scenario, make_run
from reports.verdicts.claims import judge_claims
from reports.verdicts.tests.test_gate import EFFECT, comparison_of


def test_the_page_carries_the_files_beside_it(ordinary: Report) -> None:
    """With their checksums; and the charts that the page has places for."""
    page = html.write(ordinary).decode()
    downloads = re.findall(
        r'<a download="([^"]+)" href="data:[^;]+;base64,([^"]+)">.*?class="hash">(\w+)<', page
    )

    assert ["comparison.json.gz", "comparison.csv.gz"] == [name for name, _, _ in downloads]
    for name, encoded, digest in downloads:
        content = gzip.decompress(base64.b64decode(encoded))
        assert FILES[name.removesuffix(".gz")](ordinary) == content
        assert hashlib.sha256(content).hexdigest() == digest
    assert 'id="forest"' in page
    assert f'id="{ordinary.page.sections[0].latency_chart_id}"' in page


def test_a_claim_is_not_reproduced_while_a_smaller_change_is_undecided(ordinary: Report) -> None:
    """The claimed size is excluded, no change is not: the page says both, and never "no effect"."""
    claim = Claim("a", "70 % faster", "text", "list", "optimized", "latency_s_p50", 0.30)
    undecided = replace(
        EFFECT, ratio=0.9, interval90=Interval(0.8, 1.01, 0.9), verdict=Verdict.INCONCLUSIVE
    )
    outcomes = judge_claims(comparison_of(undecided), (claim,))
    shown = replace(ordinary, page=replace(ordinary.page, claims=claims_table(outcomes)))
    page = re.sub(r"<[^>]+>", "", html.write(shown).decode())

    assert "Not reproduced: no change, or none as large as claimed; the note says" in page
    assert "no effect" not in page
    assert "not as much as claimed; whether there is a smaller change is undecided" in page


@pytest.mark.slow
def test_a_page_of_many_comparisons_is_small(tmp_path: Path) -> None:
    """Forty scenarios in six variants fit into 1.2 MB, and each comparison has its cell."""
    names = ("before", "a", "b", "c", "d", "e")
    variants = {name: Behaviour(0.01 * (1 + index / 10)) for index, name in enumerate(names)}
    scenarios = tuple(Scenario(f"request-{number}", variants, rounds=60) for number in range(40))
    report = read_report(make_run(tmp_path, Made(scenarios)))
    page = html.write(report)

    assert 40 == len(report.page.overview.grid.rows)
    assert len(page) < 1_200_000
