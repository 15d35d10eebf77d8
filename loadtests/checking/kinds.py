"""Whether two answers say the same, or the second one more, or something else; and where.

One meaning for the first answers, before anything is measured, and for those of measured rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contract.run.answers import AnswerPair, DifferentPlace, Kind
from loadtests.checking.places import COUNT_MAX, PLACES_MAX, Places, find_places
from loadtests.planning.expressions import Ignored
from loadtests.planning.plan import Scenario
from loadtests.planning.pointers import Noise


@dataclass(frozen=True)
class Rules:
    """How a scenario's bodies are compared and shown.

    Attributes:
        ignored: what it matches is left out.
        noise: places that are not compared.
        secrets: values that must not be shown.
    """

    ignored: Ignored | None
    noise: tuple[Noise, ...]
    secrets: Sequence[str]

    @classmethod
    def of(cls, scenario: Scenario, secrets: Sequence[str]) -> "Rules":
        """Those of a scenario."""
        return cls(Ignored.of(scenario.ignore), scenario.noise, secrets)


@dataclass(frozen=True)
class Compared:
    """Two answers, compared.

    Attributes:
        places, count, counted_all: as of `Places`, of all requests of a sequence.
    """

    kind: Kind
    places: tuple[DifferentPlace, ...] = ()
    count: int = 0
    counted_all: bool = True


def compare_answers(first: Sequence[bytes], second: Sequence[bytes], rules: Rules) -> Compared:
    """Compare two right answers to one scenario.

    Args:
        first: decoded bodies of one answer, one for each request of the sequence.
        second: those of the other one.
        rules: what is compared, and what may be shown.
    """
    found = [
        (number, _places(left, right, number, rules))
        for number, (left, right) in enumerate(zip(first, second, strict=False), 1)
    ]
    different = [(number, places) for number, places in found if places.count]
    if not different:
        return Compared("equal")
    # What is more than new fields is shown first.
    different.sort(key=lambda one: one[1].gained)
    gained = all(places.gained for _, places in different)
    shown = [
        replace(place, where=f"request {number}, {place.where}") if len(found) > 1 else place
        for number, places in different
        for place in places.shown
    ]
    return Compared(
        "added" if gained else "different",
        tuple(shown[:PLACES_MAX]),
        min(COUNT_MAX, sum(places.count for _, places in different)),
        counted_all=all(places.counted_all for _, places in different),
    )


def _places(left: bytes, right: bytes, number: int, rules: Rules) -> Places:
    noise = [one for one in rules.noise if one.request == number]
    return find_places(left, right, rules.ignored, rules.secrets, noise=noise)


def line_about(scenario: str, pair: AnswerPair, baseline: str) -> str:
    """What a person should know of two answers while a run is under way; empty where equal."""
    if pair.kind == "equal":
        return ""
    if pair.kind == "added":
        fields = ", ".join(place.where for place in pair.places)
        return f"{scenario}: answers of {pair.variant} gained fields: {fields}"
    places = ", ".join(
        f"{place.where}: {place.before} / {place.after}" if place.before else place.where
        for place in pair.places
    )
    return f"{scenario}: {baseline} and {pair.variant} answer differently: {places}"
