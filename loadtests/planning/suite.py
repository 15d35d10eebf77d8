"""A pytest-benchmark suite and the variants it is measured in: plain values."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from contract.errors import InputError


@dataclass(frozen=True)
class Tree:
    """A revision's files, from which its modules must come.

    Attributes:
        folder: holds them.
        instead_of: the working tree of the same repository.
    """

    folder: Path
    instead_of: Path


@dataclass(frozen=True)
class SuiteVariant:
    """What a variant's processes differ by.

    Attributes:
        parameters: of the suite's tests, by name; those with another value are left out.
        environment: variables, beside this process's own.
        python: the interpreter that has the suite's packages.
        cwd: where it runs; None for here.
        revision: what names its code: a branch, tag or commit; empty for the files as they are.
        tree: of that revision, once there is one.
    """

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    cwd: Path | None = None
    revision: str = ""
    tree: Tree | None = None

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
        files_changed: its own files that are not the same in all variants.
    """

    path: str
    variants: tuple[SuiteVariant, ...]
    without: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()

    @property
    def by_parameters(self) -> bool:
        """Whether variants differ by parameters alone."""
        return len({variant.difference[1:] for variant in self.variants}) == 1

    def distinct(self) -> "Suite":
        """Without the variants in which nothing differs from the baseline."""
        baseline = self.variants[0]
        others = [
            variant for variant in self.variants[1:] if variant.difference != baseline.difference
        ]
        return replace(self, variants=(baseline, *others))


class SuiteError(InputError):
    """What was asked of a suite cannot be meant; the message says what to write instead."""


def parse_variant(name: str, words: Sequence[str]) -> SuiteVariant:
    """A variant as a person types it.

    `codec=old` is a parameter, `env:CACHE=0` a variable, `rev:v1.2` a revision.

    Raises:
        SuiteError: a word is none of them.
    """
    parameters: dict[str, str] = {}
    environment: dict[str, str] = {}
    revision = ""
    for word in words:
        if word.startswith("rev:"):
            named = word.removeprefix("rev:")
            if not named or revision:
                raise SuiteError(
                    f"{word!r} says nothing of {name}. Write rev:NAME once, with a branch, tag or "
                    "commit."
                )
            revision = named
            continue
        stated, into = word, parameters
        if word.startswith("env:"):
            stated, into = word.removeprefix("env:"), environment
        key, equals, value = stated.partition("=")
        if not equals or not key.isidentifier():
            raise SuiteError(
                f"{word!r} says nothing of {name}. Write NAME=VALUE for a parameter of the tests, "
                "env:NAME=VALUE for a variable of the environment, or rev:NAME for a revision."
            )
        into[key] = value
    return SuiteVariant(name, parameters, environment, revision=revision)
