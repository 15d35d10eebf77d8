"""Which variants, scenarios and profiles of a configuration are measured: all, or those named."""

from collections.abc import Collection, Sequence
from pathlib import Path

from contract.config.complaints import nearest
from contract.config.judging import HEAD
from contract.config.scenarios import PageConfig, ScenarioConfig
from contract.config.schema import Config
from contract.config.target import VariantConfig
from contract.errors import ConfigError


def variants_of(
    path: Path, config: Config, named: Sequence[str], *, compared: bool
) -> dict[str, VariantConfig]:
    """The variants to measure, the baseline first.

    Without any, there is one that gets the requests as the scenarios state them, unless variants
    are what is `compared`.

    Raises:
        ConfigError: one is unknown, or there are fewer than two to compare.
    """
    wanted = named or [name for name, variant in config.variants.items() if not variant.extra]
    check_names(path, "variant", wanted, config.variants)
    first = list(config.variants)[:1]
    chosen = {
        name: variant
        for name, variant in config.variants.items()
        if name in first or name in wanted
    }
    if not compared:
        return chosen or {HEAD: VariantConfig()}
    if len(chosen) < 2:
        raise ConfigError(
            f"{path}: {'1 variant' if chosen else 'no variants'}, and this command compares at "
            "least two: state [variants.before] and [variants.after], each with what makes it "
            'differ, such as headers = { X-Mode = "new" }. To compare two revisions, which need '
            "no variants: `versus gate --base main`."
        )
    return chosen


def scenarios_of(
    path: Path, config: Config, wanted: Sequence[str]
) -> tuple[Sequence[ScenarioConfig], Sequence[PageConfig]]:
    """The scenarios and pages to measure: those wanted, else all but what is extra.

    Raises:
        ConfigError: one is unknown, or no scenario is left.
    """
    named = [one.name for one in config.scenarios] + [one.name for one in config.pages]
    extra = {scenario.name for scenario in config.scenarios if scenario.extra}
    chosen = names_of(
        path, "scenario", wanted or [name for name in named if name not in extra], named
    )
    kept = [scenario for scenario in config.scenarios if scenario.name in chosen]
    if not kept:
        raise ConfigError(
            f"{path}: a run needs a scenario, and only pages are left. Name one beside them, such "
            f"as {config.scenarios[-1].name!r}."
            if config.scenarios
            else f"{path}: scenarios: none. Add at least one."
        )
    return kept, [page for page in config.pages if page.name in chosen]


def names_of(path: Path, what: str, wanted: Sequence[str], available: list[str]) -> list[str]:
    """The wanted names in the order of the file, or all where none is wanted.

    Raises:
        ConfigError: one is unknown, or there is none.
    """
    check_names(path, what, wanted, available)
    chosen = [name for name in available if not wanted or name in wanted]
    if not chosen:
        raise ConfigError(f"{path}: {what}s: none. Add at least one.")
    return chosen


def check_names(path: Path, what: str, names: Sequence[str], valid: Collection[str]) -> None:
    """Check that names exist.

    Raises:
        ConfigError: naming the nearest one that does.
    """
    for name in names:
        if name not in valid:
            raise ConfigError(f"{path}: unknown {what} {name!r}; {nearest(name, valid)}")
