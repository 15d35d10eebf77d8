from dataclasses import replace
from typing import Any

import pytest

from service.flags import Flags, Upload, UrlCache, UrlSigning, WorkflowQuery
from service.settings import Settings, SettingsError, read_settings

COMPLETE: dict[str, Any] = {
    "supabase_url": "http://127.0.0.1:1",
    "supabase_key": "a-key-nobody-may-see",
    "supabase_jwt_secret": "a-jwt-secret-nobody-may-see-in-any-repr",
    "s3_endpoint": "http://127.0.0.1:2",
    "s3_access_key_id": "an-id-nobody-may-see",
    "s3_secret_access_key": "an-s3-secret-nobody-may-see",
    "s3_bucket": "assets",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_every_missing_key_is_named() -> None:
    """Without an environment the error names every key that must be set."""
    with pytest.raises(SettingsError) as caught:
        read_settings()

    for name in COMPLETE.keys() - {"supabase_jwt_secret"}:
        assert f"{name.upper()} is not set" in str(caught.value)


def test_tokens_need_a_key() -> None:
    """A project publishes its keys; a bare PostgREST does not, so there a key must be set."""
    without = {name: value for name, value in COMPLETE.items() if name != "supabase_jwt_secret"}
    published = "http://127.0.0.1:1/auth/v1/.well-known/jwks.json"

    assert published == read_settings(**without).jwks_url
    assert "http://127.0.0.1:1/auth/v1" == read_settings(**without).issuer
    with pytest.raises(SettingsError, match="set SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL, to"):
        read_settings(**without, supabase_bare_postgrest=True)
    own = {"supabase_jwks_url": "http://127.0.0.1:3/keys", "supabase_jwt_issuer": "me"}
    bare = read_settings(**without, supabase_bare_postgrest=True, **own)
    assert ("http://127.0.0.1:3/keys", "me") == (bare.jwks_url, bare.issuer)
    assert read_settings(**COMPLETE, supabase_bare_postgrest=True).jwks_url is None


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting is read from the variable of its name."""
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("SUPABASE_BARE_POSTGREST", "false")
    monkeypatch.setenv("FLAGS_PRESET", "baseline")
    monkeypatch.setenv("SIGNING_WORKERS", "7")

    settings = read_settings()

    assert settings.supabase_bare_postgrest is False
    assert settings.flags == Flags(
        WorkflowQuery.FULL_ROWS, UrlSigning.DEFAULT_EXECUTOR, 7, Upload.SEQUENTIAL
    )


def test_single_flags_refine_the_preset() -> None:
    """A flag set by itself wins over the preset."""
    refined = {"url_signing": "sequential", "upload": "parallel"}
    settings = read_settings(**COMPLETE, flags_preset="baseline", **refined)

    assert settings.flags == Flags(
        WorkflowQuery.FULL_ROWS, UrlSigning.SEQUENTIAL, 20, Upload.PARALLEL
    )


def test_no_preset_caches_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every preset, URLs are cached only if their own flag is set."""
    monkeypatch.setenv("FLAGS_PRESET", "tuned")
    tuned = Flags(
        WorkflowQuery.LATEST_EMBED, UrlSigning.BATCH_NATIVE, 20, Upload.PARALLEL, UrlCache.OFF
    )

    assert tuned == read_settings(**COMPLETE).flags
    monkeypatch.setenv("URL_CACHE", "on")
    assert replace(tuned, url_cache=UrlCache.ON) == read_settings(**COMPLETE).flags


def test_optimized_is_the_default() -> None:
    """Without any flag the published optimizations are on."""
    expected = Flags(WorkflowQuery.SUMMARY_COLUMNS, UrlSigning.THREAD_POOL, 20, Upload.PARALLEL)

    assert expected == read_settings(**COMPLETE).flags


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (
            "flags_preset",
            "fast",
            "'fast'; expected: Input should be 'baseline', 'optimized' or 'tuned'",
        ),
        ("signing_workers", "65", "less than or equal to 64"),
        ("signing_workers", "many", "'many'"),
        ("upload_workers", "21", "less than or equal to 20"),
        ("url_lifetime_s", "604801", "less than or equal to 604800"),
        ("url_lifetime_s", "0", "greater than or equal to 1"),
        ("url_cache", "maybe", "'maybe'; expected: Input should be 'off' or 'on'"),
        ("url_cache_margin_s", "-1", "greater than or equal to 0"),
        ("url_cache_size", "0", "greater than or equal to 1"),
        ("supabase_url", "ftp://x", "URL scheme should be 'http' or 'https'"),
        ("supabase_bare_postgrest", "maybe", "'maybe'"),
        ("versus_override_secret", "short", "at least 16"),
    ],
)
def test_invalid_values_are_explained(key: str, value: str, expected: str) -> None:
    """The error names the key, its value and the valid values."""
    with pytest.raises(SettingsError) as caught:
        read_settings(**(COMPLETE | {key: value}))

    assert key.upper() in str(caught.value)
    assert expected in str(caught.value)


def test_an_invalid_secret_is_not_shown() -> None:
    """An error about a secret does not repeat it."""
    with pytest.raises(SettingsError) as caught:
        read_settings(**(COMPLETE | {"supabase_jwt_secret": "too-short-a-secret"}))

    assert "too-short-a-secret" not in str(caught.value)


def test_secrets_are_not_in_the_repr() -> None:
    """Neither repr nor str of the settings contains a secret."""
    settings = read_settings(**COMPLETE)

    assert "nobody-may-see" not in repr(settings) + str(settings)


def test_an_empty_override_secret_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable disables overrides."""
    monkeypatch.setenv("VERSUS_OVERRIDE_SECRET", "")

    assert read_settings(**COMPLETE).versus_override_secret is None


def test_settings_are_frozen() -> None:
    """A setting that has been read cannot change."""
    settings = read_settings(**COMPLETE)

    with pytest.raises(ValueError, match="frozen"):
        settings.s3_bucket = "other"
