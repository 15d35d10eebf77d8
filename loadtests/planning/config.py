"""versus.toml, read and checked.

Configuration is somebody's input, so every key is checked here and an error names the key, what
stands there, and the nearest key that would be right. Budgets and claims are read by `reports`,
which alone judges; here they only pass through into the record.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from contract.config.complaints import complaint, nearest
from contract.config.judging import Settings
from contract.config.names import Names
from contract.config.sections import Section
from contract.errors import ConfigError
from contract.run.pages import FAILED_MARK, PAGE_TIMES, mark_metric

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
_HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")]
HEADER_VALUE = re.compile(r"[\x20-\x7e]{0,8192}")
_HeaderValue = Annotated[str, StringConstraints(pattern=rf"^{HEADER_VALUE.pattern}$")]
# Neither a host (//) nor a fragment (#) is part of what is sent.
_PATH = r"/([\x21\x22\x24-\x2e\x30-\x7e][\x21\x22\x24-\x7e]*)?$"
_Path = Annotated[str, StringConstraints(pattern=f"^{_PATH}")]
_Request = Annotated[
    str, StringConstraints(pattern=rf"^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) {_PATH}")
]
_VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
_Word = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=32_768)]
# Where it stands, a quote or a line break would end it.
_PartName = Annotated[str, StringConstraints(pattern=r'^[^"\\\x00-\x1f\x7f]{1,255}$')]
GAP_MS_MAX = 10_000
"""A longer pause measures the pause."""
PAIRS_MIN, PAIRS_MAX = 14, 1000
"""Pairs of starts: with fewer, hardly anything could be told of several scenarios together."""
_Words = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,200}$")]
_Metric = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Mark = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,40}$")]


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} stands twice")
        if name.startswith(("latency_s_", "stage_")) or name in {"wire_bytes", "body_bytes"}:
            raise ValueError(f"{name!r} is the name of a metric already")
    return names


def _distinct_marks(marks: tuple[str, ...]) -> tuple[str, ...]:
    for mark in marks:
        if marks.count(mark) > 1:
            raise ValueError(f"{mark!r} stands twice")
        if mark == FAILED_MARK or mark_metric(mark) in PAGE_TIMES:
            raise ValueError(f"{mark!r} has a meaning already")
    return marks


def _ascending(gap_ms: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= gap_ms[0] <= gap_ms[1] <= GAP_MS_MAX:  # NaN fails too
        raise ValueError(f"two numbers from 0 to {GAP_MS_MAX}, the smaller first, are needed")
    return gap_ms


def _rising(pairs: tuple[int, ...]) -> tuple[int, ...]:
    steps = zip((PAIRS_MIN - 1, *pairs), pairs, strict=False)
    if not pairs or any(later <= earlier for earlier, later in steps) or pairs[-1] > PAIRS_MAX:
        raise ValueError(
            f"whole numbers from {PAIRS_MIN} to {PAIRS_MAX}, each larger than the one before, are "
            "needed"
        )
    return pairs


def _words(command: Any) -> Any:
    if not isinstance(command, list) or not command or not command[0]:
        raise ValueError('a list of words is expected, such as ["python3", "server.py"]')
    return command


def _body(body: Any) -> Any:
    if not isinstance(body, str | dict | list):
        raise ValueError("a text, a table or an array is expected")  # noqa: TRY004 - pydantic's
    return body if isinstance(body, str) else _as_json(body)


def _as_json(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise ValueError("holds what JSON does not know, such as a date or nan") from None
    return value


def _pointer(pointer: str) -> str:
    if not re.fullmatch(r"(/([^~/]|~[01])*)*", pointer):
        raise ValueError("a JSON Pointer is expected, such as /items/0/id")
    return pointer


def _source(source: str) -> str:
    if re.fullmatch(r"header:[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}", source):
        return source
    try:
        return _pointer(source)
    except ValueError as error:
        raise ValueError(f"{error}, or header:Location") from None


_Command = Annotated[tuple[_Word, ...], BeforeValidator(_words)]
_Environment = dict[_VariableName, _Word]
_Parameters = dict[_VariableName, _Word]


class TargetConfig(Section):
    """The service to drive: one that Versus starts, or one at an address."""

    start: Literal["service"] | None = None
    link: str | None = None
    command: _Command | None = None
    cwd: _Word | None = None
    environment: _Environment = Field(default_factory=dict)
    ready: _Path | None = None
    ready_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    url: str | None = None
    headers: dict[_HeaderName, _HeaderValue] = Field(default_factory=dict)
    flags_header: _HeaderName = "Versus-Flags"
    cost_header: _HeaderName = "Versus-Cost"
    stages: Annotated[tuple[_Metric, ...], AfterValidator(_distinct)] = ()
    counters: Annotated[tuple[_Metric, ...], AfterValidator(_distinct)] = ()
    suite: str | None = None
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0


class VariantConfig(Section):
    """What makes a request belong to one variant."""

    description: str = ""
    extra: bool = False
    url: str | None = None
    command: _Command | None = None
    cwd: _Word | None = None
    environment: _Environment = Field(default_factory=dict)
    flags: dict[_Name, _HeaderValue] = Field(default_factory=dict)
    headers: dict[_HeaderName, _HeaderValue] = Field(default_factory=dict)
    query: dict[str, str] = Field(default_factory=dict)
    parameters: _Parameters = Field(default_factory=dict)
    page: _Parameters = Field(default_factory=dict)


class SuiteVariantConfig(Section):
    """A variant of the suite alone, which no request is sent to."""

    parameters: _Parameters = Field(default_factory=dict)
    environment: _Environment = Field(default_factory=dict)


class PartConfig(Section):
    """A part of a form: a text, or a file."""

    name: _PartName
    filename: _PartName | None = None
    type: Annotated[_HeaderValue, StringConstraints(min_length=1)] | None = None
    text: str | None = None
    file: _Word | None = None
    times: Annotated[int, Field(ge=1, le=1000)] = 1


class _Exchanged(Section):
    """What is sent besides method and path, and what a right answer is."""

    headers: dict[_HeaderName, _HeaderValue] = Field(default_factory=dict)
    body: Annotated[Any, AfterValidator(_body)] = None
    form: Annotated[tuple[PartConfig, ...], Field(min_length=1, max_length=1000)] | None = None
    status: Annotated[int, Field(ge=100, le=599)] = 200
    contains: Annotated[str, StringConstraints(min_length=1)] | None = None
    # Not `json`, which pydantic's models have already.
    json_: dict[
        Annotated[str, AfterValidator(_pointer)], Annotated[Any, AfterValidator(_as_json)]
    ] = Field(default_factory=dict, alias="json")


class RequestConfig(_Exchanged):
    """One request of a sequence."""

    request: _Request
    take: dict[_VariableName, Annotated[str, AfterValidator(_source)]] = Field(default_factory=dict)


class ScenarioConfig(_Exchanged):
    """One workload, identical for all variants: a request, or a sequence of them."""

    name: _Name
    description: str = ""
    extra: bool = False
    caller: Literal["newcomer"] | None = None
    request: _Request | None = None
    sequence: Annotated[tuple[RequestConfig, ...], Field(min_length=1, max_length=100)] | None = (
        None
    )
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    ignore: str | None = None
    canary: bool = False
    objective_s: Annotated[float, Field(gt=0, le=600)] | None = None


class PageConfig(Section):
    """One page, loaded by a browser in every variant."""

    name: _Name
    description: str = ""
    path: _Path
    marks: Annotated[tuple[_Mark, ...], Field(max_length=8), AfterValidator(_distinct_marks)] = ()
    ignore: str | None = None
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0


class LoadConfig(Section):
    """How `load` drives the target, and what it asks of it."""

    objective_s: Annotated[float, Field(gt=0, le=600)] = 1.0
    objective_quantile: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    errors_max: Annotated[float, Field(ge=0, lt=1)] = 0.01
    rate_per_s: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    utilization: Annotated[float, Field(gt=0, lt=1)] = 0.6
    lag_ms_max: Annotated[float, Field(gt=0, le=10_000)] = 10.0
    worker_cpu_share_max: Annotated[float, Field(gt=0, le=1)] = 0.9
    in_flight_max: Annotated[int, Field(ge=1, le=60_000)] = 1000


class RevisionsConfig(Section):
    """How two revisions of the code are held against each other."""

    build: _Command | None = None
    variant: _Name | None = None


class ProfileConfig(Section):
    """How long and how thoroughly to measure."""

    size: Literal["small", "medium", "large"] = "medium"
    measure_s: Annotated[float, Field(gt=0, le=86400)] = 180.0
    pages_s: Annotated[float, Field(ge=0, le=86400)] = 30.0
    suite_s: Annotated[float, Field(ge=0, le=86400)] = 30.0
    suite_without: tuple[_Words, ...] = ()
    block_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    warmup_rounds: Annotated[int, Field(ge=0, le=10_000)] = 3
    rounds_max: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    gap_ms: Annotated[tuple[float, float], AfterValidator(_ascending)] = (2.0, 6.0)
    pairs: Annotated[tuple[int, ...], AfterValidator(_rising)] = (14, 20, 28)
    pair_s: Annotated[float, Field(gt=0, le=3600)] = 8.0
    capacity_s: Annotated[float, Field(ge=0, le=86400)] = 150.0
    load_s: Annotated[float, Field(gt=0, le=86400)] = 300.0
    # Between two of them a worker needs about a tenth of a second.
    sub_block_s: Annotated[float, Field(ge=0.1, le=600)] = 5.0
    burn_in_s: Annotated[float, Field(ge=0, le=600)] = 1.0


class Config(Settings):
    """A whole versus.toml."""

    target: TargetConfig
    # A switchback block has two steps of each, and a step's place in it is one byte.
    variants: Annotated[dict[_Name, VariantConfig], Field(max_length=64)]
    scenarios: tuple[ScenarioConfig, ...]
    pages: tuple[PageConfig, ...] = ()
    suite_variants: dict[_Name, SuiteVariantConfig] = Field(default_factory=dict)
    profiles: dict[_Name, ProfileConfig] = Field(default_factory=dict)
    load: LoadConfig = Field(default_factory=LoadConfig)
    revisions: RevisionsConfig = Field(default_factory=RevisionsConfig)
    _content: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def stated(self) -> dict[str, Any]:
        """The content of the file, secrets included."""
        return deepcopy(self._content)

    @model_validator(mode="after")
    def _names(self) -> "Config":
        Names(
            baseline=next(iter(self.variants), ""),
            variants=(*self.variants, *self.suite_variants),
            scenarios=[scenario.name for scenario in self.scenarios],
            pages={page.name: page.marks for page in self.pages},
            stages=self.target.stages,
            counters=self.target.counters,
        ).check(self)
        return self


def read_config(path: Path, *, link: str | None = None) -> Config:
    """Read and check a versus.toml.

    Args:
        path: of the file.
        link: stands instead of the file's own.

    Raises:
        ConfigError: one line that says where, what stands there and what is expected.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file. Pass CONFIG=path/to/versus.toml.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from None
    if link is not None and isinstance(content.get("target"), dict):
        content["target"]["link"] = link
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {complaint(error, Config, content)}") from None
    config._content = content  # noqa: SLF001 - its own
    return config


def check_pattern(where: str, pattern: str | bytes) -> None:
    """Make sure that it is a regular expression.

    Raises:
        ConfigError: saying where it stands, and what is wrong with it.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"{where} is no regular expression: {error}.") from None


def check_names(what: str, names: Sequence[str], valid: Mapping[str, object]) -> None:
    """Make sure that every name is a valid one.

    Raises:
        ConfigError: naming the first that is not, and the nearest valid one.
    """
    for name in names:
        if name not in valid:
            raise ConfigError(f"{what} {name!r} is unknown; {nearest(name, valid)}")


LINK = r"lan|region|wan|\d{1,3}(?:\.\d{1,3})?,[1-9]\d{0,3}"
"""What the reference service takes for a link."""
