"""What today's code answers about a recorded folder, by the functions that publishing uses.

An answer is plain JSON: comparison.json for one run, and the same kind of data for what is only
printed (several runs judged together, two runs compared, a suite by itself).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from contract.metrics import MARGINS
from contract.run.micro import read_micro
from contract.run.reading import read_run
from reports.effects.functions import compare_functions
from reports.effects.unpaired import compare_runs
from reports.judging import compare_run, judge_run
from reports.verdicts.accepted import acknowledge, day_of
from reports.verdicts.findings import COMPARISON_VERSION, findings_json
from reports.verdicts.repeated import judge_together
from reports.verdicts.settings import settings_of


def answer_run(folder: Path) -> Any:
    """The content of a run's comparison.json."""
    return json.loads(findings_json(judge_run(read_run(folder), pictures=True)))


def answer_suite(folder: Path) -> Any:
    """What a suite shows that was measured without a run."""
    micro = read_micro(folder)
    assert micro is not None
    return {
        "schema_version": COMPARISON_VERSION,
        "functions": _plain(compare_functions(micro, MARGINS)),
    }


def answer_together(folders: Sequence[Path]) -> Any:
    """The judgement of several runs of one plan."""
    sides = [compare_run(read_run(folder)) for folder in folders]
    limits = settings_of(sides[0].record).budgets
    together = judge_together(sides, limits)
    last = together.runs[-1]
    judgement, acceptances = acknowledge(
        together.comparison, together.judgement, settings_of(last).accepted, day_of(last)
    )
    return {
        "schema_version": COMPARISON_VERSION,
        **_plain(together.comparison),
        "judgement": _plain(judgement),
        "acceptances": _plain(acceptances),
        "evidence": [
            {
                "alone": [str(each.decision) for each in one.alone],
                "exceeded_log_e": one.exceeded_log_e,
                "kept_log_e": one.kept_log_e,
            }
            for one in together.evidence
        ],
        "fail_e": together.fail_e,
        "pass_e": together.pass_e,
        "differences": len(together.differences),
    }


def answer_compared(first: Path, second: Path) -> Any:
    """What changed between two runs."""
    sides = compare_run(read_run(first)), compare_run(read_run(second))
    changed = compare_runs(*sides)
    return {
        "differences": len(changed.differences),
        "effects": [_plain(one) for one in changed.effects],
        "levels": [_plain(one) for one in changed.levels],
        "counters": [_plain(one) for one in changed.counters],
        "counters_alike": changed.counters_alike,
    }


def _plain(value: Any) -> Any:
    return json.loads(TypeAdapter(type(value)).dump_json(value))
