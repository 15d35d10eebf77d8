"""Which answers differ that should be equal: a variant's own two, and those of two variants."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from contract.check import Difference
from contract.run.answers import DifferentPlace
from loadtests.checking.ignoring import propose_ignore
from loadtests.checking.places import Places, find_places
from loadtests.checking.sending import BODY_KEPT_BYTES_MAX, Sent
from loadtests.planning.expressions import Ignored
from loadtests.planning.plan import Plan

if TYPE_CHECKING:
    from loadtests.planning.pointers import Pointer

_Answers = Mapping[tuple[int, int], tuple[Sent, ...]]


def find_differences(
    plan: Plan, answers: _Answers, secrets: Sequence[str]
) -> tuple[Difference, ...]:
    """All differences, scenario by scenario; wrong answers are not compared.

    Args:
        plan: what was sent.
        answers: by index of scenario and variant.
        secrets: values that must not be shown.
    """
    return tuple(
        difference
        for index in range(len(plan.scenarios))
        for difference in _Comparing(plan, answers, secrets, index).differences()
    )


class _Comparing:
    """One scenario's answers."""

    def __init__(self, plan: Plan, answers: _Answers, secrets: Sequence[str], index: int) -> None:
        self._plan, self._secrets = plan, secrets
        self._scenario = plan.scenarios[index]
        self._ignored = Ignored.of(self._scenario.ignore)
        self._sent = [answers[index, variant] for variant in range(len(plan.variants))]
        # By number of the request in the sequence: places that differ anyway, and what to ignore.
        self._volatile: dict[int, set[Pointer]] = {}
        self._proposed: dict[int, Ignored | None] = {}

    def differences(self) -> Iterator[Difference]:
        """Volatile answers first: what differs anyway is no difference of variants."""
        right = [
            bool(sent) and not any(answer.observation.error for answer in sent)
            for sent in self._sent
        ]
        hashes = [[answer.observation.body_hash for answer in sent] for sent in self._sent]
        pairs = [
            variant
            for variant in range(1, len(self._sent))
            if right[0] and right[variant] and hashes[0] != hashes[variant]
        ]
        volatile = [
            self._volatile_of(variant, harmful=bool(pairs))
            for variant in range(len(self._sent))
            if right[variant] and len(set(hashes[variant])) > 1
        ]
        # What differs in one variant most often does in all.
        yield from [difference for difference in volatile if difference][:1]
        for variant in pairs:
            between = self._between(variant)
            if between:
                yield between

    def _volatile_of(self, variant: int, *, harmful: bool) -> Difference | None:
        first, second = self._sent[variant][0], self._sent[variant][-1]
        name = self._plan.variants[variant]
        differences = []
        for number, left, right in zip(count(1), first.bodies, second.bodies, strict=False):
            places = find_places(left, right, self._ignored, self._secrets)
            if not places.count:
                continue
            pointers = {pointer for pointer, _, _ in places.pointers}
            self._volatile.setdefault(number, set()).update(pointers)
            whole = first.whole and second.whole
            ignore = propose_ignore(left, right, self._scenario.ignore, places) if whole else ""
            self._proposed.setdefault(number, Ignored.of(ignore))
            differences.append(
                self._difference(name, name, number, places, ignore, harmful=harmful)
            )
        if differences:
            return differences[0]
        return self._behind(first, second, (name, name), harmful=harmful)

    def _between(self, variant: int) -> Difference | None:
        first, second = self._sent[0][-1], self._sent[variant][-1]
        names = self._plan.variants[0], self._plan.variants[variant]
        for number, left, right in zip(count(1), first.bodies, second.bodies, strict=False):
            pointers = frozenset(self._volatile.get(number, ()))
            ignored = self._proposed.get(number) or self._ignored
            if number in self._proposed and not pointers and ignored is self._ignored:
                continue  # It differs anyway, and nobody knows where else.
            places = find_places(left, right, ignored, self._secrets, pointers)
            if places.count:
                return self._difference(*names, number, places, "", harmful=True)
        return self._behind(first, second, names, harmful=True)

    def _behind(
        self, first: Sent, second: Sent, names: tuple[str, str], *, harmful: bool
    ) -> Difference | None:
        """A difference behind what was kept of long bodies."""
        alike = first.observation.body_hash == second.observation.body_hash
        if alike or (first.whole and second.whole):
            return None
        where = f"behind the first {BODY_KEPT_BYTES_MAX >> 20} MiB, or not kept"
        places = Places((DifferentPlace(where, "", ""),), 1, counted_all=False)
        return self._difference(*names, 1, places, "", harmful=harmful)

    def _difference(
        self, first: str, second: str, number: int, places: Places, ignore: str, *, harmful: bool
    ) -> Difference:
        return Difference(
            scenario=self._scenario.name,
            first=first,
            second=second,
            kind="volatile" if first == second else "variants",
            request=number,
            places=places.shown,
            count=places.count,
            counted_all=places.counted_all,
            ignore=ignore,
            harmful=harmful,
        )
