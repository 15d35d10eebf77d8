"""The gate as one GitHub annotation; of a step, at most ten are shown."""

from collections.abc import Sequence

from contract.exit_codes import INCONCLUSIVE, PASSED
from reports.clean import harmless, short

_LINES_MAX = 5
_LINE_MAX = 300


def annotation(exit_code: int, lines: Sequence[str]) -> str:
    """The workflow command that annotates a step; empty for a pass.

    Args:
        exit_code: of the gate.
        lines: of the gate, the headline first.
    """
    if exit_code == PASSED:
        return ""
    level = "warning" if exit_code == INCONCLUSIVE else "error"
    shown = [short(harmless(line), _LINE_MAX) for line in lines[:_LINES_MAX]]
    if len(lines) > _LINES_MAX:
        shown.append(f"and {len(lines) - _LINES_MAX} more in report.html")
    return f"::{level} title=Versus gate::{_escaped(chr(10).join(shown))}"


def history_warning(line: str) -> str:
    """The workflow command that warns that the history lacks a run, whatever its verdict."""
    return f"::warning title=Versus history::{_escaped(short(harmless(line), _LINE_MAX))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
