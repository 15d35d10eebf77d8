"""From a run's configuration to margins, budgets and claims; each mistake named with its remedy."""

import difflib
from collections.abc import Collection, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contract.run.pages import PAGE_COUNTS, PAGE_TIMES, mark_metric
from contract.run.record import RunRecord, stage_column
from reports.model import (
    CAPACITY,
    DEFAULT_MARGINS,
    EVERY,
    HEAD,
    LATENCIES,
    TIME,
    Budget,
    Claim,
    Interaction,
    ReportError,
    Settings,
)

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Limit = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Name = Annotated[str, Field(min_length=1)]


class Entry(BaseModel):
    """One table of the configuration; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _BudgetEntry(Entry):
    scenario: str = ""
    page: str = ""
    function: str = ""
    variant: str = ""
    metric: _Name
    ratio_max: _Positive | None = None
    value_max: _Limit | None = None
    reason: str = ""
    under_load: bool = False
    ratio_min: _Positive | None = None
    value_min: _Positive | None = None
    revisions: bool = False

    @model_validator(mode="after")
    def _of_something(self) -> "_BudgetEntry":
        if self.revisions and (self.variant or self.under_load):
            raise ValueError("with revisions = true, neither variant nor under_load has a meaning")
        if not self.revisions and not self.variant:
            raise ValueError("key 'variant' is missing")
        if not self.revisions and EVERY in {self.scenario, self.function}:
            raise ValueError(f"{EVERY!r} is for budgets with revisions = true")
        if self.function and (self.scenario or self.under_load or self.metric != TIME):
            raise ValueError(
                f"a function has the metric {TIME}, and neither scenario nor under_load"
            )
        if self.page and (self.scenario or self.function or self.under_load or self.revisions):
            raise ValueError("a page has neither scenario, function, under_load nor revisions")
        if self.metric == CAPACITY and (self.scenario or not self.under_load):
            raise ValueError(f"{CAPACITY} is of all scenarios, so no scenario, and under_load")
        if not (self.scenario or self.page or self.function or self.metric == CAPACITY):
            raise ValueError("key 'scenario' is missing")
        return self

    @model_validator(mode="after")
    def _one_limit(self) -> "_BudgetEntry":
        most, least = (self.ratio_max, self.value_max), (self.ratio_min, self.value_min)
        if self.metric == CAPACITY:
            if _count(least) != 1 or _count(most):
                raise ValueError(f"{CAPACITY} needs exactly one of ratio_min and value_min")
            return self
        if _count(least):
            raise ValueError(f"ratio_min and value_min are for {CAPACITY} alone")
        if _count(most) != 1:
            raise ValueError("exactly one of ratio_max and value_max is needed")
        return self

    def as_budget(self) -> Budget:
        """A function or page stands where a scenario would; no two of them share a name."""
        stated = self.model_dump(exclude={"function", "variant"})
        stated["scenario"] = self.page or self.function or self.scenario
        stated["page"] = bool(self.page)
        return Budget(**stated, variant=HEAD if self.revisions else self.variant)


def _count(limits: tuple[float | None, ...]) -> int:
    return sum(limit is not None for limit in limits)


class _ClaimEntry(Entry):
    id: _Name
    text: _Name
    source: _Name
    scenario: str = ""
    page: str = ""
    variant: str = ""
    metric: str = ""
    ratio_expected: Annotated[float, Field(ge=0, lt=1)] | None = None
    not_measured: str = ""

    @model_validator(mode="after")
    def _measured_or_not(self) -> "_ClaimEntry":
        if self.scenario and self.page:
            raise ValueError("a claim is of a scenario or of a page")
        asked = (self.scenario or self.page, self.variant, self.metric)
        whole = all(asked) and self.ratio_expected is not None
        nothing = not any(asked) and self.ratio_expected is None
        if not (nothing if self.not_measured else whole):
            raise ValueError(
                "either scenario, variant, metric and ratio_expected are needed, or not_measured"
            )
        return self

    def as_claim(self) -> Claim:
        """A page stands where a scenario would."""
        stated = self.model_dump()
        return Claim(**{**stated, "scenario": self.page or self.scenario, "page": bool(self.page)})


class _InteractionEntry(Entry):
    first: _Name
    second: _Name
    both: _Name

    @model_validator(mode="after")
    def _three(self) -> "_InteractionEntry":
        if len({self.first, self.second, self.both}) < 3:
            raise ValueError("first, second and both are three different variants")
        return self


EntryT = TypeVar("EntryT", bound=Entry)


def parse_settings(
    config: Mapping[str, Any],
    stages: Collection[str] | None = None,
    counters: Collection[str] | None = None,
) -> Settings:
    """Read `[margins]`, `[[budgets]]`, `[[claims]]` and `[[interactions]]` of a configuration.

    Args:
        config: the whole configuration; `variants` and `scenarios` name what may be judged.
        stages: the server stages that are recorded, None when not known yet.
        counters: the counters that are recorded, None when not known yet.

    Raises:
        ReportError: a key, name or number that cannot be meant; one line.
    """
    known = _Known(config, stages, counters)
    budgets = read_entries(config, "budgets", _BudgetEntry)
    claims = read_entries(config, "claims", _ClaimEntry)
    for index, budget in enumerate(budgets, 1):
        known.check(
            f"[[budgets]] number {index}",
            budget.scenario,
            budget.variant,
            budget.metric,
            page=budget.page,
        )
        of_ratio = budget.ratio_max is not None or budget.ratio_min is not None
        if of_ratio and budget.variant == known.baseline:
            instead = "value_min" if budget.metric == CAPACITY else "value_max"
            raise ReportError(
                f"[[budgets]] number {index}: the baseline against itself is always 1; "
                f"give it {instead}, or name another variant."
            )
    for index, claim in enumerate(claims, 1):
        if claim.not_measured:
            continue
        known.check(
            f"[[claims]] number {index}",
            claim.scenario,
            claim.variant,
            claim.metric,
            page=claim.page,
        )
        if claim.variant == known.baseline:
            raise ReportError(
                f"[[claims]] number {index}: the baseline against itself is always 1; "
                "name another variant."
            )
    interactions = read_entries(config, "interactions", _InteractionEntry)
    for index, one in enumerate(interactions, 1):
        for variant in (one.first, one.second, one.both):
            known.check_variant(f"[[interactions]] number {index}", variant)
    return Settings(
        margins=_margins(config),
        budgets=tuple(budget.as_budget() for budget in budgets),
        claims=tuple(claim.as_claim() for claim in claims),
        interactions=tuple(Interaction(**one.model_dump()) for one in interactions),
    )


def settings_of(record: RunRecord) -> Settings:
    """The settings a run carries in its configuration.

    Raises:
        ReportError: as `parse_settings`.
    """
    scenarios = [{"name": scenario.name} for scenario in record.scenarios]
    config = dict(record.config)
    for key, kinds, kind in (
        ("scenarios", (list, tuple), "a list of tables"),
        ("pages", (list, tuple), "a list of tables"),
        ("variants", (dict, list, tuple), "a table of tables"),
    ):
        if not isinstance(config.get(key, ()), kinds):
            raise ReportError(
                f"run {record.id}: its configuration's {key!r} is {config[key]!r}, {kind} was "
                "expected. Measure again."
            )
    # A run may have measured a part of what its configuration names; both are known names.
    config["scenarios"] = [*_named(config.get("scenarios")), *scenarios]
    config["variants"] = dict.fromkeys((*config.get("variants", ()), *record.variants))
    config["baseline"] = record.baseline
    return parse_settings(config, record.stages, record.counters)


def _named(scenarios: Any) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else {"name": one} for one in scenarios or ()]


class _Known:
    """The names a configuration may use."""

    def __init__(
        self,
        config: Mapping[str, Any],
        stages: Collection[str] | None,
        counters: Collection[str] | None,
    ) -> None:
        self.baseline = str(config.get("baseline", ""))
        self._scenarios = [str(one.get("name")) for one in _named(config.get("scenarios"))]
        self._variants = [*config.get("variants", ()), *config.get("suite_variants", ())]
        self._pages = {str(one.get("name")): one for one in _named(config.get("pages"))}
        self._metrics: list[str] | None = None
        if stages is not None and counters is not None:
            fixed = (*LATENCIES, "wire_bytes", "body_bytes")
            self._metrics = [*fixed, *map(stage_column, stages), *counters]

    def check_variant(self, where: str, variant: str) -> None:
        if variant not in self._variants:
            raise ReportError(
                f"{where}: unknown variant {variant!r}; {nearest(variant, self._variants)}"
            )
        if variant == self.baseline:
            raise ReportError(f"{where}: the baseline is what all three are compared with.")

    def check(
        self, where: str, scenario: str, variant: str, metric: str, *, page: str = ""
    ) -> None:
        asked: tuple[tuple[str, str, Collection[str] | None], ...] = (
            ("scenario", scenario, self._scenarios),
            ("variant", variant, self._variants),
            ("metric", metric, self._metrics),
        )
        if page:
            asked = (("page", page, self._pages), asked[1], ("metric", metric, self._told_of(page)))
        for what, name, names in asked:
            # Which functions a suite has, only its own processes know.
            if metric in {CAPACITY, TIME} and what != "variant":
                continue
            # A revision's variants are none of the configuration's.
            if (what == "variant" and not name) or (what == "scenario" and name == EVERY):
                continue
            if names is not None and name not in names:
                raise ReportError(f"{where}: unknown {what} {name!r}; {nearest(name, names)}")

    def _told_of(self, page: str) -> list[str]:
        """The metrics of a page."""
        marks = self._pages.get(page, {}).get("marks", ())
        told = map(mark_metric, map(str, marks)) if isinstance(marks, list | tuple) else ()
        return [*told, *PAGE_TIMES, *PAGE_COUNTS]


def nearest(name: str, names: Collection[str]) -> str:
    """What ends a complaint about a name: the one that was meant, or all there are."""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(names))}."


def _margins(config: Mapping[str, Any]) -> dict[str, float]:
    margins = config.get("margins", {})
    if not isinstance(margins, dict):
        raise ReportError("[margins]: a table of metric = ratio is needed, such as 0.03 for 3 %.")
    for metric, margin in margins.items():
        if metric not in DEFAULT_MARGINS:
            raise ReportError(f"[margins]: unknown key {metric!r}; {nearest(metric, LATENCIES)}")
        if type(margin) not in {int, float} or not 0 < margin < 1:
            raise ReportError(
                f"[margins]: {metric} = {margin!r}; a ratio between 0 and 1 is needed, "
                "such as 0.03 for 3 %."
            )
    return {**DEFAULT_MARGINS, **margins}


def read_entries(config: Mapping[str, Any], key: str, kind: type[EntryT]) -> list[EntryT]:
    """Read a list of tables.

    Raises:
        ReportError: naming the first mistake, in one line.
    """
    entries = config.get(key, [])
    if not isinstance(entries, list | tuple):
        raise ReportError(f"[[{key}]]: a list of tables is needed; write [[{key}]] above each one.")
    return [_entry(entry, f"[[{key}]] number {n}", kind) for n, entry in enumerate(entries, 1)]


def _entry(entry: Any, where: str, kind: type[EntryT]) -> EntryT:
    try:
        return kind.model_validate(entry)
    except ValidationError as invalid:
        error = invalid.errors()[0]
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        raise ReportError(f"{where}: unknown key {name!r}; {nearest(name, kind.model_fields)}")
    if error["type"] == "missing":
        raise ReportError(f"{where}: key {name!r} is missing.")
    said = error["msg"].removeprefix("Value error, ")
    found = f"{name} = {error['input']!r}: " if name else ""
    raise ReportError(f"{where}: {found}{said[0].lower()}{said[1:]}.")
