from pathlib import Path

import pytest

from service.__main__ import main
from service.stack import Stack, StackError


def test_the_command_prints_the_error_as_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with exit code 4 and without a traceback."""

    def fail(_: Stack) -> None:
        raise StackError("the disk is full. Free space.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Stack, "start", fail)
    monkeypatch.setattr("signal.signal", lambda *_: None)

    assert 4 == main(["--port", "0"])
    assert ("", "the disk is full. Free space.\n") == capsys.readouterr()
