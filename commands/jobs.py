"""What a command gives to the CI job around it: exit code, outputs, annotations and files."""

import os
from collections.abc import Sequence
from pathlib import Path

from commands.ending import say, say_command
from contract.exit_codes import verdict_name


def annotate_step(code: int, lines: Sequence[str]) -> None:
    """Say beside a GitHub step why nothing was judged: its job may be green all the same."""
    from reports.surfaces.annotation import annotation

    # Standard output ends with the path of the report.
    say_command(annotation(code, lines))


def hand_to_job(
    code: int,
    folder: Path | None,
    fail_on: str,
    copy_to: Path | None,
    *,
    github: bool,
    report_url: str = "",
    error: str = "",
) -> int:
    """Give the verdict and the judged run's files to the CI job; the job's exit code.

    `error` says why nothing was judged; no job passes then. It is empty after a verdict. The
    summary links to the run's files at `report_url`, if they will be published.
    """
    from reports.surfaces.job import copy_run, job_exit_code, write_github

    if folder and copy_to:
        copy_run(folder, copy_to)
    if github:
        write_github(code, folder, os.environ, error, report_url)
        if error:
            annotate_step(code, [error])
    ended = code if error else job_exit_code(code, fail_on)
    if ended != code:
        say(f"gate: {verdict_name(code)}; this job fails on: {fail_on or 'nothing'}")
    return ended
