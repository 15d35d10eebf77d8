"""The gate as one annotation of GitHub's, which shows ten of a step at most."""

from collections.abc import Sequence

from reports.surfaces.clean import harmless, short
from reports.verdicts.shapes import INCONCLUSIVE, PASSED

_LINES_MAX = 5
_LINE_MAX = 300


def annotation(exit_code: int, lines: Sequence[str]) -> str:
    """The workflow command that annotates a step; empty for a pass.

    Args:
        exit_code: the gate's.
        lines: the gate's, headline first and worst first.
    """
    if exit_code == PASSED:
        return ""
    level = "warning" if exit_code == INCONCLUSIVE else "error"
    told = [short(harmless(line), _LINE_MAX) for line in lines[:_LINES_MAX]]
    if len(lines) > _LINES_MAX:
        told.append(f"and {len(lines) - _LINES_MAX} more in report.html")
    return f"::{level} title=Versus gate::{_escaped(chr(10).join(told))}"


def history_warning(line: str) -> str:
    """The workflow command that tells on a step of any verdict that its history misses it."""
    return f"::warning title=Versus history::{_escaped(short(harmless(line), _LINE_MAX))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
