"""versus.toml -> Plan: what to send, in which variants, for how long.

Configuration is somebody's input, so every key is checked here and an error names the key, what
stands there, and the nearest key that would be right. Budgets and claims are read by `reports`,
which alone judges; here they only pass through into the record.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError


class PlanError(Exception):
    """The configuration cannot be used; the message says where, what was found and what to do."""


_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
_HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")]
_HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]*$", max_length=8192)]
_Metric = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetConfig(_Section):
    """The service to drive: one that Versus starts, or one at an address."""

    start: Literal["service"] | None = None
    link: str | None = None
    url: str | None = None
    headers: dict[_HeaderName, _HeaderValue] = Field(default_factory=dict)
    flags_header: _HeaderName = "Versus-Flags"
    cost_header: _HeaderName = "Versus-Cost"
    stages: tuple[_Metric, ...] = ()
    counters: tuple[_Metric, ...] = ()
    suite: str | None = None
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0


class VariantConfig(_Section):
    """What makes a request belong to one variant."""

    description: str = ""
    flags: dict[_Name, _HeaderValue] = Field(default_factory=dict)
    headers: dict[_HeaderName, _HeaderValue] = Field(default_factory=dict)
    query: dict[str, str] = Field(default_factory=dict)


class ScenarioConfig(_Section):
    """One workload, identical for all variants."""

    name: _Name
    description: str = ""
    request: Annotated[
        str, StringConstraints(pattern=r"^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) /[\x21-\x7e]*$")
    ]
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    status: Annotated[int, Field(ge=100, le=599)] = 200
    ignore: str | None = None
    canary: bool = False


class ProfileConfig(_Section):
    """How long and how thoroughly to measure."""

    size: Literal["small", "medium", "large"] = "medium"
    measure_s: Annotated[float, Field(gt=0, le=86400)] = 180.0
    suite_s: Annotated[float, Field(ge=0, le=86400)] = 30.0
    block_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    warmup_rounds: Annotated[int, Field(ge=0, le=10_000)] = 3
    rounds_max: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    gap_ms: tuple[float, float] = (2.0, 6.0)


class Config(_Section):
    """A whole versus.toml."""

    target: TargetConfig
    variants: dict[_Name, VariantConfig]
    scenarios: tuple[ScenarioConfig, ...]
    profiles: dict[_Name, ProfileConfig] = Field(default_factory=dict)
    margins: dict[str, Any] = Field(default_factory=dict)
    budgets: tuple[dict[str, Any], ...] = ()
    claims: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Scenario:
    """One workload, ready to send.

    Attributes:
        requests: path with query, and headers, of each variant, ordered as the plan's variants.
        budget_s: this scenario's share of the measuring time.
    """

    name: str
    description: str
    method: str
    path: str
    requests: tuple[tuple[str, Mapping[str, str]], ...]
    status: int
    ignore: str | None
    canary: bool
    budget_s: float


@dataclass(frozen=True)
class Job:
    """What the generator process is told, over a pipe, so that no secret touches the disk.

    Attributes:
        base_url: without a trailing slash.
        headers: sent with every request; they hold secrets.
    """

    run_folder: str
    base_url: str
    headers: Mapping[str, str]
    seed: int
    variants: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    profile: ProfileConfig
    target: TargetConfig


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
    _check_target(path, config)
    profile_name = profile or "default"
    profiles = config.profiles or {"default": ProfileConfig()}
    _check_names(f"{path}: profile", [profile_name], profiles)
    chosen_variants = _chosen(f"{path}: variant", variants, list(config.variants))
    chosen_scenarios = _chosen(
        f"{path}: scenario", scenarios, [scenario.name for scenario in config.scenarios]
    )
    if len(chosen_variants) < 2:
        raise PlanError(
            f"{path}: {len(chosen_variants)} variant; a comparison needs two, the baseline first."
        )
    kept = [scenario for scenario in config.scenarios if scenario.name in chosen_scenarios]
    weight_sum = sum(scenario.weight for scenario in kept)
    kept_profile = profiles[profile_name]
    return Plan(
        path=str(path),
        profile_name=profile_name,
        profile=kept_profile,
        seed=seed,
        target=config.target,
        variants=tuple(chosen_variants),
        scenarios=tuple(
            _scenario(
                path,
                scenario,
                config,
                chosen_variants,
                kept_profile.measure_s * scenario.weight / weight_sum,
            )
            for scenario in kept
        ),
        headers=_filled_in(f"{path}: target.headers", config.target.headers, environment),
        config=_without_secrets(config),
    )


def read_config(path: Path) -> Config:
    """Parse and check a versus.toml.

    Raises:
        PlanError: with the key, what stands there and the nearest valid one.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PlanError(f"{path}: no such file. Pass CONFIG=path/to/versus.toml.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path}: cannot be read as TOML: {error}") from None
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        raise PlanError(f"{path}: {_first_complaint(error)}") from None


