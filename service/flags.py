"""The flags, their presets, and the per-request override for trusted callers.

Flags are read through OpenFeature, so a team's own flag provider can serve them. The override
wraps whichever provider is in use and works only for callers who know the override secret.
"""

# OpenFeature fixes the signatures of providers, unused arguments included.
# ruff: noqa: ARG002

import hmac
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.hook import Hook
from openfeature.provider import AbstractProvider, FeatureProvider, Metadata
from openfeature.provider.no_op_provider import NoOpProvider

from service.problems import Problem

FLAGS_HEADER = "Versus-Flags"
SECRET_HEADER = "Versus-Override-Secret"  # noqa: S105 -- a header's name, not a secret
SIGNING_WORKERS_MAX = 64

_OVERRIDE_ATTRIBUTE = "versus.override"


class WorkflowQuery(StrEnum):
    """How the latest version of each listed workflow is found."""

    FULL_ROWS = "full_rows"
    SUMMARY_COLUMNS = "summary_columns"
    LATEST_EMBED = "latest_embed"


class UrlSigning(StrEnum):
    """Where the URLs of a file list are signed."""

    SEQUENTIAL = "sequential"
    DEFAULT_EXECUTOR = "default_executor"
    THREAD_POOL = "thread_pool"
    BATCH_NATIVE = "batch_native"


class UrlCache(StrEnum):
    """Whether signed URLs are kept and given out again."""

    OFF = "off"
    ON = "on"


class Upload(StrEnum):
    """How the objects of one request reach the store."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"


class Preset(StrEnum):
    """Named settings of all strategies at once: before, after, and what is fastest.

    None of them keeps URLs: whoever repeats a list would see the cache and not the strategies.
    """

    BASELINE = "baseline"
    OPTIMIZED = "optimized"
    TUNED = "tuned"


@dataclass(frozen=True)
class Flags:
    """What one request runs with.

    Attributes:
        signing_workers: size of the thread pool, 1 to 64; only `thread_pool` uses it.
    """

    workflow_query: WorkflowQuery
    url_signing: UrlSigning
    signing_workers: int
    upload: Upload = Upload.PARALLEL
    url_cache: UrlCache = UrlCache.OFF


PRESETS: Mapping[Preset, tuple[WorkflowQuery, UrlSigning, Upload]] = {
    Preset.BASELINE: (WorkflowQuery.FULL_ROWS, UrlSigning.DEFAULT_EXECUTOR, Upload.SEQUENTIAL),
    Preset.OPTIMIZED: (WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL, Upload.PARALLEL),
    Preset.TUNED: (WorkflowQuery.LATEST_EMBED, UrlSigning.BATCH_NATIVE, Upload.PARALLEL),
}

Overrides = Mapping[str, str | int]
_E = TypeVar("_E", bound=StrEnum)


def parse_overrides(text: str) -> Overrides:
    """What a `Versus-Flags` header asks for, by flag; later entries win.

    Raises:
        Problem: 400, naming the valid flags or values.
    """
    chosen: dict[str, str | int] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = (part.strip() for part in entry.partition("="))
        if not separator:
            raise _bad_flags(f"{entry!r} is not of the form name=value")
        chosen |= _parse_entry(name, value)
    return chosen


def _parse_entry(name: str, value: str) -> Overrides:
    if name == "preset":
        workflow_query, url_signing, upload = PRESETS[_member(Preset, name, value)]
        return {
            "workflow_query": workflow_query,
            "url_signing": url_signing,
            "upload": upload,
            "url_cache": UrlCache.OFF,
        }
    if name == "workflow_query":
        return {name: _member(WorkflowQuery, name, value)}
    if name == "url_signing":
        return {name: _member(UrlSigning, name, value)}
    if name == "signing_workers":
        return {name: _workers(value)}
    if name == "upload":
        return {name: _member(Upload, name, value)}
    if name == "url_cache":
        return {name: _member(UrlCache, name, value)}
    raise _bad_flags(
        f"{name!r} is not a flag; expected preset, workflow_query, url_signing, signing_workers, "
        "upload or url_cache"
    )


def _member(choices: type[_E], name: str, value: str) -> _E:
    try:
        return choices(value)
    except ValueError:
        raise _bad_flags(f"{name} cannot be {value!r}; expected {' or '.join(choices)}") from None


def _workers(value: str) -> int:
    if value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= SIGNING_WORKERS_MAX:
        return int(value[:9])
    raise _bad_flags(
        f"signing_workers cannot be {value!r}; expected a number from 1 to {SIGNING_WORKERS_MAX}"
    )


def _bad_flags(what: str) -> Problem:
    return Problem(400, f"{FLAGS_HEADER}: {what}.")


def is_trusted(sent: bytes | None, secret: bytes | None) -> bool:
    """Whether a caller may override flags; bytes, since headers may hold anything."""
    return secret is not None and sent is not None and hmac.compare_digest(sent, secret)


class FlagReader:
    """Resolves the flags of a request, once, through one OpenFeature client of its own.

    Each reader has an OpenFeature domain, so that two applications in one process keep apart.
    `open` may wait for a provider that fetches its flags; it blocks.

    Attributes:
        defaults: what serves when the provider has no fit answer.
    """

    def __init__(self, defaults: Flags, provider: FeatureProvider | None = None) -> None:
        self.defaults = defaults
        self._domain = f"versus-{uuid.uuid4()}"
        self._provider = _Override(provider or _Fixed(defaults))
        self._client = api.get_client(self._domain)

    def open(self) -> None:
        """Start the provider and wait until it is ready."""
        api.set_provider_and_wait(self._provider, self._domain)

    def close(self) -> None:
        """Stop the provider; the domain answers nothing but defaults from then on."""
        api.set_provider_and_wait(NoOpProvider(), self._domain)

    async def read(self, caller_id: str, overrides: Overrides) -> Flags:
        """The flags for one request; the caller's id is what a provider may target by."""
        context = EvaluationContext(caller_id, {_OVERRIDE_ATTRIBUTE: dict(overrides)})
        query = await self._text("workflow_query", self.defaults.workflow_query, context)
        signing = await self._text("url_signing", self.defaults.url_signing, context)
        workers = await self._client.get_integer_value_async(
            "signing_workers", self.defaults.signing_workers, context
        )
        upload = await self._text("upload", self.defaults.upload, context)
        cache = await self._text("url_cache", self.defaults.url_cache, context)
        return Flags(
            workflow_query=_fit(WorkflowQuery, query, self.defaults.workflow_query),
            url_signing=_fit(UrlSigning, signing, self.defaults.url_signing),
            signing_workers=min(max(workers, 1), SIGNING_WORKERS_MAX),
            upload=_fit(Upload, upload, self.defaults.upload),
            url_cache=_fit(UrlCache, cache, self.defaults.url_cache),
        )

    async def _text(self, flag: str, default: str, context: EvaluationContext) -> str:
        return await self._client.get_string_value_async(flag, default, context)


