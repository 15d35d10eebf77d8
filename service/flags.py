"""The flags, their presets, and the per-request override for trusted callers.

Flags are read through OpenFeature, so a team's own flag provider can serve them. An override takes
precedence over any provider. Only callers who send the override secret may override. The secret is
as good as the bearer token beside it: a request may be repeated, as a measurement does.
"""

import hmac
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagResolutionDetails, Reason
from openfeature.provider import FeatureProvider
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
from openfeature.provider.no_op_provider import NoOpProvider

from service.logs import log
from service.problems import Problem

FLAGS_HEADER = "Versus-Flags"
SECRET_HEADER = "Versus-Override-Secret"  # noqa: S105 -- a header's name, not a secret
SIGNING_WORKERS_DEFAULT = 20
SIGNING_WORKERS_MAX = 64
_LOGGED_MAX = 1000


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
    """Whether signed URLs are cached and returned again."""

    OFF = "off"
    ON = "on"


class Upload(StrEnum):
    """How the objects of one request are sent to the store."""

    SEQUENTIAL = "sequential"
    PARALLEL = "parallel"


class Preset(StrEnum):
    """Named settings of all strategies at once: before, after, and the fastest."""

    BASELINE = "baseline"
    OPTIMIZED = "optimized"
    TUNED = "tuned"


STRATEGIES: Mapping[str, type[StrEnum]] = {
    "workflow_query": WorkflowQuery,
    "url_signing": UrlSigning,
    "upload": Upload,
    "url_cache": UrlCache,
}
"""The flags that choose a strategy, by the name of their field in `Flags`."""


@dataclass(frozen=True)
class Flags:
    """The flags of one request.

    Attributes:
        signing_workers: size of the thread pool, 1 to 64; only `thread_pool` uses it.
    """

    workflow_query: WorkflowQuery
    url_signing: UrlSigning
    signing_workers: int = SIGNING_WORKERS_DEFAULT
    upload: Upload = Upload.PARALLEL
    url_cache: UrlCache = UrlCache.OFF


FLAGS = tuple(field.name for field in fields(Flags))

# No preset caches URLs: a client that repeats a list would measure the cache, not the strategies.
PRESETS: Mapping[Preset, Flags] = {
    Preset.BASELINE: Flags(
        WorkflowQuery.FULL_ROWS, UrlSigning.DEFAULT_EXECUTOR, upload=Upload.SEQUENTIAL
    ),
    Preset.OPTIMIZED: Flags(WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL),
    Preset.TUNED: Flags(WorkflowQuery.LATEST_EMBED, UrlSigning.BATCH_NATIVE),
}

Overrides = Mapping[str, str | int]


def parse_overrides(text: str) -> Overrides:
    """The overrides in a `Versus-Flags` header, by flag; later entries win.

    Raises:
        Problem: 400; names the valid flags or values.
    """
    overrides: dict[str, str | int] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = (part.strip() for part in entry.partition("="))
        if not separator:
            raise _bad_flags(f"{entry!r} is not of the form name=value")
        overrides |= _parse_entry(name, value)
    return overrides


def _parse_entry(name: str, value: str) -> Overrides:
    if name == "preset":
        preset = PRESETS[Preset(_parse_choice(Preset, name, value))]
        return {flag: getattr(preset, flag).value for flag in STRATEGIES}
    if name == "signing_workers":
        return {name: _parse_workers(value)}
    if name in STRATEGIES:
        return {name: _parse_choice(STRATEGIES[name], name, value)}
    *names, last = ("preset", *FLAGS)
    raise _bad_flags(f"{name!r} is not a flag; expected {', '.join(names)} or {last}")


def _parse_choice(choices: type[StrEnum], name: str, value: str) -> str:
    if value in list(choices):
        return value
    raise _bad_flags(f"{name} cannot be {value!r}; expected {' or '.join(choices)}")