def _first_complaint(error: ValidationError) -> str:
    # An unknown key explains a missing one better than the other way round.
    complaint = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    location = [str(part) for part in complaint["loc"]]
    where = ".".join(location)
    if complaint["type"] == "extra_forbidden":
        valid = _keys_at(Config, location[:-1])
        return f"unknown key {where!r}.{nearest(location[-1], valid)}"
    found = "" if complaint["type"] == "missing" else f"; found {complaint['input']!r:.80}"
    return f"{where}: {complaint['msg']}{found}."


def _keys_at(model: type[BaseModel], location: Sequence[str]) -> list[str]:
    """The keys that are valid where `location` points to."""
    sections: dict[str, type[BaseModel]] = {
        "target": TargetConfig,
        "variants": VariantConfig,
        "scenarios": ScenarioConfig,
        "profiles": ProfileConfig,
    }
    found = sections.get(location[0], model) if location else model
    return list(found.model_fields)


def nearest(word: str, valid: Sequence[str]) -> str:
    """A hint that ends an error: the nearest valid word, or all of them."""
    close = difflib.get_close_matches(word, valid, n=1)
    return f" Did you mean {close[0]!r}?" if close else f" Valid: {', '.join(valid)}."


def _check_names(what: str, names: Sequence[str], valid: Mapping[str, object]) -> None:
    for name in names:
        if name not in valid:
            raise PlanError(f"{what} {name!r} is unknown.{nearest(name, list(valid))}")


def _chosen(what: str, wanted: Sequence[str], available: list[str]) -> list[str]:
    for index, name in enumerate(available):
        if name in available[:index]:
            raise PlanError(f"{what} {name!r} stands twice; names must differ.")
    _check_names(what, wanted, dict.fromkeys(available))
    chosen = [name for name in available if not wanted or name in wanted]
    if not chosen:
        raise PlanError(f"{what}s: none. Add at least one.")
    return chosen


def _check_target(path: Path, config: Config) -> None:
    target = config.target
    if (target.start is None) == (target.url is None):
        raise PlanError(f"{path}: target: give exactly one of 'start' and 'url'.")
    if target.link is not None:
        _check_link(path, target.link, target.url)
    if target.url is not None:
        parts = urlsplit(target.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise PlanError(f"{path}: target.url: an http or https address was expected.")
        if parts.username or parts.password:
            raise PlanError(
                f"{path}: target.url: holds a password. Use target.headers with "
                'Authorization = "Basic ${NAME}" instead.'
            )


LINK = r"lan|region|wan|\d{1,3}(?:\.\d{1,3})?,[1-9]\d{0,3}"
"""What the reference service takes for a link."""


def _check_link(path: Path, link: str, url: str | None) -> None:
    if re.fullmatch(LINK, link) is None:
        raise PlanError(
            f"{path}: target.link: {link!r} is unknown. Valid: lan, region, wan, or a round trip "
            "below 1000 ms and whole Mbit/s, such as 35,100."
        )
    if url is not None and link != "lan":
        raise PlanError(
            f"{path}: target.link: {link!r} puts the stack of 'start' at a distance; what stands "
            "behind 'url' stays where it is. Leave the link out."
        )


def _scenario(
    path: Path, config: ScenarioConfig, whole: Config, variants: Sequence[str], budget_s: float
) -> Scenario:
    if config.ignore is not None:
        try:
            re.compile(config.ignore.encode())
        except re.error as error:
            raise PlanError(
                f"{path}: scenario {config.name!r}: ignore is no regular expression: {error}."
            ) from None
    method, target_path = config.request.split(" ", 1)
    return Scenario(
        name=config.name,
        description=config.description,
        method=method,
        path=target_path,
        requests=tuple(
            _request(target_path, whole.variants[name], whole.target.flags_header)
            for name in variants
        ),
        status=config.status,
        ignore=config.ignore,
        canary=config.canary,
        budget_s=budget_s,
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


_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _filled_in(
    where: str, headers: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environment:
            raise PlanError(f"{where}: environment variable {name} is not set.")
        return environment[name]

    return {name: _PLACEHOLDER.sub(value_of, value) for name, value in headers.items()}


_SECRET_NAME = re.compile(r"auth|cookie|secret|token|key|passw|session", re.IGNORECASE)


def _without_secrets(config: Config) -> dict[str, Any]:
    """The configuration as stated, for the record: literal secrets removed, ${NAMES} kept."""
    stated = config.model_dump(mode="json", exclude_unset=True)
    for headers in _header_tables(stated):
        for name, value in headers.items():
            if _SECRET_NAME.search(name) and not _PLACEHOLDER.search(value):
                headers[name] = "[removed]"
    return stated


def _header_tables(stated: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for section in (stated["target"], *stated["variants"].values()):
        yield section.get("headers", {})
        yield section.get("query", {})
