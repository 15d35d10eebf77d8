"""A pytest-benchmark suite and the variants it is measured in: plain values."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True)
class SuiteVariant:
    """What a variant's processes differ by.

    Attributes:
        parameters: of the suite's tests, by name; those with another value are left out.
        environment: variables, beside this process's own.
        python: the interpreter that has the suite's packages.
        cwd: where it runs; None for here.
    """

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    cwd: Path | None = None

    @property
    def difference(self) -> tuple[object, ...]:
        """What makes it another variant."""
        parts = (self.parameters, self.environment)
        return *(tuple(sorted(part.items())) for part in parts), self.python, self.cwd


@dataclass(frozen=True)
class Suite:
    """A suite in its variants, the baseline first.

    Attributes:
        without: parts of the names of benchmarks that are left out.
        pure: files of it, or tests as pytest names them, whose instructions can be counted: what
            they call does the same work whenever it is called.
    """

    path: str
    variants: tuple[SuiteVariant, ...]
    without: tuple[str, ...] = ()
    pure: tuple[str, ...] = ()

    @property
    def by_parameters(self) -> bool:
        """Whether variants differ by parameters alone."""
        return len({one.difference[1:] for one in self.variants}) == 1

    def distinct(self) -> "Suite":
        """Without the variants in which nothing differs from the baseline."""
        baseline = self.variants[0]
        others = [one for one in self.variants[1:] if one.difference != baseline.difference]
        return replace(self, variants=(baseline, *others))


class SuiteError(Exception):
    """What was asked of a suite cannot be meant; the message says what to write instead."""


def parse_variant(name: str, words: Sequence[str]) -> SuiteVariant:
    """A variant as a person types it: `codec=old` is a parameter, `env:CACHE=0` a variable.

    Raises:
        SuiteError: a word is neither.
    """
    parameters: dict[str, str] = {}
    environment: dict[str, str] = {}
    for word in words:
        stated, into = word, parameters
        if word.startswith("env:"):
            stated, into = word.removeprefix("env:"), environment
        key, equals, value = stated.partition("=")
        if not equals or not key.isidentifier():
            raise SuiteError(
                f"{word!r} says nothing of {name}. Write NAME=VALUE for a parameter of the tests, "
                "or env:NAME=VALUE for a variable of the environment."
            )
        into[key] = value
    return SuiteVariant(name, parameters, environment)
