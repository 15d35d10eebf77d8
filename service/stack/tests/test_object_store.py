import psutil
import pytest

from service.stack import Endpoints
from service.tests.support import fetch


@pytest.fixture(scope="module")
def addresses(stack: Endpoints) -> dict[str, str]:
    """The HTTP address of each part of the store, by the part's name."""
    options = [
        option.removeprefix("-").partition(".port=")
        for option in psutil.Process(stack.pids["object_store"]).cmdline()
        if ".port=" in option
    ]
    return {part: f"http://127.0.0.1:{port}" for part, _, port in options}


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_the_file_system_below_refuses_plain_requests(
    addresses: dict[str, str], method: str
) -> None:
    """A client that reaches the filer's port can neither read nor change objects."""
    for path in ("/buckets/assets/.ready", "/buckets/"):
        answer = fetch(addresses["filer"] + path, method)
        assert answer.status_code == 401


def test_volumes_refuse_plain_requests(addresses: dict[str, str]) -> None:
    """A client that reaches the volumes' port can neither write nor read."""
    place = fetch(f"{addresses['master']}/dir/assign").json()["fid"]
    url = f"{addresses['volume']}/{place}"
    written = fetch(url, "POST", files={"file": b"planted"})
    read = fetch(url)

    assert (401, 401) == (written.status_code, read.status_code)


def test_s3_refuses_unsigned_requests(stack: Endpoints) -> None:
    """Without a signature the store neither lists, reads nor writes."""
    bucket = f"{stack.s3_endpoint}/{stack.s3_bucket}"
    statuses = [
        fetch(bucket + path, method).status_code
        for method, path in [("GET", ""), ("GET", "/.ready"), ("PUT", "/x"), ("DELETE", "/.ready")]
    ]

    assert [403] * 4 == statuses
