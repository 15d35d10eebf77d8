"""What every surface gets: one judged run, in numbers and in words."""

from dataclasses import dataclass

from contract.run.calibrated import CalibratedRecord
from contract.run.record import RunRecord
from reports.effects.host import HostNoise
from reports.page.shapes import Page
from reports.verdicts.findings import Findings

REPORT_NAME, PICTURE_NAME = "report.html", "first-screen.svg"
"""Of the files that others link to."""


@dataclass(frozen=True)
class Report:
    """One run, compared, judged and worded.

    Attributes:
        findings: its numbers and verdicts.
        host: what disturbed it, scenario by scenario.
        page: its words and cells.
        calibrated: how often gates on this run's service are right; None if nobody measured it.
    """

    record: RunRecord
    findings: Findings
    host: tuple[HostNoise, ...]
    page: Page
    calibrated: CalibratedRecord | None = None
