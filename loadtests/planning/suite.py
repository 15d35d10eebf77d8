"""A pytest-benchmark suite and the variants it is measured in: plain values."""

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from contract.config.schema import Config
from contract.config.target import SuiteVariantConfig, VariantConfig
from contract.errors import InputError
from loadtests.errors import MeasureError
from loadtests.planning.templates import filled_in


@dataclass(frozen=True)
class Worktree:
    """A revision's files; the modules that are measured must come from there.

    Attributes:
        folder: holds them.
        repository: the working tree of the same repository, whose modules must not be imported.
    """

    folder: Path
    repository: Path


@dataclass(frozen=True)
class SuiteVariant:
    """What distinguishes a variant's processes.

    Attributes:
        parameters: values of the suite's test parameters; tests with another value are left out.
        environment: variables, added to this process's own.
        python: the interpreter that has the suite's packages.
        cwd: where it runs; None for the current folder.
        revision: a branch, tag or commit; empty for the working tree's files.
        worktree: of that revision, once it is checked out.
    """

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    cwd: Path | None = None
    revision: str = ""
    worktree: Worktree | None = None

    @property
    def difference(self) -> tuple[object, ...]:
        """Two variants with the same value are the same."""
        parts = (self.parameters, self.environment)
        return *(tuple(sorted(part.items())) for part in parts), self.python, self.cwd


@dataclass(frozen=True)
class Suite:
    """A suite in its variants, the baseline first.

    Attributes:
        excluded: tests whose names contain one of these texts are left out.
        files_changed: its own files that differ between the variants.
        changed: all files that differ between the variants' revisions, from the top folder.
    """

    path: str
    variants: tuple[SuiteVariant, ...]
    excluded: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()
    changed: frozenset[str] = frozenset()

    @property
    def by_parameters(self) -> bool:
        """Whether variants differ by parameters alone."""
        return len({variant.difference[1:] for variant in self.variants}) == 1

    def distinct(self) -> "Suite":
        """Without the variants that do not differ from the baseline."""
        baseline, *others = self.variants
        different = [other for other in others if other.difference != baseline.difference]
        return replace(self, variants=(baseline, *different))


def find_python(folder: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The Python that has a suite's packages: a project's own environment, else ours or PATH's.

    Args:
        folder: of the suite.
        environment: whose VIRTUAL_ENV counts first.

    Raises:
        SuiteError: there is none.
    """
    active = environment.get("VIRTUAL_ENV")
    homes = [Path(active)] if active else []
    homes += [one / name for one in (folder, *folder.parents) for name in (".venv", "venv")]
    for home in homes:
        python = home / "bin" / "python"
        if os.access(python, os.X_OK):
            return str(python)
    if find_spec("pytest_benchmark") is not None:
        return sys.executable
    found = shutil.which("python3", path=environment.get("PATH"))
    if found is None:
        raise SuiteError(
            "no Python for the suite: neither VIRTUAL_ENV, nor .venv beside or above it, nor a "
            "python3 on PATH. Pass --python path/to/python."
        )
    return found


class SuiteError(InputError):
    """A suite or variant that cannot be measured; the message says what to write instead."""


class ChoiceError(MeasureError):
    """A variant's parameters choose no test; the message says which ids there are."""


# A comma that begins another word; others belong to the value, and `\\,` always does.
_NEXT_WORD = re.compile(r"(?<!\\),(?=\s*(?:rev:|env:|[^\W\d]\w*=))")


def split_words(text: str) -> list[str]:
    """The words of a variant on a command line, which are separated by commas."""
    words = (word.strip().replace("\\,", ",") for word in _NEXT_WORD.split(text))
    return [word for word in words if word]


def parse_variant(name: str, words: Sequence[str], python: str = sys.executable) -> SuiteVariant:
    """A variant from a command line.

    `codec=old` is a parameter, `env:CACHE=0` a variable, `rev:v1.2` a revision.

    Args:
        name: of the variant.
        words: as above.
        python: that has the suite's packages.

    Raises:
        SuiteError: a word is none of them.
    """
    parameters: dict[str, str] = {}
    environment: dict[str, str] = {}
    revision = ""
    for word in words:
        kind, colon, rest = word.partition(":")
        if kind == "rev" and colon:
            if not rest or revision:
                raise SuiteError(
                    f"{name}: {word!r} is not valid. Write rev:NAME once, with a branch, tag or "
                    "commit."
                )
            revision = rest
            continue
        is_variable = kind == "env" and bool(colon)
        key, equals, value = (rest if is_variable else word).partition("=")
        if not equals or not key.isidentifier():
            raise SuiteError(
                f"{name}: {word!r} is not valid. Write NAME=VALUE for a parameter of the tests, "
                "env:NAME=VALUE for an environment variable, or rev:NAME for a revision."
            )
        (environment if is_variable else parameters)[key] = value
    return SuiteVariant(name, parameters, environment, python, revision=revision)


def suite_of(
    path: Path,
    config: Config,
    chosen: Mapping[str, VariantConfig],
    without: tuple[str, ...],
    environment: Mapping[str, str],
) -> Suite | None:
    """The suite in the variants that are measured, and in those that are its own.

    Raises:
        ConfigError: a variable of the environment is not set.
    """
    if config.target.suite is None:
        return None
    stated: dict[str, VariantConfig | SuiteVariantConfig] = {**chosen, **config.suite_variants}
    folder = path.absolute().parent
    python = config.target.suite_python or find_python(folder, environment)
    return Suite(
        str(folder / config.target.suite),
        tuple(
            SuiteVariant(
                name,
                variant.parameters,
                {
                    key: filled_in(f"{path}: {name}.environment.{key}", value, environment)
                    for key, value in variant.environment.items()
                },
                python=python,
                cwd=folder,
            )
            for name, variant in stated.items()
        ),
        without,
    )
