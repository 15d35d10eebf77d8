"""A verdict for the CI job: which ones fail it, and what later steps and people get."""

import itertools
from pathlib import Path

import pytest

from contract.errors import ReportError
from contract.exit_codes import verdict_name
from reports.surfaces.job import (
    FAIL_ON,
    check_fail_on,
    copy_run,
    job_exit_code,
    write_github,
)

CODES = {
    0: "pass",
    1: "regression",
    2: "usage",
    3: "inconclusive",
    4: "invalid",
    127: "usage",
    130: "interrupted",
}
SUBSETS = [
    ",".join(words)
    for number in range(len(FAIL_ON) + 1)
    for words in itertools.combinations(FAIL_ON, number)
]


@pytest.mark.parametrize("fail_on", SUBSETS)
@pytest.mark.parametrize("code", CODES)
def test_the_job_fails_on_the_verdicts_it_names(code: int, fail_on: str) -> None:
    """A pass never fails it, what was not judged always does, the rest as `fail_on` says."""
    verdict = CODES[code]
    fails = {"pass": False, "usage": True, "interrupted": True}.get(
        verdict, verdict in fail_on.split(",")
    )

    assert verdict == verdict_name(code)
    assert (code if fails else 0) == job_exit_code(code, fail_on)


@pytest.mark.parametrize("fail_on", ["regresion", "regression,all", "REGRESSION", "pass"])
def test_a_misspelt_verdict_is_refused(fail_on: str) -> None:
    """The message names the word and the valid ones."""
    with pytest.raises(ReportError, match="Valid: regression, inconclusive, invalid"):
        check_fail_on(fail_on)


def test_spaces_between_verdicts_are_allowed() -> None:
    """People write lists with spaces."""
    check_fail_on(" regression, inconclusive ,")

    assert 3 == job_exit_code(3, " regression, inconclusive ,")


def environ(folder: Path) -> dict[str, str]:
    """GitHub's two files, empty."""
    return {
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }


def test_github_gets_verdict_folder_report_and_summary(tmp_path: Path) -> None:
    """Both files are appended to, because other parts of a step write them, too."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "report.html").write_text("page", encoding="utf-8")
    (run / "summary.md").write_text("### FAIL\n", encoding="utf-8")
    (tmp_path / "output").write_text("before=1\n", encoding="utf-8")
    write_github(1, run, environ(tmp_path))

    assert f"before=1\nverdict=regression\nfolder={run}\nreport={run}/report.html\n" == (
        tmp_path / "output"
    ).read_text("utf-8")
    assert "### FAIL\n" == (tmp_path / "summary").read_text("utf-8")


def test_without_a_run_the_summary_names_the_verdict(tmp_path: Path) -> None:
    """The summary leads to the log, and there is no folder to upload."""
    write_github(2, None, environ(tmp_path))

    assert "verdict=usage\n" == (tmp_path / "output").read_text("utf-8")
    assert "### Versus: usage\n\nThere is no report. See the log of this step.\n" == (
        tmp_path / "summary"
    ).read_text("utf-8")


def test_an_error_is_in_the_summary_and_acts_on_nothing(tmp_path: Path) -> None:
    """It may quote a name of a stranger's."""
    write_github(3, None, environ(tmp_path), "no base: ```\n# x\x1b")

    assert "\n```\nno base: \N{REPLACEMENT CHARACTER}# x\N{REPLACEMENT CHARACTER}\n```\n" in (
        (tmp_path / "summary").read_text("utf-8")
    )


def test_a_run_without_a_page_has_a_folder_only(tmp_path: Path) -> None:
    """An interrupted run is uploaded, but has no report."""
    (tmp_path / "run").mkdir()
    write_github(130, tmp_path / "run", {"GITHUB_OUTPUT": str(tmp_path / "output")})

    assert f"verdict=interrupted\nfolder={tmp_path / 'run'}\n" == (tmp_path / "output").read_text(
        "utf-8"
    )


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The job must not look as if it had a verdict."""
    with pytest.raises(ReportError, match="cannot be written"):
        write_github(0, None, {"GITHUB_OUTPUT": str(tmp_path)})


def test_a_run_is_copied_whole_and_over_an_earlier_copy(tmp_path: Path) -> None:
    """The folder holds the run's files themselves, under their names."""
    run, kept = tmp_path / "run", tmp_path / "kept"
    (run / "inner").mkdir(parents=True)
    (run / "inner" / "file").write_text("new", encoding="utf-8")
    (kept / "inner").mkdir(parents=True)
    (kept / "inner" / "file").write_text("old", encoding="utf-8")
    copy_run(run, kept)

    assert "new" == (kept / "inner" / "file").read_text("utf-8")


def test_a_folder_that_takes_no_copy_is_named(tmp_path: Path) -> None:
    """The copy is not lost in silence."""
    (tmp_path / "run").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(ReportError, match="cannot copy the run there"):
        copy_run(tmp_path / "run", tmp_path / "file")


def test_a_run_is_not_copied_into_itself(tmp_path: Path) -> None:
    """One line that says so, before anything is written."""
    (tmp_path / "run.json").touch()

    with pytest.raises(ReportError, match=r"is the run's own folder"):
        copy_run(tmp_path, tmp_path / "copy")
    assert ["run.json"] == [path.name for path in tmp_path.iterdir()]
