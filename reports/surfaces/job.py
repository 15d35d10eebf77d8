"""A verdict for the CI job around the gate: its exit code, outputs, summary and files."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from contract.errors import ReportError
from contract.exit_codes import verdict_name
from contract.regular import open_regular
from reports.clean import visible
from reports.surfaces.summary import placed

FAIL_ON = ("regression", "inconclusive", "invalid")
"""Verdicts that fail a job only where it asks for that. A pass never does, the others always."""


def check_fail_on(fail_on: str) -> None:
    """Refuse a misspelt verdict, which would let through what it was to stop.

    Raises:
        ReportError: a word that is not in `FAIL_ON`.
    """
    for word in _words(fail_on):
        if word not in FAIL_ON:
            raise ReportError(f"--fail-on has {word!r}. Valid: {', '.join(FAIL_ON)}.")


def job_exit_code(exit_code: int, fail_on: str) -> int:
    """The exit code of the job: the gate's own where its verdict fails the job, else 0.

    Args:
        exit_code: the gate's.
        fail_on: words of `FAIL_ON` by comma; spaces do not matter; empty: the job only reports.
    """
    verdict = verdict_name(exit_code)
    return 0 if verdict in FAIL_ON and verdict not in _words(fail_on) else exit_code


def _words(fail_on: str) -> list[str]:
    return [word for word in "".join(fail_on.split()).split(",") if word]


def copy_run(run: Path, folder: Path) -> None:
    """Copy a run's files to a folder whose name a job knows beforehand.

    Raises:
        ReportError: there is no place for them.
    """
    if folder.resolve().is_relative_to(run.resolve()):
        raise ReportError(f"{folder}: is the run's own folder, or in it. Name another.")
    try:
        shutil.copytree(run, folder, dirs_exist_ok=True, ignore=_not_of_the_run)
    except shutil.Error as error:
        reason = error.args[0][0][2] if error.args and error.args[0] else "unknown"
        raise ReportError(f"{folder}: cannot copy the run there ({reason}).") from None
    except OSError as error:
        raise ReportError(f"{folder}: cannot copy the run there ({error}).") from None


def _not_of_the_run(folder: str, names: list[str]) -> list[str]:
    """What a job does not hand on: hidden files, and what only points to a file or waits."""
    found = (Path(folder, name) for name in names)
    return [one.name for one in found if one.name.startswith(".") or _is_special(one)]


def _is_special(path: Path) -> bool:
    return path.is_symlink() or not (path.is_dir() or path.is_file())


_ADDRESS = re.compile(r"https://[A-Za-z0-9._~:/@%+,=-]+")


def check_address(address: str) -> None:
    """Refuse what is no address to link to from Markdown.

    Raises:
        ReportError: it does not begin with https://, or has blanks, brackets or other such signs.
    """
    if address and not _ADDRESS.fullmatch(address):
        raise ReportError(
            "--report-url: no address. Write where the run's files will be, such as "
            "https://reports.example/versus/123."
        )


def write_github(
    exit_code: int,
    run: Path | None,
    environ: Mapping[str, str],
    error: str = "",
    address: str = "",
) -> None:
    """Append outputs and summary to the files that GitHub names in the environment.

    Args:
        exit_code: the gate's.
        run: the judged run's folder; None where nothing was measured.
        environ: holds GITHUB_OUTPUT and GITHUB_STEP_SUMMARY; a missing one is skipped.
        error: why nothing was measured; empty: the log says it.
        address: where the run's files will be published; empty: nowhere.

    Raises:
        ReportError: one of them cannot be written.
    """
    verdict = verdict_name(exit_code)
    outputs = [f"verdict={verdict}"]
    # In a block of code nothing is obeyed as Markdown.
    why = f"\n```\n{visible(error).replace('```', '')}\n```\n" if error else ""
    summary = f"### Versus: {verdict}\n\nThere is no report. See the log of this step.\n{why}"
    if run:
        outputs.append(f"folder={run}")
        if (run / "report.html").is_file():
            outputs.append(f"report={run / 'report.html'}")
        if (run / "summary.md").is_file():
            whole = f"{address.rstrip('/')}/" if address else ""
            with open_regular(run / "summary.md", follow=False) as file:
                summary = placed(file.read().decode(), whole)
    for name, text in (("OUTPUT", "\n".join(outputs) + "\n"), ("STEP_SUMMARY", summary)):
        path = environ.get(f"GITHUB_{name}")
        if path:
            _append(Path(path), text)


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written ({error.strerror}).") from None
