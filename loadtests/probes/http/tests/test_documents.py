"""Bodies are compared by what they say."""

import pytest

from loadtests.planning.expressions import Ignored
from loadtests.planning.pointers import Noise
from loadtests.probes.http.answer import body_hash
from loadtests.probes.http.documents import DOCUMENT_BYTES_MAX, BodyHashes


def are_equal(first: bytes, second: bytes, ignored: str = "", *noise: Noise) -> bool:
    hashes = BodyHashes(Ignored.of(ignored), noise)
    return hashes.of(first) == hashes.of(second)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (b'{"a": 1, "b": [2]}', b'{"b":[2.0],\n"a":1e0}', True),
        (b'{"a": 1}', b'{"a": true}', False),
        (b'{"a": 0}', b'{"a": -0.0}', True),
        (b"[1, 2]", b"[2, 1]", False),
        (b'{"a": null}', b"{}", False),
        ('["é"]'.encode(), b'["\\u00e9"]', True),
        (b"[9007199254740993]", b"[9007199254740992.0]", False),
        # Neither a number that nobody can hold nor what is no JSON has a value.
        (b"[1e400]", b"[1e500]", False),
        (b"[NaN]", b"[NaN ]", False),
        (b"1", b"1.0", False),
        (b"[0.3]", b"[0.30000000000000001]", False),
        (b"[0.30000000000000001]", b"[ 0.300000000000000010 ]", True),
        (b"[12345678901234567.01]", b"[12345678901234567.99]", False),
        (b"[1e-400]", b"[0]", False),
        (b"[1e-400]", b"[10e-401]", True),
        (b"[0.10]", b"[0.1]", True),
        (b"[0.0]", b"[0]", True),
        (b"[1e-99999999999999999999]", b"[0]", False),
        # Readers take one or the other of two values.
        (b'{"a": 1, "a": 2}', b'{"a": 2}', False),
        (b'[{"a": 1, "a": 2}]', b'[{"a": 3, "a": 2}]', False),
        (b"<a>", b"<a> ", False),
        (b"[" * 100_000, b"[" * 100_001, False),
        (b"[" * 9_000 + b"]" * 9_000, b"[" * 9_000 + b"]" * 9_000 + b" ", None),
    ],
)
def test_json_is_compared_by_value(first: bytes, second: bytes, expected: bool | None) -> None:
    """Order of keys, white space and 1.0 do not matter; all else does, and nothing breaks."""
    assert are_equal(first, second) in ({True, False} if expected is None else {expected})


def test_large_bodies_are_compared_by_their_bytes() -> None:
    """Above some MiB nothing is parsed between two requests."""
    large = b"[%s]" % b",".join([b"1"] * (DOCUMENT_BYTES_MAX // 2))

    assert not are_equal(large, large + b" ")
    assert are_equal(large[:-5] + b"]", large[:-5] + b" ]")
    small = BodyHashes(None, bytes_max=3)
    assert small.of(b"[1]") == small.of(b"[1]") != small.of(b"[1 ]")


def test_what_the_scenario_ignores_is_left_out_before() -> None:
    """Two signatures of one address are equal; a rest that is no JSON counts by its bytes."""
    pattern = r'\?X-Amz-[^"]*'

    assert are_equal(b'{"url": "/a?X-Amz-1"}', b'{"url":"/a?X-Amz-2"}', pattern)
    assert not are_equal(b'{"url": "/a?X-Amz-1"}', b'{"url": "/b?X-Amz-1"}', pattern)
    assert are_equal(b'{"t": 1, "a": 2}', b'{"t": 3, "a": 2}', r'"t": \d')
    assert not are_equal(b'{"t": 1, "a": 2}', b'{"t": 3,"a": 2}', r'"t": \d')


def test_noise_is_not_compared_but_its_presence_is() -> None:
    """In one item or in each; where it is missing now and then, not even that."""
    each = Noise(1, ("items", None, "at"))
    first = b'{"items": [{"at": 1, "id": 1}, {"at": 2, "id": 2}]}'

    assert are_equal(first, first.replace(b'"at": 2', b'"at": 9'), "", each)
    assert not are_equal(first, first.replace(b'"id": 2', b'"id": 9'), "", each)
    assert not are_equal(first, first.replace(b'"at": 2, ', b""), "", each)
    assert are_equal(
        first,
        first.replace(b'"at": 2, ', b""),
        "",
        Noise(1, ("items", "1", "at"), absent=True),
    )
    assert are_equal(b"[1, 2]", b"[1, 3]", "", Noise(1, ("1",)))
    assert not are_equal(b"[1, 2]", b"[1, 3]", "", Noise(2, ("1",)))


def test_a_steady_service_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later answers cost one hash of their bytes; what is kept is bounded."""
    hashes = BodyHashes(None)
    found = hashes.of(b'{"b": 1, "a": 2}')
    monkeypatch.setattr("loadtests.probes.http.documents.parse_document", None)

    assert body_hash(b'{"a":2,"b":1}') == found == hashes.of(b'{"b": 1, "a": 2}')
