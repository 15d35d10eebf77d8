"""Reports for the tests of surfaces."""

import pytest

from contract.run.record import EvidenceRecord, RevisionsRecord
from reports.judging import read_report
from reports.surfaces.report import Report
from reports.surfaces.tests.made import HOSTILE, LIST, budget
from reports.tests.runs import Made, Scenario, make_run


@pytest.fixture(scope="session")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """20 % slower: one budget exceeded, one undecided, one kept."""
    return read_report(make_run(tmp_path_factory.mktemp("ordinary"), LIST))


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Every name is an attack."""
    made = Made(
        (Scenario(HOSTILE, LIST.scenarios[0].behaviours, description=HOSTILE),),
        config={"budgets": [budget(HOSTILE, 1.05)]},
        changes={
            "command": f"{HOSTILE}\n```\n<b>",
            "revisions": RevisionsRecord(
                changed=1,
                evidence={HOSTILE: EvidenceRecord(kind="opened", name=HOSTILE)},
                notes=(HOSTILE,),
            ),
        },
    )
    return read_report(make_run(tmp_path_factory.mktemp("hostile"), made))
