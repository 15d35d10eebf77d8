"""What answers say, in words: where they differ, what they gained, what is not compared.

Values come from a service; they were bounded and cleaned of secrets before they were recorded.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reports import units

_Facts = Mapping[str, Any]
_PLACES_SHOWN_MAX = 3


def differ(facts: _Facts) -> str:
    """Where two revisions, or variants, answer differently."""
    rounds = f"in {facts['differing']:,} of {units.count_of(facts['rounds'], 'rounds')}"
    if facts["only_more"]:
        fields = f"{', '.join(_fields(facts))}{_more(facts)}"
        return f'answers gained fields {rounds}, and added_fields is "fail": {fields}'
    return f"answers differ {rounds}{_where(facts)}"


def differ_in_variants(facts: _Facts) -> str:
    """The same of variants, which answer alike."""
    rounds = f"in {facts['differing']:,} of {units.count_of(facts['rounds'], 'rounds')}"
    return f"the variants answered with different bodies {rounds}{_where(facts)}"


def differ_elsewhere(facts: _Facts) -> str:
    """Of answers that differ only where nothing is compared, such as the first after a start."""
    return f"answers differ outside the compared rounds, such as after a start{_where(facts)}"


def gained(facts: _Facts) -> str:
    """Which fields a revision's answers have beside those of its base."""
    return f"answers gained fields: {', '.join(_fields(facts))}{_more(facts)} (allowed)"


def not_compared(facts: _Facts) -> str:
    """Why the answers of a scenario are not compared at all."""
    return f"answers are not compared: {facts['why']}{_advice(facts['ignore'])}"


def noisy(facts: _Facts) -> str:
    """Which places of answers are not compared."""
    return (
        f"two answers of one revision differ at {_named(facts['places'])}, so this is not compared"
        f"{_advice(facts['ignore'])}"
    )


def _place(where: str, before: str, after: str) -> str:
    return f"{where}: {before} / {after}" if before or after else where


def _where(facts: _Facts) -> str:
    """Places with both values, the baseline's first; empty in runs that did not look."""
    places = [_place(*place) for place in facts["places"][:_PLACES_SHOWN_MAX]]
    return f": {', '.join(places)}{_more(facts)}" if places else ""


def _fields(facts: _Facts) -> list[str]:
    return [where for where, _, _ in facts["places"][:_PLACES_SHOWN_MAX]]


def _named(places: Sequence[str]) -> str:
    shown = places[:_PLACES_SHOWN_MAX]
    more = len(places) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more places' if more else ''}"


def _more(facts: _Facts) -> str:
    more = facts["count"] - min(len(facts["places"]), _PLACES_SHOWN_MAX)
    if more <= 0:
        return ""
    at_least = "" if facts["counted_all"] else "at least "
    return f" and {at_least}{more:,} more"


def _advice(ignore: str) -> str:
    return f"; to make them equal: ignore = '{ignore}'" if ignore else ""
