"""Settings, read once from the environment and never changed afterwards."""

from dataclasses import replace
from typing import Any, Self

from pydantic import Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.deadlines import DEADLINE_S
from service.flags import (
    FLAGS,
    PRESETS,
    SIGNING_WORKERS_DEFAULT,
    SIGNING_WORKERS_MAX,
    Flags,
    Preset,
    Upload,
    UrlCache,
    UrlSigning,
    WorkflowQuery,
)
from service.limits import RATE_PER_S_DEFAULT, REQUESTS_MAX_DEFAULT

# S3 refuses presigned URLs that are valid for more than seven days.
URL_LIFETIME_MAX_S = 604_800
# The size of the connection pool to the store; further requests would wait.
STORE_CONNECTIONS_MAX = 20


class SettingsError(Exception):
    """A variable is missing or not valid; the message names each and what is expected."""


class Settings(BaseSettings):
    """Addresses of the database and the object store, and the default flags.

    Attributes:
        supabase_jwt_secret: signs tokens with HS256; projects with signing keys have none.
        supabase_jwks_url: where the project publishes its signing keys; unset: below the URL of
            the project, or nowhere for a bare PostgREST.
        supabase_jwt_issuer: the claim `iss` of all tokens; unset: as Supabase issues them.
        supabase_bare_postgrest: the URL is a bare PostgREST, without the prefix `/rest/v1`.
        workflow_query, url_signing, signing_workers, upload, url_cache: override the preset if set.
        upload_workers: the most objects of one request that are stored at the same moment, if they
            are stored in parallel.
        versus_override_secret: callers who send it may choose flags per request; unset: nobody may.
        request_deadline_s: how long one request may wait for database, store and keys together, in
            seconds.
        url_lifetime_s: how long a presigned URL for reading is valid, in seconds.
        upload_url_lifetime_s: how long a presigned URL for writing is valid, in seconds.
        url_cache_margin_s: the least remaining validity of a URL that the cache returns, in
            seconds.
        url_cache_size: the most URLs in the cache.
        requests_max: how many requests may be in progress at the same moment.
        rate_per_s: how many requests one caller may send in a second, in the long run; 0: any.
    """

    # An empty variable counts as unset: callers must not be able to match an empty secret.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="forbid")

    supabase_url: HttpUrl
    supabase_key: SecretStr
    supabase_jwt_secret: SecretStr | None = Field(default=None, min_length=32)
    supabase_jwks_url: HttpUrl | None = None
    supabase_jwt_issuer: str | None = None
    supabase_bare_postgrest: bool = False
    s3_endpoint: HttpUrl
    s3_access_key_id: SecretStr
    s3_secret_access_key: SecretStr
    s3_bucket: str = Field(min_length=3)
    s3_region: str = "auto"
    flags_preset: Preset = Preset.OPTIMIZED
    workflow_query: WorkflowQuery | None = None
    url_signing: UrlSigning | None = None
    signing_workers: int = Field(default=SIGNING_WORKERS_DEFAULT, ge=1, le=SIGNING_WORKERS_MAX)
    upload: Upload | None = None
    upload_workers: int = Field(default=8, ge=1, le=STORE_CONNECTIONS_MAX)
    url_cache: UrlCache = UrlCache.OFF
    versus_override_secret: SecretStr | None = Field(default=None, min_length=16)
    request_deadline_s: float = Field(default=DEADLINE_S, gt=0, le=60)
    url_lifetime_s: int = Field(default=900, ge=1, le=URL_LIFETIME_MAX_S)
    upload_url_lifetime_s: int = Field(default=300, ge=1, le=3600)
    url_cache_margin_s: int = Field(default=300, ge=0, le=URL_LIFETIME_MAX_S)
    url_cache_size: int = Field(default=10_000, ge=1, le=1_000_000)
    requests_max: int = Field(default=REQUESTS_MAX_DEFAULT, ge=1, le=1_000_000)
    rate_per_s: int = Field(default=RATE_PER_S_DEFAULT, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _has_a_key(self) -> Self:
        if self.supabase_jwt_secret is None and self.jwks_url is None:
            raise ValueError("set SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL, to check tokens")
        return self

    @property
    def jwks_url(self) -> str | None:
        """Where the project publishes its signing keys; None if it does not."""
        if self.supabase_jwks_url is not None:
            return str(self.supabase_jwks_url)
        return None if self.supabase_bare_postgrest else f"{self._auth_url}/.well-known/jwks.json"

    @property
    def issuer(self) -> str:
        """The claim `iss` of every valid token."""
        return self.supabase_jwt_issuer or self._auth_url

    @property
    def _auth_url(self) -> str:
        return f"{str(self.supabase_url).rstrip('/')}/auth/v1"

    @property
    def flags(self) -> Flags:
        """The flags of a request without overrides."""
        refined = {name: getattr(self, name) for name in FLAGS if getattr(self, name) is not None}
        return replace(PRESETS[self.flags_preset], **refined)


def read_settings(**overrides: Any) -> Settings:
    """The settings of the environment; `overrides`, by field name, take precedence.

    Raises:
        SettingsError: a variable is missing or not valid.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
    raise SettingsError("; ".join(_explain(detail) for detail in details) + ".")


def _explain(detail: ErrorDetails) -> str:
    if not detail["loc"]:
        return detail["msg"].removeprefix("Value error, ")
    name = str(detail["loc"][0])
    if detail["type"] == "missing":
        return f"{name.upper()} is not set"
    field = Settings.model_fields.get(name)
    public = field is not None and "SecretStr" not in str(field.annotation)
    value = repr(detail["input"]) if public else "a value that is not shown"
    return f"{name.upper()} is {value}; expected: {detail['msg']}"
