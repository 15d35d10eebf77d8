"""What a command answers: text, or one JSON document, also for an error."""

import json

import pytest

from commands.answer import Answer
from contract.errors import ConfigError


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The one line on standard output, as it was printed."""
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isascii()
    found: dict[str, object] = json.loads(line)
    return found


def test_text_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json there is no document."""
    answer = Answer("gate")

    assert 3 == answer.end(lambda: answer.out.write("yes")).exit_code
    assert "yes" == capsys.readouterr().out


def test_a_document_holds_the_text_the_facts_and_the_verdict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Characters that a terminal obeys are escaped; what is no number is null."""
    answer = Answer("gate", json=True)

    def work() -> int:
        answer.out.write("one\ntwo \x1b[31m\U0001f600\n")
        answer.found(ratio=float("inf"), name="\u202e")
        return 1

    assert 1 == answer.end(work).exit_code
    found = document(capsys)
    assert ["one", "two \x1b[31m\U0001f600"] == found["text"]
    assert (None, "\u202e", 1, "regression", None) == tuple(
        found[key] for key in ("ratio", "name", "exit_code", "verdict", "error")
    )


def test_an_error_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads why from the same place."""

    def fail() -> int:
        raise ConfigError("versus.toml: target: missing.")

    assert 2 == Answer("bench", json=True).end(fail).exit_code
    found = document(capsys)
    assert ("usage", "versus.toml: target: missing.") == (found["verdict"], found["error"])


def test_quiet_leaves_out_progress_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The answer is printed, and so is an error."""
    answer = Answer("bench", quiet=True)
    answer.say("measuring")
    answer.progress.write("measuring")

    def fail() -> int:
        answer.out.write("answer")
        raise ConfigError("wrong")

    answer.end(fail)
    printed = capsys.readouterr()
    assert ("answer", "versus: wrong\n") == (printed.out, printed.err)
