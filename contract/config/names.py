"""Whether budgets, accepted regressions, claims and interactions name what there is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from contract.config.complaints import limit_name, nearest
from contract.config.defaults import default_budgets
from contract.config.judging import EVERY, HEAD, Accepted, Budget, Claim, Interaction, Settings
from contract.metrics import (
    BODIES,
    CALL_TIME,
    METRICS,
    MORE_IS_BETTER,
    OF_PROCESSES,
    OF_THE_RUN,
    page_metrics,
    request_metrics,
)

_EntryT = TypeVar("_EntryT")
_COLUMNS = {metric.source for metric in METRICS}


@dataclass(frozen=True)
class Names:
    """The names that may be used.

    Attributes:
        variants: the suite's own among them.
        pages: and the marks that each one sets.
        stages, counters: that are recorded of every request.
    """

    baseline: str
    variants: Collection[str]
    scenarios: Collection[str]
    pages: Mapping[str, Sequence[str]]
    stages: Sequence[str]
    counters: Sequence[str]

    def check(self, settings: Settings) -> None:
        """Check every name in the settings.

        Raises:
            ValueError: a name is unknown, or an entry compares the baseline with itself or repeats
                another; the message is one line and names the entry.
        """
        for where, budget in _titled("budgets", settings.budgets):
            self._check_budget(where, budget)
        for where, accepted in _titled("accepted", settings.accepted):
            self._check_accepted(where, accepted, self._limits(accepted, settings.budgets))
        for index, (where, accepted) in enumerate(_titled("accepted", settings.accepted)):
            if accepted.key in [one.key for one in settings.accepted[:index]]:
                raise ValueError(f"{where}: accepts what an earlier one does; keep one of them.")
        for claim in settings.claims:
            if not claim.not_measured:
                self._check_claim(f"claims {claim.id!r}", claim)
        for where, interaction in _titled("interactions", settings.interactions):
            self._check_interaction(where, interaction)

    def _check_budget(self, where: str, budget: Budget) -> None:
        self._check_subject(where, budget)
        # A revision's variants are not the configuration's.
        if not budget.revisions:
            _check_known(where, "variant", budget.variant, self.variants)
        if budget.of_ratio and budget.variant == self.baseline:
            instead = "value_min" if budget.metric in MORE_IS_BETTER else "value_max"
            raise ValueError(
                f"{where}: the baseline against itself is always 1; give it {instead}, or name "
                "another variant."
            )

    def _check_claim(self, where: str, claim: Claim) -> None:
        self._check_subject(where, claim)
        if claim.metric in MORE_IS_BETTER:
            raise ValueError(
                f"{where}: a claim is about what becomes less, and more of {claim.metric} is "
                "better; claim one of its times instead."
            )
        _check_known(where, "variant", claim.variant, self.variants)
        self._check_not_baseline(where, claim.variant)

    def _check_not_baseline(self, where: str, variant: str) -> None:
        if variant == self.baseline:
            raise ValueError(
                f"{where}: the baseline against itself is always 1; name another variant."
            )

    def _check_subject(self, where: str, entry: Budget | Claim) -> None:
        # Which functions a suite has, only its own processes know.
        if entry.metric in OF_THE_RUN | {CALL_TIME}:
            return
        if entry.page:
            _check_known(where, "page", entry.page, self.pages)
            metrics = page_metrics(self.pages[entry.page])
        else:
            if entry.scenario != EVERY:
                _check_known(where, "scenario", entry.scenario, self.scenarios)
            metrics = request_metrics(_COLUMNS, self.stages, self.counters)
        _check_known(where, "metric", entry.metric, [metric.name for metric in metrics])

    def _limits(self, entry: Accepted, budgets: Sequence[Budget]) -> Sequence[Budget]:
        """The budgets that a regression may be accepted of: of a revision also the default ones."""
        if entry.variant != HEAD or any(budget.revisions for budget in budgets):
            return budgets
        return [*budgets, *(Budget(**stated) for stated in default_budgets(self.counters))]

    def _check_accepted(self, where: str, entry: Accepted, budgets: Sequence[Budget]) -> None:
        if entry.metric in MORE_IS_BETTER:
            raise ValueError(
                f"{where}: {entry.metric} is limited from below, so it has no ratio_max; lower its "
                "budget instead."
            )
        if entry.metric in OF_PROCESSES:
            raise ValueError(f"{where}: {entry.metric} has no scenario; raise its budget instead.")
        if entry.metric == BODIES:
            if entry.scenario != EVERY:
                _check_known(where, "scenario", entry.scenario, self.scenarios)
            return
        self._check_not_baseline(where, entry.variant)
        if any(self._is_about(entry, budget) for budget in budgets):
            return
        for what in ("scenario", "variant", "metric"):
            name, names = getattr(entry, what), {getattr(budget, what) for budget in budgets} - {""}
            if what == "scenario" and EVERY in names:
                names = {*(names - {EVERY}), *self.scenarios}
            if names and name not in names:
                raise ValueError(
                    f"{where}: no budget limits {what} {name!r}; {nearest(name, names)}"
                )
        kind = "under load" if entry.under_load else "at low load"
        raise ValueError(
            f"{where}: no budget limits {entry.metric} of {entry.variant!r} in {entry.scenario!r} "
            f"{kind}; what is not limited needs no acceptance."
        )

    def _is_about(self, entry: Accepted, budget: Budget) -> bool:
        """Whether a regression is accepted of what a budget limits, in its scenario or in each."""
        known = entry.scenario in self.scenarios or budget.metric == CALL_TIME
        of_each = budget.scenario == EVERY and known
        return entry.key == (entry.scenario if of_each else budget.scenario, *budget.key[1:])

    def _check_interaction(self, where: str, interaction: Interaction) -> None:
        for variant in interaction.variants:
            _check_known(where, "variant", variant, self.variants)
            if variant == self.baseline:
                raise ValueError(f"{where}: the baseline is what all three are compared with.")


def _titled(key: str, entries: Sequence[_EntryT]) -> Iterator[tuple[str, _EntryT]]:
    """Entries, and what to call them: by what they limit, by their number where two do the same."""
    names = [limit_name(vars(entry)) for entry in entries]
    for number, (name, entry) in enumerate(zip(names, entries, strict=True), 1):
        alone = name and names.count(name) == 1
        yield f"{key} {name!r}" if alone else f"{key} number {number}", entry


def _check_known(where: str, what: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        raise ValueError(f"{where}: unknown {what} {name!r}; {nearest(name, names)}")
