"""What a command answers on standard output, as text or as one JSON document; progress elsewhere.

A document has the command, its exit code, the verdict as a word, the folder and report of a run,
what was found, and the lines that people get. An error is a document, too.
"""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import typer

from commands.ending import exit_code_of
from contract.exit_codes import verdict_name
from contract.lines import log_line
from contract.version import VERSION


@dataclass
class Answer:
    """How one command answers.

    Attributes:
        command: its name.
        json: whether it is one JSON document.
        quiet: whether progress is left out.
        verbose: whether every effect, note and warning is printed.
        facts: the document's own entries.
    """

    command: str
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    _text: io.StringIO = field(default_factory=io.StringIO)
    _errors: list[str] = field(default_factory=list)

    @property
    def out(self) -> TextIO:
        """Takes the text that people read."""
        return self._text if self.json else sys.stdout

    @property
    def progress(self) -> TextIO:
        """Takes lines of progress."""
        return io.StringIO() if self.quiet else sys.stderr

    def say(self, line: str) -> None:
        """Print a line of progress."""
        if not self.quiet:
            sys.stderr.write(f"{log_line(line)}\n")

    def found(self, run: Path | None = None, **facts: Any) -> None:
        """Add to the document: the run's folder and report, if there is one, and other facts."""
        if run is not None:
            folder = run.resolve()
            report = folder / "report.html"
            facts |= {"run": str(folder), "report": str(report) if report.is_file() else None}
        self.facts |= facts

    @property
    def failed(self) -> bool:
        """Whether there was an error."""
        return bool(self._errors)

    @property
    def error(self) -> str:
        """The last error, as people get it; empty without one."""
        return self._errors[-1] if self._errors else ""

    def code_of(self, work: Callable[[], int]) -> int:
        """Do a part of the command's work; its exit code. The document keeps an error."""
        return exit_code_of(work, self._errors.append)

    def end(self, work: Callable[[], int]) -> typer.Exit:
        """Do the command's work and print its document; raise what this returns."""
        code = self.code_of(work)
        self.write(code)
        return typer.Exit(code)

    def write(self, code: int) -> None:
        """Print the document, if one is wanted."""
        if not self.json:
            return
        # Only documents need it.
        from pydantic_core import to_json

        document = {
            "versus": VERSION,
            "command": self.command,
            "exit_code": code,
            "verdict": verdict_name(code),
            **self.facts,
            "error": self.error or None,
            "text": self._text.getvalue().splitlines(),
        }
        content = to_json(document, inf_nan_mode="null", serialize_unknown=True)
        # Escaped, no character of a name is a command to a terminal.
        sys.stdout.write(_escaped(content.decode()) + "\n")


def _escaped(text: str) -> str:
    return "".join(one if " " <= one <= "~" else _escape(one) for one in text)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
