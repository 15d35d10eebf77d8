"""What is allowed and what is claimed: margins, budgets, accepted regressions, claims.

These are the values that verdicts use, as the file states them. A page or a function takes the
place of a scenario, so that all three are judged alike.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator
from pydantic.dataclasses import dataclass

from contract.config.complaints import nearest
from contract.config.sections import RULES, NonEmpty, Section
from contract.metrics import (
    BODIES,
    CALL_TIME,
    CAPACITY,
    GROWTHS,
    LATENCIES,
    MARGINS,
    MORE_IS_BETTER,
    OF_PROCESSES,
    OF_THE_RUN,
    Design,
)

BASE, HEAD = "base", "head"
"""The variants of a run that compares two revisions."""

EVERY = "*"
"""In budgets on revisions: every scenario, or every function."""

# A number in quotes, or `true` for a number, is a mistake where it decides a verdict.
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
_Limit = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
_Margin = Annotated[float, Field(gt=0, lt=1, strict=True)]
_Flag = Annotated[bool, Field(strict=True)]
# Reports write whether it is a page; its name is the scenario's.
_PageName = Annotated[str, PlainSerializer(bool, return_type=bool)]


@dataclass(frozen=True, config=RULES | {"json_schema_extra": {"required": ["metric"]}})
class Budget:
    """The worst allowed for one metric; exactly one of the limits is set."""

    scenario: str = ""
    """The scenario. Empty for a capacity, memory and descriptors, which all scenarios share.
    `*`, with `revisions`: each one. Where `page` or `function` is given, that name."""
    variant: str = ""
    """The variant that is limited. With `revisions`, always `head`."""
    metric: str = ""
    """What is limited, such as latency_s_p95, db_rows or stage_sign_s."""
    ratio_max: _Positive | None = None
    """The largest variant / baseline, dimensionless; 1.05 permits 5 % slower."""
    value_max: _Limit | None = None
    """The largest value, in the metric's own unit: seconds, bytes or a count."""
    reason: str = ""
    """Why this limit; shown where it is exceeded."""
    under_load: _Flag = False
    """Whether it is for runs under load (`versus load`); else it is for all others."""
    ratio_min: _Positive | None = None
    """Of a capacity and of events per second: the smallest variant / baseline."""
    value_min: _Positive | None = None
    """Of a capacity: the fewest arrivals per second; likewise the fewest events."""
    revisions: _Flag = False
    """Whether it is for runs that compare a revision with its base."""
    page: _PageName = ""
    """The page, instead of a scenario."""
    function: Annotated[str, Field(exclude=True)] = ""
    """The function of the suite, instead of a scenario; `*`, with `revisions`: each one."""
    undecided: Literal["inconclusive", "pass"] = "inconclusive"
    """What the gate makes of it where the run cannot decide it: `inconclusive`, or `pass` for one
    that is not required. Exceeded, it fails either way."""

    @model_validator(mode="after")
    def _named(self) -> "Budget":
        subject = self.page or self.function or self.scenario
        faults = (
            (
                (self.page and self.function) or self.scenario not in {"", subject},
                "give one of scenario, page and function.",
            ),
            (not self.metric, "key 'metric' is missing."),
            (
                self.revisions and (self.variant not in {"", HEAD} or self.under_load),
                "with revisions = true, neither variant nor under_load has a meaning.",
            ),
            (not self.revisions and not self.variant, "key 'variant' is missing."),
            (
                not self.revisions and subject == EVERY,
                f"{EVERY!r} is for budgets with revisions = true.",
            ),
            (
                self.function and (self.under_load or self.metric != CALL_TIME),
                f"a function has the metric {CALL_TIME}, and not under_load.",
            ),
            (
                self.page and (self.under_load or self.revisions),
                "a page has neither under_load nor revisions.",
            ),
            (
                self.metric == CAPACITY and (subject or not self.under_load),
                f"{CAPACITY} is of all scenarios, so no scenario, and under_load.",
            ),
            (
                self.metric in OF_PROCESSES and subject,
                f"{self.metric} is of all scenarios, so no scenario.",
            ),
            (
                self.metric in GROWTHS and self.ratio_max is not None,
                f"{self.metric} may be 0, so give value_max instead of ratio_max.",
            ),
            (not subject and self.metric not in OF_THE_RUN, "key 'scenario' is missing."),
        )
        for is_wrong, fault in faults:
            if is_wrong:
                raise ValueError(fault)
        # One name, whatever it is of, is what is judged.
        for name, value in (
            *(("scenario", subject), ("function", "")),
            ("variant", HEAD if self.revisions else self.variant),
        ):
            object.__setattr__(self, name, value)
        return self

    @model_validator(mode="after")
    def _one_limit(self) -> "Budget":
        most, least = (self.ratio_max, self.value_max), (self.ratio_min, self.value_min)
        if self.metric in MORE_IS_BETTER:
            if _count(least) != 1 or _count(most):
                raise ValueError(f"{self.metric} needs exactly one of ratio_min and value_min.")
        elif _count(least):
            those = " and ".join(sorted(MORE_IS_BETTER))
            raise ValueError(f"ratio_min and value_min are for {those} alone.")
        elif _count(most) != 1:
            raise ValueError("exactly one of ratio_max and value_max is needed.")
        return self

    @property
    def of_ratio(self) -> bool:
        """Whether it limits variant / baseline, and not a value of the variant itself."""
        return self.ratio_max is not None or self.ratio_min is not None

    @property
    def limit(self) -> float:
        """The one limit that is set, from above or from below."""
        limits = (self.ratio_max, self.value_max, self.ratio_min, self.value_min)
        return next(one for one in limits if one is not None)

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """What is limited; an accepted regression of the same key is about it."""
        return self.scenario, self.variant, self.metric, self.under_load

    @property
    def design(self) -> Design:
        """Which runs it is for."""
        if self.under_load:
            return "load"
        return "restarts" if self.revisions else "paired"


