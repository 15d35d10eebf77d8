import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from service.bucket import Bucket, open_bucket
from service.settings import Settings
from service.stack import OWNER_ID

KEYS = [
    f"{OWNER_ID}/files/a.png",
    f"{OWNER_ID}/thumbnails/a_b-c.d.png",
    f"{OWNER_ID}/1/2/3/4.json",
    f"{OWNER_ID}/" + "a" * 128,
]


def opened(settings: Settings) -> Bucket:
    """A bucket that only signs, so it may be closed."""

    async def get() -> Bucket:
        async with open_bucket(settings) as bucket:
            return bucket

    return asyncio.run(get())


def signed_in_one_second(bucket: Bucket) -> tuple[list[str], list[str]]:
    """The same keys signed by boto3 and by obstore, within one second of the clock."""
    for _ in range(10):
        pair = [bucket.sign(key) for key in KEYS], bucket.sign_all(KEYS)
        dates = {parse_qs(urlsplit(url).query)["X-Amz-Date"][0] for urls in pair for url in urls}
        if len(dates) == 1:
            return pair
    raise AssertionError("signing eight URLs takes more than a second")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:9000",
        "http://127.0.0.1:80/",
        "http://[::1]:9000",
        "https://account.r2.cloudflarestorage.com",
        "https://project.supabase.co/storage/v1/s3",
        "https://S3.eu-central-1.AMAZONAWS.com:443",
    ],
)
@pytest.mark.parametrize("region", ["auto", "eu-central-1"])
def test_both_libraries_make_the_same_urls(settings: Settings, endpoint: str, region: str) -> None:
    """Wherever the store is, obstore's URLs are boto3's, signature included."""
    changed = {"s3_endpoint": endpoint, "s3_region": region, "url_lifetime_s": 604_800}
    one_by_one, together = signed_in_one_second(
        opened(Settings.model_validate(settings.model_dump() | changed))
    )

    assert one_by_one == together


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SESSION_TOKEN", "somebody's"),
        ("AWS_ACCESS_KEY_ID", "somebody's"),
        ("AWS_ENDPOINT", "http://elsewhere:1"),
        ("AWS_ENDPOINT_URL", "http://elsewhere:1"),
        ("AWS_ENDPOINT_URL_S3", "http://elsewhere:1"),
        ("AWS_BUCKET", "elsewhere"),
        ("AWS_REGION", "elsewhere"),
        ("AWS_DEFAULT_REGION", "elsewhere"),
        ("AWS_REQUEST_PAYER", "requester"),
        ("AWS_S3_EXPRESS", "true"),
        ("AWS_SKIP_SIGNATURE", "true"),
        ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true"),
        ("AWS_ROLE_ARN", "somebody's"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/nowhere"),
        ("AWS_UNSIGNED_PAYLOAD", "true"),
        ("AWS_CHECKSUM_ALGORITHM", "SHA256"),
        ("AWS_SERVER_SIDE_ENCRYPTION", "AES256"),
    ],
)
def test_aws_settings_of_the_machine_are_ignored(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """The values of AWS's variables are in neither library's URLs."""
    monkeypatch.setenv(name, value)

    one_by_one, together = signed_in_one_second(opened(settings))

    assert one_by_one == together
    assert all(url.startswith(f"{str(settings.s3_endpoint).rstrip('/')}/") for url in together)
    assert {"X-Amz-Security-Token", "x-amz-request-payer"}.isdisjoint(
        parse_qs(urlsplit(together[0]).query)
    )


def test_nothing_is_signed_for_no_keys(settings: Settings) -> None:
    """An empty page has no URL."""
    assert [] == opened(settings).sign_all([])
