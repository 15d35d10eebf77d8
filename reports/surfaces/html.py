"""The report as one HTML page, with its charts and the files that it carries along."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Self

from reports import units
from reports.page.charts.run_charts import draw_run
from reports.surfaces.exports import comparison_csv
from reports.surfaces.render import render
from reports.surfaces.report import Report
from reports.verdicts.findings import findings_json


@dataclass(frozen=True)
class _Download:
    """A file inside the page."""

    name: str
    size: str
    sha256: str
    address: str

    @classmethod
    def of(cls, name: str, media_type: str, content: bytes) -> Self:
        return cls(
            name,
            units.size(len(content)),
            hashlib.sha256(content).hexdigest(),
            f"data:{media_type};base64,{base64.b64encode(content).decode()}",
        )


def write(report: Report) -> bytes:
    """The content of report.html."""
    findings = report.findings
    downloads = (
        _Download.of("comparison.json", "application/json", findings_json(findings)),
        _Download.of("comparison.csv", "text/csv", comparison_csv(findings.comparison)),
    )
    charts = draw_run(report.record, findings.comparison, report.page, report.host)
    return render("report.html.j2", report.page, charts, downloads=downloads)