def _count(limits: tuple[float | None, ...]) -> int:
    return sum(limit is not None for limit in limits)


def _day(value: Any) -> Any:
    # TOML knows dates; the run's record, which is JSON, holds them as text.
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        value = date.fromisoformat(value)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("a day such as 2027-03-31 is needed")  # noqa: TRY004 - pydantic's
    return value


@dataclass(frozen=True, config=RULES, kw_only=True)
class Accepted:
    """A known regression, or another answer, that does not fail the gate until a day."""

    scenario: NonEmpty
    """The scenario, page or function of the budget that is exceeded; `*`, with `bodies`: each
    scenario."""
    variant: str = ""
    """The variant of that budget; of a budget on revisions, and with `bodies`, `head`."""
    metric: NonEmpty
    """The metric of that budget; `bodies`: answers that differ from the base's."""
    ratio_max: _Positive | None = None
    """variant / baseline up to which it is accepted; not with `bodies`, which have no ratio."""
    reason: Annotated[str, Field(pattern=r"\S")]
    """Why, and until what."""
    expires: Annotated[date, BeforeValidator(_day)]
    """The last day on which it is accepted, in UTC."""
    under_load: _Flag = False
    """Whether it is for runs under load; else it is for all others."""

    @model_validator(mode="after")
    def _bounded(self) -> "Accepted":
        of_bodies = self.metric == BODIES
        faults = (
            (
                of_bodies and (self.variant not in {"", HEAD} or self.under_load),
                f"{BODIES} are of two revisions: no variant but {HEAD!r}, and not under_load.",
            ),
            (
                of_bodies and self.ratio_max is not None,
                f"{BODIES} have no ratio, so no ratio_max.",
            ),
            (not of_bodies and not self.variant, "key 'variant' is missing."),
            (not of_bodies and self.ratio_max is None, "key 'ratio_max' is missing."),
            (
                not of_bodies and self.scenario == EVERY,
                f"{EVERY!r} is for {BODIES}; name the scenario whose regression is known.",
            ),
        )
        for is_wrong, fault in faults:
            if is_wrong:
                raise ValueError(fault)
        object.__setattr__(self, "variant", HEAD if of_bodies else self.variant)
        return self

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """Which budgets it is about: those of the same key."""
        return self.scenario, self.variant, self.metric, self.under_load


