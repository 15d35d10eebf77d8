"""Answers as flat mappings, so that numbers can be compared while the shapes change.

`extract` takes an answer of any shape that was ever recorded or is made today and returns
`{(kind, subject, variant, metric, field): number, word or None}`. Names of kinds and fields are
those of version 6 of comparison.json, whatever later versions call them. Sentences are left out;
of reasons and warnings the number counts.

When the shape of comparison.json changes, its version changes: add an extractor for the new version
here and keep the old one, which reads the recorded answers.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Key = tuple[str, str, str, str, str]
Flat = dict[Key, float | str | None]

_COUNTED = {"warnings", "notes", "reasons", "unchecked", "files_changed"}
# Who and what a row is about stands in its key; sentences are not compared.
_LEFT_OUT = {
    *("scenario", "variant", "metric", "function", "name", "request", "description", "ended"),
    *("note", "text", "source", "reason", "browser", "suite", "path", "group", "strategy", "along"),
}


def extract(answer: Mapping[str, Any]) -> Flat:
    """The flat mapping of an answer, by the extractor of its shape."""
    version = answer.get("schema_version", 6)
    if version in {
        8,
        9,
        10,
        11,
        12,
        13,
        14,
    }:  # 9 to 14 add what no earlier answer has, and rename a metric.
        answer = _as_version_6(answer)
    elif version not in {6, 7}:  # 7 differs from 6 only in what README.md lists as dropped.
        raise ValueError(f"no extractor for version {version} of comparison.json")
    if "levels" in answer:
        return _changes(answer)
    flat = _Flat()
    _comparison(flat, answer.get("comparison", answer))
    _judgement(flat, answer)
    return flat.rows


def _as_version_6(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Versions 8 to 14 by the names of version 6; see `COMPARISON_VERSION` for what changed."""
    renamed = dict(answer)
    compared = dict(renamed.pop("comparison", renamed))
    if "scenarios" in compared:
        compared["scenarios"] = [_subject_6(one) for one in compared["scenarios"]]
    if compared.get("pages"):
        pages = [_subject_6(one) for one in compared["pages"]["pages"]]
        compared["pages"] = {**compared["pages"], "pages": pages}
    if "judgement" in renamed:
        outcomes = [
            {**_without(one, "notes"), "budget": _budget_6(one["budget"])}
            for one in renamed["judgement"]["outcomes"]
        ]
        renamed["judgement"] = {**renamed["judgement"], "outcomes": outcomes}
    renamed["claims"] = [_without(one, "notes") for one in renamed.get("claims", ())]
    renamed["interactions"] = [
        {**_without(one, "stated"), "asked": one["stated"]}
        for one in renamed.get("interactions", ())
    ]
    return {**renamed, "comparison": compared, "schema_version": 6}