def _parse_workers(value: str) -> int:
    if value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= SIGNING_WORKERS_MAX:
        return int(value[:9])
    raise _bad_flags(
        f"signing_workers cannot be {value!r}; expected a number from 1 to {SIGNING_WORKERS_MAX}"
    )


def _bad_flags(reason: str) -> Problem:
    return Problem(400, f"{FLAGS_HEADER}: {reason}.")


def is_trusted(sent: bytes | None, secret: bytes | None) -> bool:
    """Whether a caller may override flags; bytes, because headers may hold any."""
    return secret is not None and sent is not None and hmac.compare_digest(sent, secret)


class FlagReader:
    """Resolves the flags of each request once, through OpenFeature.

    Each reader has OpenFeature domains of its own, so that two applications in one process serve
    different flags. `open` blocks while a provider fetches its flags.

    Attributes:
        defaults: used where the provider has no valid answer.
    """

    def __init__(self, defaults: Flags, provider: FeatureProvider | None = None) -> None:
        self.defaults = defaults
        domain = f"versus-{uuid.uuid4()}"
        self._providers: Mapping[str, FeatureProvider] = {
            domain: provider or _settings_provider(defaults),
            f"{domain}-overrides": _override_provider(),
        }
        self._client, self._override_client = map(api.get_client, self._providers)
        # The overrides that were logged, the oldest first.
        self._logged: OrderedDict[tuple[tuple[str, str | int], ...], None] = OrderedDict()

    def open(self) -> None:
        """Start the provider and wait until it is ready."""
        for domain, provider in self._providers.items():
            api.set_provider_and_wait(provider, domain)

    def close(self) -> None:
        """Stop the provider; `read` returns only defaults afterwards."""
        for domain in self._providers:
            api.set_provider_and_wait(NoOpProvider(), domain)

    async def read(self, caller_id: str, overrides: Overrides) -> Flags:
        """The flags for one request; a provider may target by the caller's id."""
        if overrides:
            self._log(overrides)
        targeted = EvaluationContext(caller_id)
        overridden = EvaluationContext(caller_id, overrides)
        values: dict[str, Any] = {}
        for name in FLAGS:
            default = getattr(self.defaults, name)
            is_overridden = name in overrides
            client = self._override_client if is_overridden else self._client
            context = overridden if is_overridden else targeted
            if name in STRATEGIES:
                answer = await client.get_string_value_async(name, default, context)
                values[name] = _known(STRATEGIES[name], answer, default)
            else:
                workers = await client.get_integer_value_async(name, default, context)
                values[name] = min(max(workers, 1), SIGNING_WORKERS_MAX)
        return Flags(**values)

    def _log(self, overrides: Overrides) -> None:
        """Log overrides at their first use; at each they would disturb what they let measure."""
        key = tuple(sorted(overrides.items()))
        if key not in self._logged:
            log.warning("flags overridden", flags=dict(overrides))
            if len(self._logged) >= _LOGGED_MAX:
                self._logged.popitem(last=False)
        self._logged[key] = None


def _known(choices: type[StrEnum], answer: str, default: StrEnum) -> StrEnum:
    """The strategy that a provider named; the default where there is no such strategy."""
    return choices(answer) if answer in list(choices) else default


def _settings_provider(flags: Flags) -> InMemoryProvider:
    """Serves the flags of the settings."""
    values = {name: getattr(flags, name) for name in FLAGS}
    return InMemoryProvider(
        {name: InMemoryFlag("settings", {"settings": value}) for name, value in values.items()}
    )


def _override_provider() -> InMemoryProvider:
    """Serves the overrides, which are the attributes of the evaluation context."""

    def flag(name: str) -> InMemoryFlag[Any]:
        return InMemoryFlag(
            default_variant="",
            variants={},
            context_evaluator=lambda _, context: FlagResolutionDetails(
                context.attributes[name], reason=Reason.TARGETING_MATCH
            ),
        )

    return InMemoryProvider({name: flag(name) for name in FLAGS})
