"""A whole run, compared."""

from collections.abc import Iterator
from dataclasses import dataclass

from contract.metrics import Design, Kind
from reports.effects.capacity import LoadComparison
from reports.effects.closed_loop import Throughput
from reports.effects.functions import Functions
from reports.effects.memory import Memory
from reports.effects.pages import LoadedPages
from reports.effects.reasons import Name, Reason
from reports.effects.shapes import (
    CounterEffect,
    Effect,
    MissingMetric,
    State,
    SubjectComparison,
)

SERVED: tuple[Kind, ...] = ("request", "page")
"""What the service does for a client."""


@dataclass(frozen=True)
class Comparison:
    """A whole run, compared.

    Attributes:
        design: how requests were scheduled.
        state: the worst of what the record states and what its observations show.
        reasons: why it is not complete.
        warnings: doubts that do not invalidate it.
        notes: what else to know about it, which is no doubt.
        confidence: of each primary interval, so that together they reach 99 %.
        confidence_canary: of each interval of a canary, so that those together reach 99 %.
        load: of a run under load, else None.
        functions: of a suite, if one was measured.
        pages: of a browser, if it loaded any.
        memory: of the service's processes, if it could be read.
        throughputs: where users of a Locust file sent.
    """

    baseline: str
    variants: tuple[str, ...]
    state: State
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    confidence: float
    confidence_canary: float
    scenarios: tuple[SubjectComparison, ...]
    design: Design = "paired"
    load: LoadComparison | None = None
    functions: Functions | None = None
    pages: LoadedPages | None = None
    notes: tuple[Reason, ...] = ()
    memory: Memory | None = None
    throughputs: tuple[Throughput, ...] = ()

    @property
    def invalid_scenarios(self) -> frozenset[str]:
        """Scenarios of variants that prove nothing, because their answers differ.

        Scenarios take turns, so the others stay what they are. Empty where the whole run is valid,
        or the whole of it is not.
        """
        names = frozenset(one.subject for one in self.reasons)
        alone = all(one.name is Name.BODIES_DIFFER for one in self.reasons)
        partly = alone and self.design == "paired" and len(names) < len(self.scenarios)
        return names if partly else frozenset()

    @property
    def judged(self) -> bool:
        """Whether any of its verdicts may be believed as they are."""
        return self.state is State.COMPLETE or bool(self.invalid_scenarios)

    def subjects(self, kinds: tuple[Kind, ...] = SERVED) -> Iterator[SubjectComparison]:
        """Scenarios, then pages."""
        if "request" in kinds:
            yield from self.scenarios
        if "page" in kinds and self.pages:
            yield from self.pages.pages

    def effects(self, *kinds: Kind) -> tuple[Effect, ...]:
        """Every effect of these kinds, subject by subject; of requests where none is named."""
        kinds = kinds or ("request",)
        functions = self.functions.effects if self.functions and "function" in kinds else ()
        served = (effect for one in self.subjects(kinds) for effect in one.effects)
        return *served, *functions

    def counters(self, *kinds: Kind) -> tuple[CounterEffect, ...]:
        """Every counter of these kinds, subject by subject; of requests where none is named."""
        kinds = kinds or ("request",)
        return tuple(counter for one in self.subjects(kinds) for counter in one.counters)

    def missing(self) -> tuple[MissingMetric, ...]:
        """Everything that could not be compared, scenario by scenario, then page by page."""
        return tuple(each for one in self.subjects() for each in one.missing)
