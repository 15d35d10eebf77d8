"""What is drawn before a scenario is sent, and expected values that hold some of it."""

import itertools
import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract.run.observation import Place
from loadtests.planning.drawing import random_of
from loadtests.planning.plan import Job
from loadtests.planning.rows import open_rows
from loadtests.planning.templates import (
    DRAWN,
    RANDOM,
    ROUND,
    UNIQUE,
    as_it_is,
    drawn_in,
    joined,
    template,
)

_DIGITS = string.digits + string.ascii_lowercase
_OWN_LENGTH, _COUNT_LENGTH = 7, 5
# Two processes of a thousand runs share 35 bits of chance with a probability of 2e-5.
_OWN = secrets.choice(string.ascii_lowercase) + "".join(
    secrets.choice(_DIGITS) for _ in range(_OWN_LENGTH - 1)
)
_COUNT = itertools.count()


def unique() -> str:
    """A text that no other call gives, in no other process: a letter, then 11 letters and digits.

    It grows after 60 million calls.
    """
    number, digits = next(_COUNT), ""
    while number or len(digits) < _COUNT_LENGTH:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return _OWN + digits


@dataclass(frozen=True)
class Drawn:
    """What one sending of a scenario draws.

    Attributes:
        row: index of its row; -1 without one.
        values: what fills gaps, by their names.
        unique: what `{unique}` stands for; empty where none does.
    """

    row: int = -1
    values: Mapping[str, str] = field(default_factory=dict)
    unique: str = ""

    def without_unique(self, body: bytes) -> bytes:
        """An answer to be compared: what differs each time is made alike."""
        return body.replace(self.unique.encode(), b"{unique}") if self.unique else body


NOTHING = Drawn()


class Drawer:
    """Draws for the scenarios of a job."""

    def __init__(self, job: Job) -> None:
        """Open and index files of rows.

        Raises:
            ConfigError: one has changed since it was checked.
        """
        self._seed = job.seed
        self._draws = [scenario.draws for scenario in job.scenarios]
        for draws in self._draws:
            open_rows(draws)
        # Of the round under way, which is the same for all variants.
        self._last = (-1, -1, NOTHING)

    def draw(self, place: Place) -> Drawn:
        """What fills the gaps of one sending."""
        number = place.round if place.draw is None else place.draw
        return self._number(place.scenario, number)

    def _number(self, scenario: int, number: int) -> Drawn:
        draws = self._draws[scenario]
        if draws is None:
            return NOTHING
        drawn = self.prepare(scenario, number)
        if UNIQUE not in draws.names:
            return drawn
        own = unique()
        return Drawn(drawn.row, {**drawn.values, UNIQUE: own}, own)

    def latest(self, scenario: int) -> Drawn:
        """What the round of a scenario draws that was prepared."""
        last_scenario, number, _ = self._last
        return self._number(scenario, number if last_scenario == scenario else 0)

    def prepare(self, scenario: int, number: int) -> Drawn:
        """What all variants of a round draw; kept until another is asked for."""
        draws = self._draws[scenario]
        if draws is None:
            return NOTHING
        last_scenario, last_number, drawn = self._last
        if (last_scenario, last_number) == (scenario, number):
            return drawn
        values = {}
        if ROUND in draws.names:
            values[ROUND] = str(number)
        if RANDOM in draws.names:
            values[RANDOM] = str(random_of(self._seed, scenario, number))
        row = draws.row(self._seed, scenario, number)
        if draws.rows:
            values |= draws.rows.values(row)
        drawn = Drawn(row, values)
        self._last = scenario, number, drawn
        return drawn


class LoneText(str):
    """The text of an expected value that is nothing but a gap: also a number or boolean fits it."""

    __slots__ = ()

    def fits(self, value: float) -> bool:
        """Whether a number or boolean reads as this text: 7 as "7" or "7.0", true as "true"."""
        try:
            own = json.loads(self)
        except (ValueError, RecursionError):
            return False
        return isinstance(own, bool) == isinstance(value, bool) and bool(own == value)


def expected_with(value: Any, drawn: Mapping[str, str]) -> Any:
    """An expected value with its gaps filled."""
    if isinstance(value, dict):
        return {key: expected_with(part, drawn) for key, part in value.items()}
    if isinstance(value, list):
        return [expected_with(part, drawn) for part in value]
    if not isinstance(value, str):
        return value
    text = text_with(value, drawn)
    return LoneText(text) if DRAWN.fullmatch(value) else text


def text_with(text: str, drawn: Mapping[str, str]) -> str:
    """A text with its gaps filled."""
    return joined(template(text, drawn_in(text), as_it_is), drawn, as_it_is)
