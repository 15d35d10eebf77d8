"""The gate as JUnit XML."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from reports.judging import read_report
from reports.surfaces import junit
from reports.surfaces.report import Report
from reports.surfaces.tests.made import LIST
from reports.tests.runs import make_run


def test_junit_skips_what_is_undecided(ordinary: Report) -> None:
    """A failure, a skipped case and two that passed: the budget, and the run itself."""
    suite = ET.fromstring(junit.write(ordinary))  # noqa: S314 - our own file
    kinds = [case.find("*").tag if len(case) else "" for case in suite]  # type: ignore[union-attr]

    assert ["", "failure", "skipped", "system-out"] == kinds
    assert {"tests": "4", "failures": "1", "skipped": "1", "errors": "0"}.items() <= (
        suite.attrib.items()
    )


def test_junit_of_an_invalid_run_passes_nothing(tmp_path: Path) -> None:
    """The run is the error; its budgets are skipped."""
    broken = replace(LIST, changes={"state": "invalid", "reasons": ("the service died",)})
    report = read_report(make_run(tmp_path, broken))
    suite = ET.fromstring(junit.write(report))  # noqa: S314 - our own file

    assert ("1", "3", "0") == tuple(suite.attrib[one] for one in ("errors", "skipped", "failures"))
    assert "the service died" == suite[0][0].attrib["message"]


def test_junit_takes_any_name(hostile: Report) -> None:
    """What XML forbids is replaced, so that it can be read."""
    suite = ET.fromstring(junit.write(hostile))  # noqa: S314 - our own file

    assert "<img src=x onerror=alert(1)>" in suite[1].attrib["classname"]
