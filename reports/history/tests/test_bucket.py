"""A history in a bucket of the real object store."""

import io
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from contract.errors import ReportError
from reports.history import bucket
from reports.history.bucket import Prefix
from reports.history.entry import ENTRY_NAME, entry_json
from reports.history.history import keep_entry, publish_history
from reports.history.places import parse_place
from reports.history.tests.entries import entry
from service.stack import Endpoints


def prefix_of(text: str) -> Prefix:
    """The prefix that an address names."""
    place = parse_place(text)
    assert isinstance(place, Prefix)
    return place


@pytest.fixture
def store(stack: Endpoints, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The store as the environment tells of it, and a client of it."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": stack.s3_endpoint,
        "AWS_ACCESS_KEY_ID": stack.s3_access_key_id,
        "AWS_SECRET_ACCESS_KEY": stack.s3_secret_access_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    return boto3.Session().client("s3")


@pytest.fixture
def place(store: Any, stack: Endpoints) -> Prefix:
    """One that nothing has been kept in yet."""
    return prefix_of(f"s3://{stack.s3_bucket}/history/{uuid4().hex}")


def keys(store: Any, place: Prefix) -> list[str]:
    """What lies there, without the prefix."""
    found = store.list_objects_v2(Bucket=place.bucket, Prefix=place.path)
    return [one["Key"].removeprefix(place.path) for one in found.get("Contents", ())]


def put(store: Any, place: Prefix, key: str, content: bytes) -> None:
    """Write an object as anybody may."""
    store.put_object(Bucket=place.bucket, Key=f"{place.path}{key}", Body=content)


def test_a_run_is_kept_and_read(store: Any, place: Prefix, tmp_path: Path) -> None:
    """Its entry comes back as it was left, under the run's name."""
    run = tmp_path / "run007"
    run.mkdir()
    (run / ENTRY_NAME).write_bytes(entry_json(entry(7, 0.5)))
    keep_entry(run, parse_place(str(place)))
    (key,) = keys(store, place)

    assert ([entry(7, 0.5)], []) == place.read()
    assert key.startswith("run007-")
    assert key.endswith(".json")


def test_jobs_at_the_same_time_replace_nothing(store: Any, place: Prefix) -> None:
    """Not even under one name; writing again what is there adds nothing."""
    entries = [entry_json(entry(number, 0.5)) for number in range(4)]
    with ThreadPoolExecutor(8) as jobs:
        list(jobs.map(lambda one: place.add("same", one), entries * 2))

    assert 4 == len(keys(store, place))
    assert {f"run{number:03d}" for number in range(4)} == {one.run for one in place.read()[0]}


def test_trying_leaves_no_entry(store: Any, place: Prefix) -> None:
    """However often it is done."""
    for _ in range(2):
        place.check_writable()

    assert [".versus"] == keys(store, place)
    with pytest.raises(ReportError, match="no entry there"):
        place.read()


@pytest.mark.slow
def test_more_than_a_page_of_keys_is_read(store: Any, place: Prefix) -> None:
    """A listing holds 1,000; what lies deeper, or is no entry by its name, is another's."""
    with ThreadPoolExecutor(8) as jobs:
        for number in range(1_005):
            jobs.submit(put, store, place, f"{number:05d}.json", entry_json(entry(number, 1)))
    put(store, place, "deeper/x.json", b"{")
    put(store, place, "notes.txt", b"{")
    entries, notes = place.read()

    assert (1_005, []) == (len({one.run for one in entries}), notes)


def test_the_oldest_are_left_out(
    store: Any, place: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A history grows for ever, what is read of it does not; the page says so."""
    monkeypatch.setattr(bucket, "ENTRIES_MAX", 2)
    for number in range(4):
        put(store, place, f"{number}.json", entry_json(entry(number, 0.5)))
    out = io.StringIO()
    page = tmp_path / "runs" / "history-s3.html"

    assert publish_history(place, page.parent, out).headline
    assert out.getvalue().startswith("No change found in 2 runs")
    assert out.getvalue().splitlines()[-1] == str(page)
    assert "2 older runs are left out." in out.getvalue()
    assert "2 older runs are left out." in page.read_text()


def test_bytes_are_bounded(store: Any, place: Prefix, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few large entries are as many small ones."""
    content = entry_json(entry(1, 0.5))
    monkeypatch.setattr(bucket, "ENTRIES_BYTES_MAX", len(content))
    for number in range(2):
        put(store, place, f"{number}.json", content)

    assert ["1 older runs are left out."] == place.read()[1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "no entry of a history"),
        (b" " * 1_000_001, "larger than 1,000,000 bytes"),
        (json.dumps({"schema_version": 99}).encode(), "newer Versus"),
    ],
    ids=["broken", "large", "newer"],
)
def test_what_is_no_entry_is_refused(store: Any, place: Prefix, content: bytes, told: str) -> None:
    """One line that names the object, and in which nothing is a command for a build's log."""
    put(store, place, "x##[error]::x.json", content)

    with pytest.raises(ReportError, match=told) as refused:
        place.read()
    assert str(refused.value).startswith(f"{place}x#\u200b#[error]:\u200b:x.json: ")