def _fit(choices: type[_E], value: str, default: _E) -> _E:
    """A provider is someone else's program: a value unknown here serves as the default."""
    return choices(value) if value in list(choices) else default


class _OnlyTextAndNumbers(AbstractProvider):
    """Answers the default for every kind of flag that the service does not have."""

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        return FlagResolutionDetails(default_value, reason=Reason.DEFAULT)

    def resolve_float_details(
        self,
        flag_key: str,
        default_value: float,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[float]:
        return FlagResolutionDetails(default_value, reason=Reason.DEFAULT)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        return FlagResolutionDetails(default_value, reason=Reason.DEFAULT)


class _Fixed(_OnlyTextAndNumbers):
    """Serves the flags of the settings."""

    def __init__(self, flags: Flags) -> None:
        super().__init__()
        self._texts = {
            "workflow_query": flags.workflow_query.value,
            "url_signing": flags.url_signing.value,
            "upload": flags.upload.value,
            "url_cache": flags.url_cache.value,
        }
        self._numbers = {"signing_workers": flags.signing_workers}

    def get_metadata(self) -> Metadata:
        return Metadata("versus-settings")

    def resolve_string_details(
        self,
        flag_key: str,
        default_value: str,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        return FlagResolutionDetails(self._texts.get(flag_key, default_value), reason=Reason.STATIC)

    def resolve_integer_details(
        self,
        flag_key: str,
        default_value: int,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[int]:
        return FlagResolutionDetails(
            self._numbers.get(flag_key, default_value), reason=Reason.STATIC
        )


class _Override(_OnlyTextAndNumbers):
    """Serves what a trusted caller asked for, and the wrapped provider's answer otherwise."""

    def __init__(self, provider: FeatureProvider) -> None:
        super().__init__()
        self._wrapped = provider

    def get_metadata(self) -> Metadata:
        return self._wrapped.get_metadata()

    def get_provider_hooks(self) -> list[Hook]:
        return self._wrapped.get_provider_hooks()

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        self._wrapped.initialize(evaluation_context)

    def shutdown(self) -> None:
        self._wrapped.shutdown()

    def resolve_string_details(
        self,
        flag_key: str,
        default_value: str,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        asked = _asked(flag_key, evaluation_context)
        if isinstance(asked, str):
            return FlagResolutionDetails(asked, reason=Reason.TARGETING_MATCH)
        return self._wrapped.resolve_string_details(flag_key, default_value, evaluation_context)

    async def resolve_string_details_async(
        self,
        flag_key: str,
        default_value: str,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        asked = _asked(flag_key, evaluation_context)
        if isinstance(asked, str):
            return FlagResolutionDetails(asked, reason=Reason.TARGETING_MATCH)
        return await self._wrapped.resolve_string_details_async(
            flag_key, default_value, evaluation_context
        )

    def resolve_integer_details(
        self,
        flag_key: str,
        default_value: int,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[int]:
        asked = _asked(flag_key, evaluation_context)
        if isinstance(asked, int):
            return FlagResolutionDetails(asked, reason=Reason.TARGETING_MATCH)
        return self._wrapped.resolve_integer_details(flag_key, default_value, evaluation_context)

    async def resolve_integer_details_async(
        self,
        flag_key: str,
        default_value: int,
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[int]:
        asked = _asked(flag_key, evaluation_context)
        if isinstance(asked, int):
            return FlagResolutionDetails(asked, reason=Reason.TARGETING_MATCH)
        return await self._wrapped.resolve_integer_details_async(
            flag_key, default_value, evaluation_context
        )


def _asked(flag: str, context: EvaluationContext | None) -> object:
    overrides = context.attributes.get(_OVERRIDE_ATTRIBUTE) if context else None
    return overrides.get(flag) if isinstance(overrides, Mapping) else None
