"""A whole versus.toml: read, checked, and published as docs/versus.schema.json."""

import json
import sys
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError, model_validator
from pydantic.json_schema import GenerateJsonSchema

from contract.config.complaints import complaint, nearest
from contract.config.documents import read_text
from contract.config.judging import Settings
from contract.config.meaning import check_meaning
from contract.config.measuring import LoadConfig, ProfileConfig
from contract.config.names import Names
from contract.config.naming import named
from contract.config.scenarios import PageConfig, ScenarioConfig
from contract.config.sections import Name, check_once
from contract.config.steps import SetupConfig
from contract.config.target import (
    RevisionsConfig,
    SuiteVariantConfig,
    TargetConfig,
    VariantConfig,
)
from contract.errors import ConfigError


class Config(Settings):
    """What Versus measures and how it judges; docs/configuration.md explains every key."""

    target: TargetConfig
    """The service to measure."""
    # A switchback block has two steps of each, and a step's place in it is one byte.
    variants: Annotated[dict[Name, VariantConfig], Field(max_length=64)] = Field(
        default_factory=dict
    )
    """Named settings of the service; the first one is the baseline. Two revisions need none."""
    setup: Annotated[tuple[SetupConfig, ...], Field(max_length=100)] = ()
    """Requests and commands that run once for each variant and start, before anything is measured;
    scenarios may use what they `take`."""
    scenarios: tuple[ScenarioConfig, ...] = ()
    """Workloads, one table for each. Only a Locust file needs none."""
    pages: tuple[PageConfig, ...] = ()
    """Pages, loaded by a browser."""
    suite_variants: dict[Name, SuiteVariantConfig] = Field(default_factory=dict)
    """Variants that are measured in the suite alone."""
    profiles: dict[Name, ProfileConfig] = Field(default_factory=dict)
    """How thoroughly to measure, by name. smoke, quick, default and full need not be stated."""
    load: LoadConfig = Field(default_factory=LoadConfig)
    """Runs under load."""
    revisions: RevisionsConfig = Field(default_factory=RevisionsConfig)
    """Runs that compare two revisions of the code."""

    _content: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def stated(self) -> dict[str, Any]:
        """The content of the file, secrets included, every scenario named; the caller's own."""
        return deepcopy(self._content)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, content: Any) -> Any:
        return named(content)

    @model_validator(mode="after")
    def _distinct(self) -> "Config":
        for what, names in (
            ("variants and suite_variants", (*self.variants, *self.suite_variants)),
            (
                "scenarios and pages",
                (
                    *(scenario.name for scenario in self.scenarios),
                    *(page.name for page in self.pages),
                ),
            ),
        ):
            try:
                check_once(names)
            except ValueError as error:
                raise ValueError(f"{what}: {error}.") from None
        return self

    @model_validator(mode="after")
    def _names(self) -> "Config":
        same = self.revisions.variant
        if same is not None and same not in self.variants:
            raise ValueError(
                f"revisions.variant: unknown variant {same!r}; {nearest(same, self.variants)}"
            )
        Names(
            baseline=next(iter(self.variants), ""),
            variants=(*self.variants, *self.suite_variants),
            # Without any, the requests of a Locust file are the scenarios; a run finds their names.
            scenarios=[scenario.name for scenario in self.scenarios]
            or [budget.scenario for budget in self.budgets if budget.under_load],
            pages={page.name: page.marks for page in self.pages},
            stages=self.target.stages,
            counters=self.target.counters,
        ).check(self)
        check_meaning(self)
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
        content = tomllib.loads(read_text(path))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file. Pass --config path/to/versus.toml, or run `versus init`."
        ) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}.") from None
    if link is not None and isinstance(content.get("target"), dict):
        content["target"]["link"] = link
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {complaint(error, Config, content)}") from None
    config._content = named(content)  # noqa: SLF001 - its own
    return config


class _WithoutTitles(GenerateJsonSchema):
    """Editors show a key and its description; a title would repeat the key."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - overrides
        return False


def config_schema() -> dict[str, Any]:
    """The JSON Schema of versus.toml, which is published as docs/versus.schema.json."""
    schema = Config.model_json_schema(by_alias=True, schema_generator=_WithoutTitles)
    return {"$schema": _WithoutTitles.schema_dialect, **schema, "title": "versus.toml"}


if __name__ == "__main__":  # python -m contract.config.schema >docs/versus.schema.json
    sys.stdout.write(json.dumps(config_schema(), indent=1) + "\n")
