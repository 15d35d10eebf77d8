"""Everything that a run's comparison found, as one value, and as comparison.json."""

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from reports.effects.comparison import Comparison
from reports.effects.interactions import InteractionEffect
from reports.verdicts.accepted import Acceptance
from reports.verdicts.shapes import ClaimOutcome, Judgement

COMPARISON_VERSION = 14
"""Version of comparison.json.

1: first.
2: runs under load: `design`, `load`, and each scenario's `objective_s`; `acceptances`.
3: each scenario's `shift_functions`; how many requests of a delivery were the `first` of a round.
4: each effect's `p_adjusted`; the comparison's `functions`, of a suite.
5: the functions' `growths`, `revisions`, `files_changed` and `instructions`.
6: the comparison's `pages`, what a browser loaded.
7: the functions' `instructions` are gone.
8: scenarios and pages have one shape, which carries its `subject` whole; reasons, warnings and
   notes are a name with facts, no sentences; `lacks` are `missing`.
9: a delivery's `connections` and `notes`; the functions' `missing`.
10: each budget's `undecided`; an undecided outcome of one that is not required fails nothing.
11: each scenario's `new` and `answers`, `rounds_bodies_gained` and `alone`; the metric
    `bodies_differing` is `bodies`; an entry's `ratio_max` may be null; the functions' `changed` and
    `changed_imported`; the comparison's `notes`.
12: p95 of two revisions is primary; tails and means have rounds, blocks or pairs of starts as their
    units, and may be given `as_one_factor`; `too_few_rounds` is `too_few_units`; the comparison's
    `memory`; each scenario's `cpu` and `shape_changes`, and the reason `shape_changed`.
13: each scenario's `events`; of events per second, more is `faster`, and budgets are `ratio_min` or
    `value_min`; users in a closed loop: `users` of `load`, and the comparison's `throughputs`.
14: each curve's `quantiles`; the doubt `measured_together`.
"""


@dataclass(frozen=True)
class Findings:
    """Everything in comparison.json; an infinite end of an interval is null there."""

    schema_version: int
    run: str
    comparison: Comparison
    judgement: Judgement
    claims: tuple[ClaimOutcome, ...]
    acceptances: tuple[Acceptance, ...]
    interactions: tuple[InteractionEffect, ...] = ()


_WRITTEN = TypeAdapter(Findings)


def findings_json(findings: Findings) -> bytes:
    """The content of comparison.json."""
    # Escaped, no character of a name is a command to the terminal of whoever prints the file.
    return _WRITTEN.dump_json(findings, indent=1, ensure_ascii=True) + b"\n"


class _NullForInfinite(GenerateJsonSchema):
    def float_schema(self, schema: Any) -> dict[str, Any]:
        return {"anyOf": [super().float_schema(schema), {"type": "null"}]}


def findings_schema() -> dict[str, Any]:
    """The JSON Schema of comparison.json, which is published as docs/comparison.schema.json."""
    found = _WRITTEN.json_schema(mode="serialization", schema_generator=_NullForInfinite)
    return {"$schema": _NullForInfinite.schema_dialect, **found}
