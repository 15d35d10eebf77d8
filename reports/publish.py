"""The commands about what was measured: each reads, compares, judges, words and writes."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from contract.errors import RecordError, ReportError
from contract.exit_codes import INCONCLUSIVE, INVALID
from contract.metrics import MARGINS
from contract.run.calibrated import CalibratedRecord
from contract.run.files import shown_path
from contract.run.micro import read_micro
from contract.run.reading import read_run
from contract.run.record import RUN_NAME, RunRecord, read_run_json
from contract.typed import make_command
from reports.clean import harmless
from reports.effects.functions import Functions, compare_functions
from reports.effects.shapes import State
from reports.effects.unpaired import compare_runs
from reports.judging import compare_run, judge_run, read_report
from reports.page.budgets import gate_lines, repeat_line
from reports.page.charts.ratios import ratio_charts
from reports.page.charts.run_charts import draw_sweeps
from reports.page.doubts import proof_lines
from reports.page.functions import functions_part
from reports.page.repeated import repeated_page
from reports.page.runs import RunsPage, runs_page
from reports.surfaces import terminal
from reports.surfaces.annotation import annotation
from reports.surfaces.files import FILES
from reports.surfaces.render import render
from reports.surfaces.report import REPORT_NAME
from reports.verdicts.accepted import acknowledge, day_of
from reports.verdicts.findings import COMPARISON_VERSION, Findings
from reports.verdicts.repeated import judge_together, same_question
from reports.verdicts.settings import settings_of
from reports.writing import write_page, write_whole

SUITE_PAGE_NAME = "suite.html"


@dataclass(frozen=True)
class Published:
    """What a command printed or wrote.

    Attributes:
        exit_code: of the command.
        findings: what it is about, as comparison.json has it.
        calibrated: as of a report.
    """

    exit_code: int
    findings: Findings
    calibrated: CalibratedRecord | None = None


def publish(run_folder: Path, out: TextIO, *, verbose: bool = False) -> Published:
    """Compare a run, write its files, print the table; the last line is the report's path.

    Args:
        run_folder: of the run.
        out: takes the lines.
        verbose: whether to print every effect, note and warning.

    Its exit code is 0, or 4 when the run is partial or invalid.

    Raises:
        RecordError, ReportError: the run or its configuration cannot be used, or the disk is full.
    """
    report, folder = read_report(run_folder), run_folder.resolve()
    for name, content in {name: write(report) for name, write in FILES.items()}.items():
        write_whole(folder / name, content)
    terminal.print_page(report.page, out, verbose=verbose)
    out.write(f"\n{shown_path(folder / REPORT_NAME)}\n")
    complete = report.page.state is State.COMPLETE
    return Published(0 if complete else INVALID, report.findings, report.calibrated)


def gate(run_folder: Path, out: TextIO, *, annotate: bool = False) -> Published:
    """Judge a run against the budgets of its own configuration and print the answer.

    Args:
        run_folder: of the run.
        out: takes the answer.
        annotate: whether to print it once more as an annotation of GitHub's.

    The exit code: 0 pass, 1 regression, 2 no budgets, 3 inconclusive, 4 partial or invalid run.

    Raises:
        RecordError, ReportError: the run or its configuration cannot be used.
    """
    run = read_run(run_folder)
    findings = judge_run(run)
    judgement = findings.judgement
    lines = (
        *gate_lines(findings.comparison, judgement, findings.acceptances),
        *proof_lines(findings.comparison),
    )
    if judgement.exit_code == INCONCLUSIVE:
        both = [shown_path(run.folder), shown_path(run.folder.parent / "latest")]
        line = repeat_line(
            judgement.outcomes,
            _SEED.sub("", run.record.command),
            make_command("gate", {"--run": both}),
        )
        lines = (*lines, line) if line else lines
    _answer(RunsPage(lines, ()), lines, judgement.exit_code, out, annotate=annotate)
    return Published(judgement.exit_code, findings)


_SEED = re.compile(r" --seed \d+")
"""A repeated run draws anew."""


def gate_together(run_folders: Sequence[Path], out: TextIO, *, annotate: bool = False) -> Published:
    """Judge several runs of one plan together against its budgets and print the answer.

    Args:
        run_folders: at least two, in any order.
        out: takes the answer.
        annotate: as `gate`.

    The exit code: as of `gate`; 4 where any of the runs is partial or invalid.

    Raises:
        RecordError, ReportError: a run or its configuration cannot be used, or they are not
            several trials of one question.
    """
    runs = [read_run(folder) for folder in run_folders]
    limits = settings_of(runs[0].record).budgets
    sides = [compare_run(run) for run in runs]
    repeated = judge_together(sides, limits)
    # All runs accept the same regressions; they are judged as of the day of the last run.
    last = repeated.runs[-1]
    judgement, acceptances = acknowledge(
        repeated.comparison, repeated.judgement, settings_of(last).accepted, day_of(last)
    )
    left_out = _left_out({run.folder.parent for run in runs}, repeated.runs)
    page = repeated_page(repeated, judgement, acceptances, left_out)
    proof = dict.fromkeys(line for side in sides for line in proof_lines(side.comparison))
    page = replace(page, lines=(*page.lines, *proof))
    lines = [page.lines[0], *(line for _, below in page.parts for line in below), *proof]
    _answer(page, lines, judgement.exit_code, out, annotate=annotate)
    findings = Findings(
        schema_version=COMPARISON_VERSION,
        run=last.id,
        comparison=repeated.comparison,
        judgement=judgement,
        claims=(),
        acceptances=acceptances,
    )
    return Published(judgement.exit_code, findings)


def _answer(
    page: RunsPage, lines: Sequence[str], exit_code: int, out: TextIO, *, annotate: bool
) -> None:
    """Print the gate's answer, if wanted with an annotation of these lines."""
    terminal.print_runs(page, out, "bold")
    if annotate and (command := annotation(exit_code, lines)):
        out.write(f"{command}\n")


