"""A job around the gate gets its verdict, and never a pass without one."""

from pathlib import Path

import pytest

from commands.jobs import annotate_step, hand_to_job


@pytest.mark.parametrize(
    ("code", "fail_on", "error", "ended"),
    [
        (3, "regression", "", 0),
        (3, "regression", "no base: x", 3),
        (4, "", "no base: x", 4),
        (1, "regression", "", 1),
        (0, "", "", 0),
    ],
)
def test_a_job_passes_only_after_a_verdict(
    code: int, fail_on: str, error: str, ended: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """What ended before anything was judged is no undecided gate."""
    assert ended == hand_to_job(code, None, fail_on, None, github=False, error=error)
    assert (ended != code) == ("this job fails on" in capsys.readouterr().err)


def test_why_nothing_was_judged_is_beside_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And in its summary; standard output keeps the answer alone."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    hand_to_job(3, None, "", None, github=True, error="no base: x")

    assert ("", "::warning title=Versus gate::no base: x\n") == capsys.readouterr()
    assert "no base: x" in (tmp_path / "summary").read_text("utf-8")
    annotate_step(4, ["one", "two"])
    assert "::error title=Versus gate::one%0Atwo\n" == capsys.readouterr().err
