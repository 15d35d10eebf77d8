"""Commands to type are complete, safe to paste, and start what was started."""

import shlex
import sys
from pathlib import Path

import pytest

from contract.typed import make_command


def test_options_that_are_not_set_are_left_out() -> None:
    """A list repeats its option."""
    typed = make_command(
        "gate", {"--live": "", "--run": ["a", "b c"], "--redact": True, "--github": False}
    )

    assert "versus gate --run a --run 'b c' --redact" == typed


def test_a_hostile_value_stays_one_word() -> None:
    """A shell reads what was meant, and runs nothing."""
    value = "$(touch x); 'y' `z`"

    assert value == shlex.split(make_command("gate", {"--base": value}))[3]


def test_a_program_that_is_not_on_path_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative below the current folder, else absolute."""
    program = tmp_path / "of mine" / "bin" / "versus"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setenv("PATH", "/bin")

    assert make_command("bench", {}) == f"'{program}' bench"

    monkeypatch.chdir(tmp_path)
    assert make_command("bench", {}) == "'of mine/bin/versus' bench"

    monkeypatch.setenv("PATH", str(program.parent))
    assert make_command("bench", {}) == "versus bench"