def _left_out(folders: Iterable[Path], judged: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """The runs in these folders with the same question as the judged ones."""
    found: dict[str, RunRecord] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*/{RUN_NAME}")):
            try:
                record = read_run_json(path)
            except RecordError:
                continue  # A run that cannot be read cannot be compared.
            if same_question(judged[0], record):
                found[record.id] = record
    return tuple(run for run in found.values() if run.id not in {one.id for one in judged})


def compare_runs_of(first: Path, second: Path, out: TextIO, page: Path | None = None) -> Any:
    """Compare two runs that were measured at different times, and print what changed.

    Args:
        first: the run before: its folder, or a file that another tool wrote.
        second: the run after, likewise.
        out: takes the tables.
        page: also write them to this HTML file.

    Returns: what differs, as plain values.

    Raises:
        RecordError, ReportError: a run, its configuration or a file cannot be used, they have
            nothing in common, or the page would overwrite one of them.
    """
    if page:
        _spare_inputs(page, (first, second))
    if _are_files(first, second):
        # Only they need pandas, which takes as long to load as a short run to judge.
        from reports.foreign.formats import read_foreign  # noqa: PLC0415
        from reports.foreign.words import PAGE_ROWS_MAX, foreign_page  # noqa: PLC0415

        files = read_foreign(first), read_foreign(second)
        found: Any = None
        compared = foreign_page(*files)
        whole = foreign_page(*files, PAGE_ROWS_MAX) if page else compared
    else:
        before, after = (compare_run(read_run(folder)) for folder in (first, second))
        found = compare_runs(before, after)
        compared = whole = runs_page(found)
    terminal.print_runs(compared, out)
    if page:
        assert whole.first is not None, "a page of two runs has a first screen"
        write_page(page, render("runs.html.j2", whole, ratio_charts(whole.first.rows)), out)
    return found or compared


def _spare_inputs(page: Path, inputs: Sequence[Path]) -> None:
    """Check that a page overwrites nothing that was measured, also through links.

    Raises:
        ReportError: it is what is compared, or in a run's folder under a name of the run's own.
    """
    name = harmless(str(page))
    for one in inputs:
        # A terminal or a pipe may be read and written.
        if (page.is_file() or page.is_dir()) and _is_same(page, one):
            raise ReportError(f"{name}: is itself compared. Name another file for the page.")
    # The link's own place, and the one that it leads to.
    places = Path(os.path.realpath(page.parent)) / page.name, Path(os.path.realpath(page))
    for place in places:
        of_a_run = (place.parent / RUN_NAME).is_file() or any(
            _is_same(place.parent, one) for one in inputs
        )
        # Some file systems do not tell capital letters from small ones.
        own = place.name.lower() in _OWN_NAMES or place.suffix.lower() in _OWN_SUFFIXES
        if of_a_run and own:
            raise ReportError(
                f"{name}: has the name of a run's own file, in its folder. Name another file for "
                "the page."
            )


_OWN_NAMES = {*FILES, SUITE_PAGE_NAME}
_OWN_SUFFIXES = {".json", ".parquet", ".arrows", ".log"}
"""Of what is measured; no page has one of these."""


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _are_files(*paths: Path) -> bool:
    """Whether both are files of other tools, and not folders of runs.

    Raises:
        ReportError: one is a file, and the other a folder.
    """
    files = [one for one in paths if one.exists() and not one.is_dir()]
    folders = [one for one in paths if one.is_dir()]
    if files and folders:
        raise ReportError(
            f"{folders[0]} is a folder and {files[0]} a file. Name two folders of runs, or two "
            "files of other tools."
        )
    return bool(files)


def publish_suite(folder: Path, out: TextIO) -> Functions:
    """Compare a suite that was measured alone, print its tables, and write them as a page.

    Returns: what was compared.

    Raises:
        RecordError: there is no suite, or it cannot be used.
        ReportError: the page cannot be written.
    """
    micro = read_micro(folder)
    if micro is None:
        raise RecordError(f"{folder}: holds no suite. Measure one with `versus suite`.")
    functions = compare_functions(micro, MARGINS)
    # Millions of rounds, which the page does not need.
    del micro
    part = functions_part(functions)
    terminal.print_functions(part, out)
    charts = draw_sweeps(functions, part)
    html = render("suite.html.j2", part, charts, suite=functions.suite)
    write_page(folder / SUITE_PAGE_NAME, html, out)
    return functions