def test_a_key_that_is_no_path_is_refused(store: Any, place: Prefix) -> None:
    """In one line, without the key, which a terminal might obey."""
    put(store, place, "x\x1b[31m\n.json", b"{}")

    with pytest.raises(ReportError) as refused:
        place.read()
    assert f"{place}: an object's key there is no path. Remove it." == str(refused.value)


def refusals(place: Prefix) -> list[str]:
    """What is said where nothing can be tried, written or read."""
    said = []
    asked: list[Callable[[], object]] = [
        place.check_writable,
        lambda: place.add("run", b"{}"),
        place.read,
    ]
    for ask in asked:
        with pytest.raises(ReportError) as refused:
            ask()
        said.append(str(refused.value))
    return said


def test_a_bucket_that_is_not_there_is_told(store: Any) -> None:
    """Nothing makes it."""
    told = "s3://no-such-bucket/x/: there is no such bucket. Make it, or name another --history."

    assert [told] * 3 == refusals(prefix_of("s3://no-such-bucket/x"))


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_credentials_are_told_and_never_shown(
    name: str, place: Prefix, stack: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the right nor the wrong ones."""
    monkeypatch.setenv(name, "wrong-and-secret")
    secrets = ("wrong-and-secret", stack.s3_access_key_id, stack.s3_secret_access_key)

    for said in refusals(place):
        assert "the store does not accept the credentials" in said
        assert not any(secret in said for secret in secrets)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("AWS_ACCESS_KEY_ID", None, "NoCredentialsError"),
        ("AWS_SECRET_ACCESS_KEY", None, "PartialCredentialsError"),
        ("AWS_PROFILE", "missing", "ProfileNotFound"),
    ],
)
def test_missing_credentials_are_told(
    name: str, value: str | None, kind: str, place: Prefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which variables to set."""
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)

    for said in refusals(place):
        assert f"no credentials ({kind}). Set AWS_ACCESS_KEY_ID and" in said


@pytest.fixture
def closed(store: Any) -> Iterator[Prefix]:
    """A bucket in which these credentials may neither write nor list."""
    bucket = f"closed-{uuid4().hex[:12]}"
    store.create_bucket(Bucket=bucket)
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:PutObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    store.put_bucket_policy(Bucket=bucket, Policy=policy)
    yield prefix_of(f"s3://{bucket}")
    store.delete_bucket_policy(Bucket=bucket)
    store.delete_bucket(Bucket=bucket)


def test_a_missing_right_is_told(closed: Prefix) -> None:
    """Which one, so that whoever grants rights need not guess."""
    tried, written, read = refusals(closed)

    assert f"{closed}: these credentials may not write there. Allow s3:PutObject." == tried
    assert tried == written
    assert "may not list and read there. Allow s3:ListBucket and s3:GetObject." in read


def test_a_store_that_does_not_answer_is_told(
    place: Prefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its host, without the password that an address may hold."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://somebody:hidden@127.0.0.1:{port}")

    for said in refusals(place):
        assert f"127.0.0.1:{port} does not answer (Connect)." in said
        assert "hidden" not in said


@pytest.mark.parametrize("address", ["127.0.0.1", "http://u:hidden@127.0.0.1:port", "ftp://x"])
def test_an_address_that_is_none_is_told(
    address: str, place: Prefix, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As everything, in one line."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address)

    for said in refusals(place):
        assert "Check AWS_ENDPOINT_URL_S3" in said
        assert "hidden" not in said


def test_what_is_no_store_is_told(
    place: Prefix, plain_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A web server that answers otherwise than S3."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", plain_url)

    for said in refusals(place):
        assert 1 == len(said.splitlines())
        assert said.startswith(str(place))


def test_another_code_of_a_store_is_shown() -> None:
    """Only its code, which is one word."""
    told = "the store refuses (SlowDown). Check --history, the credentials and AWS_DEFAULT_REGION"
    said = bucket._explain(ValueError("x <Code>SlowDown</Code> secret"), "write", "rights")

    assert told == said


def test_a_code_that_is_no_word_is_not_shown() -> None:
    """Whatever a store says, nothing of it is a command for a build's log."""
    said = bucket._explain(ValueError("<Code>::error::x</Code>"), "write", "rights")

    assert "error" not in said.replace("ValueError", "")
