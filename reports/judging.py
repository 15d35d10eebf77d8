"""Reads runs, compares and judges them; nothing is written.

Errors name the run that they are about.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contract.config.judging import Settings
from contract.errors import InputError
from contract.run.calibrated import read_calibrated
from contract.run.files import shown_path
from contract.run.memory import read_memory
from contract.run.micro import read_micro
from contract.run.pages import read_pages
from contract.run.reading import Run, read_run
from reports.effects.agreement import Side
from reports.effects.compare import compare
from reports.effects.comparison import Comparison
from reports.effects.host import parse_host
from reports.effects.interactions import find_interactions
from reports.page.view import build_page
from reports.surfaces.report import Report
from reports.verdicts.accepted import acknowledge, day_of
from reports.verdicts.claims import judge_claims
from reports.verdicts.findings import COMPARISON_VERSION, Findings
from reports.verdicts.gate import judge
from reports.verdicts.settings import joint_metrics, settings_of

if TYPE_CHECKING:
    from reports.frames import RunFrames


def read_report(run_folder: Path) -> Report:
    """Read, compare, judge and word a run; nothing is written.

    Raises:
        RecordError, ReportError: the run or its configuration cannot be used.
    """
    run = read_run(run_folder)
    findings = judge_run(run, pictures=True)
    host = tuple(parse_host(run.host, run.record))
    calibrated = read_calibrated(run.folder, run.record.id)
    page = build_page(run.record, findings, host, calibrated)
    return Report(run.record, findings, host, page, calibrated)


def read_frames(run_folder: Path) -> "RunFrames":
    """A run as data frames, compared with its own margins; nothing is written.

    Raises:
        RecordError, ReportError: the run or its configuration cannot be used.
    """
    from reports.frames import frames_of  # noqa: PLC0415 - only notebooks wait for pandas

    run = read_run(run_folder)
    return frames_of(compare_run(run).comparison, run.samples)


def compare_run(run: Run) -> Side:
    """A run with its effects, to be compared or judged together with others.

    Raises:
        ReportError: its configuration cannot be used.
    """
    with _run_named(run.folder):
        settings = settings_of(run.record)
        return Side(run.record, _compared(run, settings), run.samples, settings.margins)


def _compared(run: Run, settings: Settings, *, pictures: bool = False) -> Comparison:
    """Scenarios, and pages and the functions of a suite if they were measured."""
    return compare(
        run.record,
        run.samples,
        settings.margins,
        joint=joint_metrics(run.record, settings),
        pages=read_pages(run.folder),
        micro=read_micro(run.folder),
        memory=read_memory(run.folder),
        pictures=pictures,
    )


@contextmanager
def _run_named(run_folder: Path) -> Iterator[None]:
    """Errors begin with the run's folder."""
    try:
        yield
    except InputError as error:
        raise type(error)(f"{shown_path(run_folder)}: {error}") from error


def judge_run(run: Run, *, pictures: bool = False) -> Findings:
    """A run's effects, held to the budgets and claims of its own configuration.

    Args:
        run: any.
        pictures: whether to compute what only a page shows.

    Raises:
        ReportError: its configuration cannot be used.
    """
    with _run_named(run.folder):
        settings = settings_of(run.record)
        comparison = _compared(run, settings, pictures=pictures)
        judgement, acceptances = acknowledge(
            comparison, judge(comparison, settings.budgets), settings.accepted, day_of(run.record)
        )
        pairs = settings.interactions if pictures else ()
        interactions = find_interactions(run.record, run.samples, pairs, settings.margins)
    return Findings(
        schema_version=COMPARISON_VERSION,
        run=run.record.id,
        comparison=comparison,
        judgement=judgement,
        claims=judge_claims(comparison, settings.claims),
        acceptances=acceptances,
        interactions=interactions,
    )
