"""What a page asks for, by the browser's events."""

from typing import Any

import pytest

from loadtests.probes.page.address import Address
from loadtests.probes.page.traffic import Traffic

ADDRESS = Address("http://127.0.0.1", "/page", {"X-Key": "abc123"}, (), r"&date=\d+")


def sent(number: str, url: str, **more: Any) -> dict[str, Any]:
    """A request is about to be sent."""
    request = {"url": url, "method": "GET"}
    return {"requestId": number, "request": request, "initiator": {"type": "script"}, **more}


def finished(number: str, size_bytes: int = 100) -> dict[str, Any]:
    """A response has come."""
    return {"requestId": number, "encodedDataLength": size_bytes}


def answered(number: str, status: int, **more: Any) -> dict[str, Any]:
    """A response's head has come."""
    return {"requestId": number, "response": {"status": status, **more}}


def test_requests_duplicates_and_bytes_are_counted() -> None:
    """What `ignore` matches does not make an address another one."""
    traffic = Traffic(ADDRESS, 2**20)
    for number, path in enumerate(("/a?x=1&date=1", "/a?x=1&date=2", "/b")):
        traffic._sent(sent(str(number), f"http://127.0.0.1{path}"))
    assert not traffic.idle.is_set()
    for number in range(3):
        traffic._finished(finished(str(number)))

    assert [3, 1, 300] == list(traffic.counts.values())
    assert traffic.idle.is_set()
    assert "" == traffic.trouble


def test_redirects_count_twice() -> None:
    """Each address, and the bytes of the redirect."""
    traffic = Traffic(ADDRESS, 2**20)
    traffic._sent(sent("1", "http://127.0.0.1/a"))
    redirected = sent("1", "http://127.0.0.1/b", redirectResponse={"encodedDataLength": 50})
    traffic._sent(redirected)
    traffic._finished(finished("1"))

    assert [2, 0, 150] == list(traffic.counts.values())


def test_a_body_beyond_the_limit_is_named_as_soon_as_it_is() -> None:
    """Pieces are summed up for each answer, however many there are."""
    traffic = Traffic(ADDRESS, 2**20)
    for number in ("1", "2"):
        traffic._sent(sent(number, f"http://127.0.0.1/{number}?x=1"))
        traffic._grown({"requestId": number, "dataLength": 2**20})
    assert "" == traffic.trouble
    traffic._grown({"requestId": "2", "dataLength": 1})

    expected = "GET /2: its body is larger than 1 MiB (target.body_mib_max)"
    assert expected == traffic.trouble


def test_what_needs_no_network_does_not_count() -> None:
    """Data in addresses, the browser's icon, and answers from a cache."""
    traffic = Traffic(ADDRESS, 2**20)
    traffic._sent(sent("1", "data:text/plain,x"))
    traffic._sent(sent("2", "http://127.0.0.1/i.ico", type="Other", initiator={"type": "other"}))
    traffic._sent(sent("3", "http://127.0.0.1/cached"))
    traffic._not_sent({"requestId": "3"})
    traffic._sent(sent("4", "http://127.0.0.1/disk"))
    traffic._answered(answered("4", 200, fromDiskCache=True))
    traffic._finished(finished("4"))

    assert [0, 0, 0] == list(traffic.counts.values())
    assert traffic.idle.is_set()


@pytest.mark.parametrize(
    ("status", "trouble"), [(399, ""), (400, "GET /a answered 400"), (503, "GET /a answered 503")]
)
def test_a_wrong_status_is_trouble(status: int, trouble: str) -> None:
    """From 400 on."""
    traffic = Traffic(ADDRESS, 2**20)
    traffic._sent(sent("1", "http://127.0.0.1/a?key=abc123"))
    traffic._answered(answered("1", status))

    assert trouble == traffic.trouble
    assert bool(trouble) == traffic.troubled.is_set()


def test_the_first_trouble_is_kept_without_secrets() -> None:
    """A request that the page itself cancels is none."""
    traffic = Traffic(ADDRESS, 2**20)
    traffic._sent(sent("1", "http://127.0.0.1/a"))
    traffic._broken({"requestId": "1", "errorText": "net::ERR_ABORTED", "canceled": True})
    assert "" == traffic.trouble
    traffic._sent(sent("2", "http://127.0.0.1/abc123"))
    traffic._broken({"requestId": "2", "errorText": "net::ERR_FAILED"})
    traffic.report_trouble("later")

    assert "GET /[removed] failed: net::ERR_FAILED" == traffic.trouble
