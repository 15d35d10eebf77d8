"""Whether each stated key has a meaning for something that the file can do.

A key without one would be silently ignored, and its owner would believe that it counts.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from contract.config.judging import EVERY, Budget, Claim
from contract.config.measuring import LoadConfig
from contract.metrics import OF_STREAMS

if TYPE_CHECKING:
    from contract.config.schema import Config

_SUITE = "is for a suite, and target.suite names none"
_PAGES = "is for pages, and the file states none"
_BENCH, _LOAD = (
    f"is for `versus {command}`, which compares variants, and the file states fewer than two"
    for command in ("bench", "load")
)


def check_meaning(config: "Config") -> None:
    """Check that no stated key is without a meaning.

    Raises:
        ValueError: naming the first such key, and what it is for.
    """
    for key, purpose in _pointless(config):
        raise ValueError(f"{key}: {purpose}. Leave it out.")


def _pointless(config: "Config") -> Iterator[tuple[str, str]]:
    """Keys without a meaning, and why."""
    yield from _of_profiles(config)
    yield from _of_streams(config)
    if len(config.variants) < 2:
        yield from _of_comparing(config)
    if config.target.suite is None:
        yield from _of_suite(config)
    if not config.pages:
        for name, variant in config.variants.items():
            if variant.page:
                yield f"variants.{name}.page", _PAGES
    if not _starts(config):
        yield from _of_revisions(config)


def _of_suite(config: "Config") -> Iterator[tuple[str, str]]:
    """What only a suite needs."""
    if config.target.suite_python is not None:
        yield "target.suite_python", _SUITE
    for name, variant in config.variants.items():
        if variant.parameters:
            yield f"variants.{name}.parameters", _SUITE
    for name in config.suite_variants:
        yield f"suite_variants.{name}", _SUITE


def _of_streams(config: "Config") -> Iterator[tuple[str, str]]:
    """What only a stream has."""
    silent = [one.name for one in config.scenarios if not one.has_events]
    stated: tuple[tuple[str, Sequence[Budget | Claim]], ...] = (
        ("budgets", config.budgets),
        ("claims", config.claims),
    )
    for key, entries in stated:
        for number, entry in enumerate(entries, 1):
            about = silent if entry.scenario == EVERY else {entry.scenario}.intersection(silent)
            if entry.metric in OF_STREAMS and about:
                why = f"is of a stream, and scenario {min(about)!r} states no 'events'"
                yield f"{key} number {number}, {entry.metric}", why


def _of_comparing(config: "Config") -> Iterator[tuple[str, str]]:
    """What only a comparison of variants needs."""
    for key in LoadConfig.model_fields:
        if key in config.load.model_fields_set:
            yield f"load.{key}", _LOAD
    for scenario in config.scenarios:
        if scenario.canary:
            yield f"scenarios {scenario.name!r}, canary", _BENCH
        if scenario.objective_s is not None:
            yield f"scenarios {scenario.name!r}, objective_s", _LOAD


def _of_profiles(config: "Config") -> Iterator[tuple[str, str]]:
    few, suite = len(config.variants) < 2, config.target.suite is None
    without = {
        "size": (
            config.target.start is None,
            "is the seed data of the reference service, which target.start starts",
        ),
        "pages_s": (not config.pages, _PAGES),
        "suite_s": (suite, _SUITE),
        "suite_without": (suite, _SUITE),
        "pairs": (not _starts(config), "is for two revisions, and the file starts no server"),
        **dict.fromkeys(
            ("block_s", "rounds_max"),
            (few, _BENCH),
        ),
        **dict.fromkeys(
            ("capacity_s", "sub_block_s", "burn_in_s"),
            (few, _LOAD),
        ),
    }
    for name, profile in config.profiles.items():
        for key, (pointless, purpose) in without.items():
            if pointless and key in profile.model_fields_set:
                yield f"profiles.{name}.{key}", purpose


def _of_revisions(config: "Config") -> Iterator[tuple[str, str]]:
    """What only two revisions need, where no server is started that could have them."""
    purpose = "is for two revisions, and a url is the address of one"
    if config.revisions.variant is not None:
        yield "revisions.variant", purpose
    for number, budget in enumerate(config.budgets, 1):
        if budget.revisions:
            yield f"budgets number {number}, revisions", purpose


def _starts(config: "Config") -> bool:
    """Whether a server is started here, of which there may be two revisions."""
    target = config.target
    return bool(
        target.start or target.command or any(one.command for one in config.variants.values())
    )