@dataclass(frozen=True, config=RULES)
class Claim:
    """A prediction, written before measuring; it never fails a gate."""

    id: NonEmpty
    """A short name, such as file-list-latency."""
    text: NonEmpty
    """What is claimed, in words."""
    source: NonEmpty
    """Where the claim comes from."""
    scenario: str = ""
    """The scenario. Where `page` is given, that name."""
    variant: str = ""
    """The variant that is claimed to differ from the baseline."""
    metric: str = ""
    """The metric that is claimed to change."""
    ratio_expected: Annotated[float, Field(ge=0, lt=1, strict=True)] | None = None
    """The claimed variant / baseline; 0.30 states 70 % less."""
    not_measured: str = ""
    """Why a run cannot test it; then scenario, variant, metric and ratio_expected are left out."""
    page: _PageName = ""
    """The page, instead of a scenario."""

    @model_validator(mode="after")
    def _measured_or_not(self) -> "Claim":
        if self.page and self.scenario not in {"", self.page}:
            raise ValueError("a claim is of a scenario or of a page.")
        object.__setattr__(self, "scenario", self.page or self.scenario)
        stated = (self.scenario, self.variant, self.metric)
        whole = all(stated) and self.ratio_expected is not None
        nothing = not any(stated) and self.ratio_expected is None
        if not (nothing if self.not_measured else whole):
            raise ValueError(
                "either scenario, variant, metric and ratio_expected are needed, or not_measured."
            )
        return self


@dataclass(frozen=True, config=RULES)
class Interaction:
    """Two changes that are measured alone and together; names of variants."""

    first: NonEmpty
    """The variant with the first change alone."""
    second: NonEmpty
    """The variant with the second change alone."""
    both: NonEmpty
    """The variant with both changes."""

    @model_validator(mode="after")
    def _three(self) -> "Interaction":
        if len(set(self.variants)) < 3:
            raise ValueError("first, second and both are three different variants.")
        return self

    @property
    def variants(self) -> tuple[str, str, str]:
        """All three, beside the baseline."""
        return self.first, self.second, self.both


def _margins(stated: Any) -> Any:
    if isinstance(stated, dict):
        for metric in stated:
            if metric not in _MARGIN_KEYS:
                raise ValueError(f"unknown key {metric!r}; {nearest(metric, _MARGIN_KEYS)}")
        return {**MARGINS, **stated}
    return stated


_MARGIN_KEYS = tuple(dict.fromkeys((*LATENCIES, *MARGINS)))


class Settings(Section):
    """How a run is judged."""

    margins: Annotated[
        dict[str, _Margin],
        BeforeValidator(_margins),
        Field(json_schema_extra={"propertyNames": {"enum": list(_MARGIN_KEYS)}}),
    ] = Field(default_factory=lambda: dict(MARGINS))
    """Effects within a factor of 1 + margin count as none, by metric: 0.03 for 3 %. A metric
    without a margin takes that of latency_s_p50."""
    budgets: tuple[Budget, ...] = ()
    """The worst allowed, one table for each limit; the gate fails where one is exceeded."""
    accepted: tuple[Accepted, ...] = ()
    """Known regressions that do not fail the gate for a while."""
    claims: tuple[Claim, ...] = ()
    """Predictions, compared with what was measured."""
    interactions: tuple[Interaction, ...] = ()
    """Pairs of changes whose common effect is compared with that of each alone."""
