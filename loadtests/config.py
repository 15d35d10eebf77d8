"""versus.toml, read and checked.

Configuration is somebody's input, so every key is checked here and an error names the key, what
stands there, and the nearest key that would be right. Budgets and claims are read by `reports`,
which alone judges; here they only pass through into the record.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)


class PlanError(Exception):
    """The configuration cannot be used; the message says where, what was found and what to do."""


_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
_HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")]
HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,8192}")
_HeaderValue = Annotated[str, StringConstraints(pattern=rf"^{HEADER_VALUE.pattern}$")]
# Neither a host (//) nor a fragment (#) is part of what is sent.
_REQUEST = (
    r"^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) "
    r"/([\x21\x22\x24-\x2e\x30-\x7e][\x21\x22\x24-\x7e]*)?$"
)
GAP_MS_MAX = 10_000
"""A longer pause measures the pause."""
_Metric = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} stands twice")
        if name.startswith(("latency_s_", "stage_")) or name in {"wire_bytes", "body_bytes"}:
            raise ValueError(f"{name!r} is the name of a metric already")
    return names


def _ascending(gap_ms: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= gap_ms[0] <= gap_ms[1] <= GAP_MS_MAX:  # NaN fails too
        raise ValueError(f"two numbers from 0 to {GAP_MS_MAX}, the smaller first, are needed")
    return gap_ms


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
    stages: Annotated[tuple[_Metric, ...], AfterValidator(_distinct)] = ()
    counters: Annotated[tuple[_Metric, ...], AfterValidator(_distinct)] = ()
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
    request: Annotated[str, StringConstraints(pattern=_REQUEST)]
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    status: Annotated[int, Field(ge=100, le=599)] = 200
    ignore: str | None = None
    canary: bool = False
    objective_s: Annotated[float, Field(gt=0, le=600)] | None = None


class LoadConfig(_Section):
    """How `load` drives the target, and what it asks of it."""

    objective_s: Annotated[float, Field(gt=0, le=600)] = 1.0
    objective_quantile: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    errors_max: Annotated[float, Field(ge=0, lt=1)] = 0.01
    rate_per_s: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    utilization: Annotated[float, Field(gt=0, lt=1)] = 0.6
    lag_ms_max: Annotated[float, Field(gt=0, le=10_000)] = 10.0
    worker_cpu_share_max: Annotated[float, Field(gt=0, le=1)] = 0.9
    in_flight_max: Annotated[int, Field(ge=1, le=60_000)] = 1000


class ProfileConfig(_Section):
    """How long and how thoroughly to measure."""

    size: Literal["small", "medium", "large"] = "medium"
    measure_s: Annotated[float, Field(gt=0, le=86400)] = 180.0
    suite_s: Annotated[float, Field(ge=0, le=86400)] = 30.0
    block_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    warmup_rounds: Annotated[int, Field(ge=0, le=10_000)] = 3
    rounds_max: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    gap_ms: Annotated[tuple[float, float], AfterValidator(_ascending)] = (2.0, 6.0)
    capacity_s: Annotated[float, Field(ge=0, le=86400)] = 150.0
    load_s: Annotated[float, Field(gt=0, le=86400)] = 240.0
    sub_block_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    burn_in_s: Annotated[float, Field(ge=0, le=600)] = 1.0


class Config(_Section):
    """A whole versus.toml."""

    target: TargetConfig
    variants: dict[_Name, VariantConfig]
    scenarios: tuple[ScenarioConfig, ...]
    profiles: dict[_Name, ProfileConfig] = Field(default_factory=dict)
    load: LoadConfig = Field(default_factory=LoadConfig)
    margins: dict[str, Any] = Field(default_factory=dict)
    budgets: tuple[dict[str, Any], ...] = ()
    claims: tuple[dict[str, Any], ...] = ()


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
        "load": LoadConfig,
    }
    found = sections.get(location[0], model) if location else model
    return list(found.model_fields)


def nearest(word: str, valid: Sequence[str]) -> str:
    """A hint that ends an error: the nearest valid word, or all of them."""
    close = difflib.get_close_matches(word, valid, n=1)
    return f" Did you mean {close[0]!r}?" if close else f" Valid: {', '.join(valid)}."


def check_names(what: str, names: Sequence[str], valid: Mapping[str, object]) -> None:
    """Make sure that every name is a valid one.

    Raises:
        PlanError: naming the first that is not, and the nearest valid one.
    """
    for name in names:
        if name not in valid:
            raise PlanError(f"{what} {name!r} is unknown.{nearest(name, list(valid))}")


def check_target(path: Path, config: Config) -> None:
    """Make sure that the target is one that can be started or reached.

    Raises:
        PlanError: saying which key is wrong.
    """
    target = config.target
    if (target.start is None) == (target.url is None):
        raise PlanError(f"{path}: target: give exactly one of 'start' and 'url'.")
    if target.link is not None:
        _check_link(path, target.link, target.url)
    if target.suite is not None and not Path(target.suite).exists():
        raise PlanError(f"{path}: target.suite: {target.suite!r} does not exist.")
    if target.url is not None:
        try:
            parts = urlsplit(target.url)
            usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError as error:
            raise PlanError(f"{path}: target.url: {target.url!r}: {error}.") from None
        if not usable:
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


PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""Where a value of the environment is filled in."""

_SECRET_NAME = re.compile(r"auth|cookie|secret|token|key|passw|session", re.IGNORECASE)
# A scheme such as `Bearer` may stand before a placeholder; anything else could be the secret.
_ONLY_PLACEHOLDER = re.compile(rf"(?:[A-Za-z]+ )?{PLACEHOLDER.pattern}")
_QUERY_PAIR = re.compile(r"(?<=[?&])([^=&]+)=([^&]*)")
_REMOVED = "[removed]"


def without_secrets(config: Config) -> dict[str, Any]:
    """The configuration as stated, for the record: literal secrets removed, ${NAMES} kept."""
    stated = config.model_dump(mode="json", exclude_unset=True)
    for table in _tables(stated):
        for name, value in table.items():
            if _SECRET_NAME.search(name) and not _ONLY_PLACEHOLDER.fullmatch(value):
                table[name] = _REMOVED
    for scenario in stated["scenarios"]:
        scenario["request"] = public_request(scenario["request"])
    return stated


def public_request(request: str) -> str:
    """A request's method and path without the values of secret-looking query parameters."""

    def shown(pair: re.Match[str]) -> str:
        return f"{pair[1]}={_REMOVED if _SECRET_NAME.search(pair[1]) else pair[2]}"

    return _QUERY_PAIR.sub(shown, request)


def _tables(stated: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for section in (stated["target"], *stated["variants"].values()):
        yield section.get("headers", {})
        yield section.get("query", {})
