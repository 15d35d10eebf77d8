"""From a run's folder to a printed table, comparison.json and report.html.

The reports' own composition: nothing else in this room reads or writes files but the record.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from contract.errors import InputError, RecordError
from contract.run.micro import read_micro
from contract.run.pages import read_pages
from contract.run.record import RUN_NAME, Run, RunRecord, read_run, read_run_json, shown_path
from reports.effects.agreement import Side
from reports.effects.compare import compare, find_interactions
from reports.effects.functions import compare_functions
from reports.effects.host import parse_host
from reports.effects.pages import with_pages
from reports.effects.unpaired import compare_runs
from reports.foreign.formats import read_foreign
from reports.foreign.words import foreign_page
from reports.history.entry import ENTRY_NAME, entry_json, entry_of
from reports.model import (
    DEFAULT_MARGINS,
    Comparison,
    Functions,
    HostNoise,
    State,
)
from reports.page.functions_words import functions_part
from reports.page.ledger import gate_lines, repeat_line
from reports.page.repeated_words import repeated_page
from reports.page.runs_words import runs_page
from reports.page.shapes import FunctionsPart, Page
from reports.page.view import build_page
from reports.surfaces import terminal
from reports.surfaces.annotation import annotation
from reports.surfaces.badge import badge_json
from reports.surfaces.exports import bencher_json, comparison_csv
from reports.surfaces.junit import junit_xml
from reports.surfaces.openmetrics import openmetrics
from reports.surfaces.render import render_html, render_runs, render_suite
from reports.surfaces.summary import summary_markdown
from reports.verdicts.accepted import acknowledge, day_of
from reports.verdicts.findings import COMPARISON_VERSION, Findings, findings_json
from reports.verdicts.gate import INCONCLUSIVE, INVALID, judge, judge_claims
from reports.verdicts.repeated import judge_together, same_question
from reports.verdicts.settings import settings_of
from reports.writing import write_whole

COMPARISON_NAME = "comparison.json"
CSV_NAME = "comparison.csv"
REPORT_NAME = "report.html"
SUITE_PAGE_NAME = "suite.html"


def publish(run_folder: Path, out: TextIO) -> int:
    """Compare a run, write its files, print the table; the last line is the report's path.

    Returns: 0, or 4 when the run is partial or invalid.

    Raises:
        RecordError, ReportError: the run or its configuration cannot be used, or the disk is full.
    """
    run = read_run(run_folder)
    findings = _find(run, drawn=True)
    host = parse_host(run.host, run.record)
    page = build_page(run.record, findings, host)
    report = run.folder / REPORT_NAME
    surfaces = _surfaces(run.record, findings, page)
    for name, content in surfaces.items():
        write_whole(run.folder / name, content)
    html = render_html(
        page,
        _draw(run.record, findings.comparison, page, host),
        {name: surfaces[name] for name in (COMPARISON_NAME, CSV_NAME)},
    )
    write_whole(report, html.encode("utf-8", errors="replace"))
    terminal.print_page(page, out)
    out.write(f"\n{shown_path(report)}\n")
    return 0 if findings.comparison.state is State.COMPLETE else INVALID


def _surfaces(record: RunRecord, findings: Findings, page: Page) -> Mapping[str, bytes]:
    """What other tools read, by file name."""
    compared = findings.comparison
    return {
        COMPARISON_NAME: findings_json(findings),
        ENTRY_NAME: entry_json(entry_of(record, findings)),
        "summary.md": summary_markdown(page).encode("utf-8", errors="replace"),
        "junit.xml": junit_xml(compared, findings.judgement, findings.acceptances),
        "openmetrics.txt": openmetrics(findings),
        "badge.json": badge_json(findings),
        CSV_NAME: comparison_csv(compared),
        "bencher.json": bencher_json(compared),
    }


def gate(run_folder: Path, out: TextIO, *, annotate: bool = False) -> int:
    """Judge a run against the budgets of its own configuration and print the answer.

    Args:
        run_folder: of the run.
        out: takes the answer.
        annotate: whether to print it once more as an annotation of GitHub's.

    Returns: 0 pass, 1 regression, 2 no budgets, 3 inconclusive, 4 partial or invalid run.

    Raises:
        RecordError, ReportError: the run or its configuration cannot be used.
    """
    run = read_run(run_folder)
    findings = _find(run)
    lines = gate_lines(findings.comparison, findings.judgement, findings.acceptances)
    if findings.judgement.exit_code == INCONCLUSIVE:
        again = f'make gate RUN="{shown_path(run.folder)} runs/latest"'
        line = repeat_line(findings.judgement.outcomes, again)
        lines = (*lines, line) if line else lines
    terminal.print_lines(lines, out)
    if annotate and (order := annotation(findings.judgement.exit_code, lines)):
        out.write(f"{order}\n")
    return findings.judgement.exit_code


def gate_together(run_folders: Sequence[Path], out: TextIO, *, annotate: bool = False) -> int:
    """Judge several runs of one plan together against its budgets and print the answer.

    Args:
        run_folders: at least two, in any order.
        out: takes the answer.
        annotate: as `gate`.

    Returns: as `gate`; 4 where any of the runs is partial or invalid.

    Raises:
        RecordError, ReportError: a run or its configuration cannot be used, or they are not
            several trials of one question.
    """
    runs = [read_run(folder) for folder in run_folders]
    sides = [_side(run) for run in runs]
    limits = settings_of(runs[0].record).budgets
    found = judge_together(sides, limits)
    # Of all runs the same; the day is that on which the last one began.
    last = found.runs[-1]
    accepted = settings_of(last).accepted
    judgement, acceptances = acknowledge(found.comparison, found.judgement, accepted, day_of(last))
    left_out = _left_out({run.folder.parent for run in runs}, found.runs)
    page = repeated_page(found, judgement, acceptances, left_out)
    terminal.print_runs(page, out, "bold")
    told = [page.lines[0], *(line for _, lines in page.parts for line in lines)]
    if annotate and (order := annotation(judgement.exit_code, told)):
        out.write(f"{order}\n")
    return judgement.exit_code


def _left_out(folders: Iterable[Path], judged: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """The runs beside the judged ones that asked the same question."""
    found: dict[str, RunRecord] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*/{RUN_NAME}")):
            try:
                record = read_run_json(path)
            except RecordError:
                continue  # Nobody can say what it is about.
            if same_question(judged[0], record):
                found[record.id] = record
    mine = {run.id for run in judged}
    return tuple(run for run in found.values() if run.id not in mine)


def compare_runs_of(first: Path, second: Path, out: TextIO, page: Path | None = None) -> int:
    """Hold the second run against the first and print what changed.

    Args:
        first: the run before: its folder, or a file that another tool wrote.
        second: the run after, likewise.
        out: takes the tables.
        page: where to write them as a page, too.

    Returns: 0, whatever was found.

    Raises:
        RecordError, ReportError: a run, its configuration or a file cannot be used, or they have
            nothing in common.
    """
    if first.is_file() or second.is_file():
        found = foreign_page(read_foreign(first), read_foreign(second))
    else:
        sides = _side(read_run(first)), _side(read_run(second))
        found = runs_page(compare_runs(*sides))
    terminal.print_runs(found, out)
    if page:
        write_whole(page, render_runs(found).encode("utf-8", errors="replace"))
        out.write(f"\n{shown_path(page)}\n")
    return 0


def publish_suite(folder: Path, out: TextIO) -> None:
    """Compare a suite that was measured by itself, print its tables, and write them as a page.

    Raises:
        RecordError: there is none, or it cannot be used.
        ReportError: the page cannot be written.
    """
    micro = read_micro(folder)
    if micro is None:
        raise RecordError(f"{folder}: holds no suite. Measure one with `make suite`.")
    functions = compare_functions(micro, DEFAULT_MARGINS)
    page = functions_part(functions)
    terminal.print_functions(page, out)
    path = folder / SUITE_PAGE_NAME
    html = render_suite(functions.suite, page, _draw_sweeps(functions, page))
    write_whole(path, html.encode("utf-8", errors="replace"))
    out.write(f"\n{shown_path(path)}\n")


def _draw_sweeps(functions: Functions, page: FunctionsPart) -> dict[str, str]:
    from reports.page.charts import sweep  # noqa: PLC0415 - as below

    return {
        chart_id: sweep.sweep_chart(functions.levels, functions.growths, along, chart_id)
        for chart_id, along in page.sweeps
    }


def _side(run: Run) -> Side:
    with _named(run.folder):
        margins = settings_of(run.record).margins
        return Side(run.record, _compared(run, margins), run.samples, margins)


def _compared(run: Run, margins: Mapping[str, float], *, drawn: bool = False) -> Comparison:
    """Scenarios, and pages and the functions of a suite if they were measured."""
    comparison = compare(run.record, run.samples, margins, drawn=drawn)
    pages = read_pages(run.folder)
    if pages:
        comparison = with_pages(comparison, pages, margins)
    micro = read_micro(run.folder)
    if micro is None:
        return comparison
    return replace(comparison, functions=compare_functions(micro, margins))


@contextmanager
def _named(run_folder: Path) -> Iterator[None]:
    """Complaints say which run they are about."""
    try:
        yield
    except InputError as error:
        raise type(error)(f"{shown_path(run_folder)}: {error}") from error


def _find(run: Run, *, drawn: bool = False) -> Findings:
    with _named(run.folder):
        settings = settings_of(run.record)
        comparison = _compared(run, settings.margins, drawn=drawn)
        judgement, acceptances = acknowledge(
            comparison, judge(comparison, settings.budgets), settings.accepted, day_of(run.record)
        )
        asked = settings.interactions if drawn else ()
        interactions = find_interactions(run.record, run.samples, asked, settings.margins)
    return Findings(
        schema_version=COMPARISON_VERSION,
        run=run.record.id,
        comparison=comparison,
        judgement=judgement,
        claims=judge_claims(comparison, settings.claims),
        acceptances=acceptances,
        interactions=interactions,
    )


def _draw(
    record: RunRecord, comparison: Comparison, page: Page, host: Sequence[HostNoise]
) -> Mapping[str, str]:
    # Loading matplotlib takes longer than judging most runs, and the gate draws nothing.
    from reports.page.charts import chart, forest, timeline  # noqa: PLC0415

    courses = {one.scenario: one.course for one in host}
    charts = {
        "forest": forest.forest_chart(comparison, "forest"),
        "payload": chart.payload_chart(comparison, "payload"),
    }
    if record.load:
        charts["capacity-steps"] = chart.capacity_chart(record.load, comparison, "capacity-steps")
    for scenario, section in zip(comparison.scenarios, page.sections, strict=True):
        if scenario.curves:
            charts[section.latency_chart_id] = chart.latency_chart(
                scenario, section.latency_chart_id
            )
        if scenario.shift_functions:
            charts[section.shift_chart_id] = chart.shift_chart(scenario, section.shift_chart_id)
        if scenario.timeline:
            charts[section.time_chart_id] = timeline.timeline_chart(
                scenario, scenario.timeline, courses.get(scenario.name, ()), section.time_chart_id
            )
        if scenario.stages:
            charts[section.stage_chart_id] = chart.stage_chart(scenario, section.stage_chart_id)
    if page.functions and comparison.functions:
        charts |= _draw_sweeps(comparison.functions, page.functions)
    return {name: svg for name, svg in charts.items() if svg}
