"""Prints what a check found, and puts it into the document for other programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from contract.check import Checked, TimePart
from reports.page.checks import check_lines
from reports.surfaces.terminal import STYLES
from reports.verdicts.forecast import Forecast


def print_check(
    checked: Checked, outlook: Forecast, load_time: Sequence[TimePart], exit_code: int, out: TextIO
) -> None:
    """Print the lines."""
    console = Console(file=out, markup=False, highlight=False, emoji=False)
    for line in check_lines(checked, outlook, load_time, exit_code):
        console.print(Text(line.text, STYLES[line.tone]), soft_wrap=True)


def check_document(
    checked: Checked, outlook: Forecast, load_time: Sequence[TimePart]
) -> dict[str, Any]:
    """The same facts as the lines, all of them; docs/commands.md describes it."""
    record = checked.planned
    return {
        "failure": checked.failure,
        "log": list(checked.log),
        "design": record.design,
        "profile": record.profile,
        "variants": list(record.variants),
        "answers": [asdict(answer) for answer in checked.answers],
        "differences": [asdict(difference) for difference in checked.differences],
        "alike": [asdict(pair) for pair in checked.alike],
        "budgets": [
            {
                "scenario": one.budget.scenario,
                "variant": one.budget.variant,
                "metric": one.budget.metric,
                "ratio_max": one.budget.ratio_max,
                "value_max": one.budget.value_max,
                "ratio_min": one.budget.ratio_min,
                "value_min": one.budget.value_min,
                "prospect": one.prospect,
            }
            for one in outlook.budgets
        ],
        "budgets_for_other_runs": dict(outlook.others),
        "reach": [{**asdict(reach), "possible": reach.possible} for reach in outlook.reaches],
        "measure_s": checked.measure_s,
        "time": [asdict(part) for part in checked.time],
        "load_time": [asdict(part) for part in load_time],
    }
