"""The report as one HTML page, with its charts and the files that it carries along."""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from typing import Self

from reports import units
from reports.page.charts.run_charts import draw_run
from reports.page.terms import TERM_IDS, TERMS
from reports.surfaces.exports import comparison_csv
from reports.surfaces.render import render
from reports.surfaces.report import Report
from reports.verdicts.findings import findings_json

_PACKED_BYTES_MAX = 100_000
"""What is larger lies only beside the page."""


@dataclass(frozen=True)
class _Download:
    """A file inside the page, packed.

    Attributes:
        size: of the file as it lies beside the page.
        sha256: of that file.
        address: of the packed file; empty if it is not carried.
    """

    name: str
    size: str
    sha256: str
    address: str

    @classmethod
    def of(cls, name: str, content: bytes) -> Self:
        packed = gzip.compress(content, mtime=0)
        address = f"data:application/gzip;base64,{base64.b64encode(packed).decode()}"
        return cls(
            name,
            units.size(len(content)),
            hashlib.sha256(content).hexdigest(),
            address if len(packed) <= _PACKED_BYTES_MAX else "",
        )


def write(report: Report) -> bytes:
    """The content of report.html."""
    findings = report.findings
    downloads = (
        _Download.of("comparison.json", findings_json(findings)),
        _Download.of("comparison.csv", comparison_csv(findings.comparison)),
    )
    charts = draw_run(report.record, findings.comparison, report.page, report.host, report.memory)
    return render(
        "report.html.j2",
        report.page,
        charts,
        downloads=downloads,
        terms=TERMS,
        term_ids=TERM_IDS,
    )
