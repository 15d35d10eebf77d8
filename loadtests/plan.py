"""versus.toml -> Plan: what to send, in which variants, for how long."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from loadtests.config import (
    HEADER_VALUE,
    PLACEHOLDER,
    Config,
    LoadConfig,
    PlanError,
    ProfileConfig,
    ScenarioConfig,
    TargetConfig,
    VariantConfig,
    check_names,
    check_target,
    public_request,
    read_config,
    without_secrets,
)


@dataclass(frozen=True)
class Scenario:
    """One workload, ready to send.

    Attributes:
        request: for people and the record, secrets removed.
        requests: path with query, and headers, of each variant, ordered as the plan's variants.
        budget_s: this scenario's share of the measuring time, one scenario after the other.
        share: of the arrivals under load, all scenarios at once.
        objective_s: the latency to keep under load.
    """

    name: str
    description: str
    request: str
    method: str
    path: str
    requests: tuple[tuple[str, Mapping[str, str]], ...]
    status: int
    ignore: str | None
    canary: bool
    budget_s: float
    share: float
    objective_s: float


@dataclass(frozen=True)
class Job:
    """What the generator process is told, over a pipe, so that no secret touches the disk.

    Attributes:
        base_urls: where each variant answers, without a trailing slash.
        headers: sent with every request; they hold secrets.
        looks: whether to ask, on the control pipe, which scenarios may stop.
    """

    run_folder: str
    base_urls: tuple[str, ...]
    headers: Mapping[str, str]
    seed: int
    variants: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    profile: ProfileConfig
    load: LoadConfig
    target: TargetConfig
    looks: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that measuring needs to know.

    Attributes:
        baseline: the first variant; every other one is compared with it.
        headers: sent with every request, environment variables filled in: may hold secrets.
        config: the effective configuration, as stated, secrets removed.
    """

    path: str
    profile_name: str
    profile: ProfileConfig
    seed: int
    load: LoadConfig
    target: TargetConfig
    variants: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    headers: Mapping[str, str]
    config: dict[str, Any]

    @property
    def baseline(self) -> str:
        """The variant that every other one is compared with."""
        return self.variants[0]


def load_plan(
    path: Path,
    *,
    profile: str | None = None,
    variants: Sequence[str] = (),
    scenarios: Sequence[str] = (),
    seed: int,
    link: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Plan:
    """Read and check a configuration, narrowed to the named variants and scenarios.

    A `link` that is given stands instead of the configuration's own.

    Raises:
        PlanError: the file cannot be read, or says something that cannot be done.
    """
    config = read_config(path)
    if link is not None:
        target = config.target.model_copy(update={"link": link})
        config = config.model_copy(update={"target": target})
    check_target(path, config)
    profile_name = profile or "default"
    profiles = config.profiles or {"default": ProfileConfig()}
    check_names(f"{path}: profile", [profile_name], profiles)
    baseline = list(config.variants)[:1] if variants else []
    chosen_variants = _chosen(f"{path}: variant", [*baseline, *variants], list(config.variants))
    chosen_scenarios = _chosen(
        f"{path}: scenario", scenarios, [scenario.name for scenario in config.scenarios]
    )
    if len(chosen_variants) < 2:
        raise PlanError(
            f"{path}: {len(chosen_variants)} variant; a comparison needs two, the baseline first."
        )
    kept = [scenario for scenario in config.scenarios if scenario.name in chosen_scenarios]
    weight_sum = sum(scenario.weight for scenario in kept)
    filled = {
        name: config.variants[name].model_copy(
            update={
                "headers": _filled_in(
                    f"{path}: variants.{name}.headers", config.variants[name].headers, environment
                )
            }
        )
        for name in chosen_variants
    }
    kept_profile = profiles[profile_name]
    return Plan(
        path=str(path),
        profile_name=profile_name,
        profile=kept_profile,
        seed=seed,
        load=config.load,
        target=config.target,
        variants=tuple(chosen_variants),
        scenarios=tuple(
            _scenario(path, scenario, filled, config, kept_profile, scenario.weight / weight_sum)
            for scenario in kept
        ),
        headers=_filled_in(f"{path}: target.headers", config.target.headers, environment),
        config=without_secrets(config),
    )


def _chosen(what: str, wanted: Sequence[str], available: list[str]) -> list[str]:
    for index, name in enumerate(available):
        if name in available[:index]:
            raise PlanError(f"{what} {name!r} stands twice; names must differ.")
    check_names(what, wanted, dict.fromkeys(available))
    chosen = [name for name in available if not wanted or name in wanted]
    if not chosen:
        raise PlanError(f"{what}s: none. Add at least one.")
    return chosen


def _scenario(
    path: Path,
    scenario: ScenarioConfig,
    variants: Mapping[str, VariantConfig],
    config: Config,
    profile: ProfileConfig,
    share: float,
) -> Scenario:
    if scenario.ignore is not None:
        try:
            re.compile(scenario.ignore.encode())
        except re.error as error:
            raise PlanError(
                f"{path}: scenario {scenario.name!r}: ignore is no regular expression: {error}."
            ) from None
    method, target_path = scenario.request.split(" ", 1)
    return Scenario(
        name=scenario.name,
        description=scenario.description,
        request=public_request(scenario.request),
        method=method,
        path=target_path,
        requests=tuple(
            _request(target_path, variant, config.target.flags_header)
            for variant in variants.values()
        ),
        status=scenario.status,
        ignore=scenario.ignore,
        canary=scenario.canary,
        budget_s=profile.measure_s * share,
        share=share,
        objective_s=scenario.objective_s or config.load.objective_s,
    )


def _request(path: str, variant: VariantConfig, flags_header: str) -> tuple[str, Mapping[str, str]]:
    headers = dict(variant.headers)
    if variant.flags:
        headers[flags_header] = ", ".join(
            f"{name}={value}" for name, value in variant.flags.items()
        )
    parts = urlsplit(path)
    query = "&".join(filter(None, [parts.query, urlencode(variant.query)]))
    return urlunsplit(("", "", parts.path, query, "")), headers


def _filled_in(
    where: str, headers: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environment:
            raise PlanError(f"{where}: environment variable {name} is not set.")
        return environment[name]

    filled = {name: PLACEHOLDER.sub(value_of, value) for name, value in headers.items()}
    for name, value in filled.items():
        if not HEADER_VALUE.fullmatch(value):
            raise PlanError(f"{where}.{name}: the environment's value is no header's value.")
    return filled
