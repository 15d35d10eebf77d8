"""A check on a terminal, and as a document."""

import io
import json

from contract.check import Checked, CheckedAnswer, Pace, TimePart
from contract.config.judging import Budget, Settings
from contract.metrics import TAIL
from reports.surfaces.checks import check_document, print_check
from reports.verdicts.forecast import forecast
from reports.verdicts.tests.test_forecast import ends, record

BUDGETS = (Budget("list", "after", TAIL, ratio_max=1.05),)
CHECKED = Checked(
    record(),
    60.0,
    answers=(CheckedAnswer("list", "before", "GET /", 0, 0, None, None, "[red]gone[/red]"),),
    time=(TimePart("measure", 60.0),),
)
OUTLOOK = forecast(CHECKED.planned, Settings(budgets=BUDGETS), [Pace("list", 0.1, ends(5, 10))])


def test_lines_are_plain_in_a_file() -> None:
    """No colours, no markup, the result last."""
    out = io.StringIO()
    print_check(CHECKED, OUTLOOK, (), 4, out)

    assert "WRONG: list, before (GET /): [red]gone[/red]" in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().endswith("before you measure\n")


def test_the_document_has_the_same_facts() -> None:
    """Every answer, budget and reach, as JSON can hold them."""
    document = json.loads(
        json.dumps(check_document(CHECKED, OUTLOOK, (TimePart("switchback", 9.0),)))
    )

    assert None is document["answers"][0]["latency_s"]
    assert "too_short" == document["budgets"][0]["prospect"]
    tail = next(reach for reach in document["reach"] if reach["metric"] == TAIL)
    assert (50, 80, False) == (tail["units"], tail["units_needed"], tail["possible"])
    assert [{"name": "switchback", "seconds": 9.0}] == document["load_time"]