def _budget_6(budget: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answers that differ were `bodies_differing`."""
    return {**budget, "metric": "bodies_differing"} if budget["metric"] == "bodies" else budget


def _subject_6(compared: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = ("effects", "counters", "deliveries", "rounds", "rounds_left_out", "warnings")
    subject = compared["subject"]
    rows = [
        {**_without(one, "rounds_missing"), "rounds_lacking": one["rounds_missing"]}
        for one in compared["missing"]
    ]
    found = {"name": subject["name"], "lacks": rows, **{name: compared[name] for name in kept}}
    # Version 9 tells of connections, which no recorded run knows.
    found["deliveries"] = [_without(one, "connections", "notes") for one in found["deliveries"]]
    if compared["kind"] == "page":
        return found
    more = ("rounds_silent", "round_s", "rounds_bodies_differ", "unchecked", "stages")
    planned = {name: subject[name] for name in ("canary", "budget_s", "objective_s")}
    return {
        **found,
        **planned,
        "rounds_planned": subject["rounds_max"],
        **{name: compared[name] for name in (*more, "shift_functions", "timeline")},
        # Version 14 names quantiles, which no recorded answer has.
        "curves": [_without(one, "quantiles") for one in compared["curves"]],
    }


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}


class _Flat:
    """Collects rows; no key may come twice."""

    def __init__(self) -> None:
        self.rows: Flat = {}

    def put(
        self, kind: str, subject: str, variant: str, metric: str, row: Any, within: str = ""
    ) -> None:
        """Add a row's fields; nested ones are called `before.low`, those of a list `name.0`."""
        for field, value in _leaves(row, within):
            key = (kind, subject, variant, metric, field)
            if key in self.rows:
                raise ValueError(f"{key} comes twice")
            self.rows[key] = value

    def effects(self, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows that say themselves what they are about."""
        for row in rows:
            self.put(kind, row["scenario"], row["variant"], row["metric"], row)


def _leaves(value: Any, name: str) -> Iterable[tuple[str, float | str | None]]:
    last = name.rpartition(".")[2]
    if last in _LEFT_OUT:
        return
    if last in _COUNTED:
        yield f"{name}.count", len(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{name}.{key}" if name else key)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{name}.{index}")
    else:
        # JSON has no infinite numbers: comparison.json writes null for them.
        infinite = isinstance(value, float) and not math.isfinite(value)
        yield name, None if infinite else value


def _comparison(flat: _Flat, found: Mapping[str, Any]) -> None:
    """Everything that was compared."""
    for field in ("baseline", "variants", "state", "reasons", "warnings", "design"):
        if field in found:
            flat.put("run", "", "", "", found[field], field)
    for field in ("confidence", "confidence_canary"):
        if field in found:
            flat.put("run", "", "", "", found[field], field)
    for scenario in found.get("scenarios", ()):
        _scenario(flat, scenario)
    pages = found.get("pages") or {"pages": []}
    if "confidence" in pages:
        flat.put("run", "", "", "", pages["confidence"], "confidence_pages")
    for page in pages["pages"]:
        _tables(flat, "page", page)
    if found.get("load"):
        _load(flat, found["load"])
    if found.get("functions"):
        _functions(flat, found["functions"])


def _reported(parts: Sequence[Any]) -> Sequence[Any]:
    """No part where the service reported none: what is outside was then made of nothing."""
    return parts if any(median_s > 0 for _, median_s in parts[:-1]) else ()


def _scenario(flat: _Flat, scenario: Mapping[str, Any]) -> None:
    name = scenario["name"]
    _tables(flat, "scenario", scenario)
    for one in scenario["stages"]:
        flat.put("stages", name, one["variant"], "", one["latency_s"], "latency_s")
        for stage, median_s in _reported(one["parts"]):
            flat.put("stages", name, one["variant"], stage, median_s, "median_s")
    for one in scenario["curves"]:
        flat.put("curve", name, one["variant"], "", one)
    for one in scenario["shift_functions"]:
        flat.put("shift", name, one["variant"], "", one)
    timeline = scenario["timeline"]
    if timeline:
        flat.put("timeline", name, "", "", timeline["start_s"], "start_s")
        flat.put("timeline", name, "", "", timeline["rounds"], "rounds")
        for field in ("medians_s", "ratios"):
            for variant, values in timeline[field]:
                flat.put("timeline", name, variant, "", values, field)


def _tables(flat: _Flat, kind: str, subject: Mapping[str, Any]) -> None:
    """What scenarios and pages have alike, and their own numbers."""
    tables = {"effects", "counters", "lacks", "deliveries", "stages", "curves", "timeline"}
    own = {
        field: value
        for field, value in subject.items()
        if field not in {*tables, "shift_functions", "primary"}
    }
    flat.put(kind, subject["name"], "", "", own)
    flat.effects("effect", subject["effects"])
    flat.effects("counter", subject["counters"])
    flat.effects("lack", subject["lacks"])
    for one in subject["deliveries"]:
        # What an error said is a sentence; how often each was met is a number.
        counts = [times for _, times in one["kinds"]]
        flat.put("delivery", subject["name"], one["variant"], "", {**one, "kinds": counts})


def _load(flat: _Flat, load: Mapping[str, Any]) -> None:
    for field in ("rate_per_s", "blocks", "samples_missing", "lag_s_p99"):
        flat.put("run", "", "", "load", load[field], field)
    for one in load["capacities"]:
        flat.put("capacity", "", one["variant"], "", one)
    for one in load["ratios"]:
        flat.put("capacity ratio", "", one["variant"], "", one)
    for one in load["workers"]:
        flat.put("worker", str(one["number"]), "", "", one)


def _functions(flat: _Flat, functions: Mapping[str, Any]) -> None:
    flat.put("run", "", "", "functions", functions["pairs"], "pairs")
    flat.put("run", "", "", "functions", functions["files_changed"], "files_changed")
    flat.effects("effect", functions["effects"])
    for one in functions["levels"]:
        flat.put("level", one["name"], one["strategy"], "", one)
    for one in functions["growths"]:
        flat.put("growth", f"{one['along']} by {one['axis']}", one["strategy"], "", one)


def _judgement(flat: _Flat, answer: Mapping[str, Any]) -> None:
    """Everything that was decided."""
    judgement = answer.get("judgement", {"outcomes": ()})
    if "exit_code" in judgement:
        flat.put("run", "", "", "", judgement["exit_code"], "exit_code")
    evidence = answer.get("evidence", [{}] * len(judgement["outcomes"]))
    for one, more in zip(judgement["outcomes"], evidence, strict=True):
        flat.put("outcome", *_budget(one["budget"]), {**one, "budget": {}, **more})
    for field in ("fail_e", "pass_e", "differences"):
        if field in answer:
            flat.put("run", "", "", "together", answer[field], field)
    for one in answer.get("claims", ()):
        flat.put("claim", one["claim"]["id"], "", "", {**one, "claim": {}})
    for one in answer.get("acceptances", ()):
        flat.put("acceptance", *_budget(one["budget"]), one["standing"], "standing")
    for one in answer.get("interactions", ()):
        asked = "+".join(one["asked"][name] for name in ("first", "second", "both"))
        flat.put("interaction", one["scenario"], asked, "", {**one, "asked": {}})


def _budget(budget: Mapping[str, Any]) -> tuple[str, str, str]:
    """Subject, variant and metric, with the limit: there may be several of one metric."""
    limits = ("ratio_max", "value_max", "ratio_min", "value_min")
    limit = next(name for name in limits if budget[name] is not None)
    return (
        budget["scenario"],
        budget["variant"],
        f"{budget['metric']}, {limit} {budget[limit]:g}",
    )


def _changes(answer: Mapping[str, Any]) -> Flat:
    """How two runs differ."""
    flat = _Flat()
    for field in ("differences", "counters_alike"):
        flat.put("run", "", "", "", answer[field], field)
    flat.effects("changed effect", answer["effects"])
    flat.effects("changed level", answer["levels"])
    flat.effects("changed counter", answer["counters"])
    return flat.rows
