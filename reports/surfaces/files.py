"""The files of a report, one line each: its name, and the function that writes it.

A new surface is a module with one function `Report -> bytes`, and one line here.
"""

from collections.abc import Callable

from reports.history.entry import ENTRY_NAME, entry_json, entry_of
from reports.surfaces import badge, exports, first_screen, html, junit, openmetrics, summary
from reports.surfaces.report import PICTURE_NAME, REPORT_NAME, Report
from reports.verdicts.findings import findings_json

COMPARISON_NAME = "comparison.json"

FILES: dict[str, Callable[[Report], bytes]] = {
    COMPARISON_NAME: lambda report: findings_json(report.findings),
    ENTRY_NAME: lambda report: entry_json(entry_of(report.record, report.findings)),
    PICTURE_NAME: first_screen.write,
    "summary.md": summary.write,
    "junit.xml": junit.write,
    "openmetrics.txt": openmetrics.write,
    "badge.json": badge.write,
    "comparison.csv": lambda report: exports.comparison_csv(report.findings.comparison),
    "bencher.json": lambda report: exports.bencher_json(report.findings.comparison),
    REPORT_NAME: html.write,
}
"""In the order of writing: the page comes last, so that it stands beside files of its own run."""
