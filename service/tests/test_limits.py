"""The limits' documentation, and what the largest bodies within them cost."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service import limits
from service.limits import (
    INTEGER_DIGITS_MAX,
    JSON_BYTES_MAX,
    JSON_MARKS_MAX,
    NODES_MAX,
    UPLOAD_BYTES_MAX,
)
from service.stack import Endpoints
from service.tests.support import OVERRIDE_SECRET, connect, cost_of
from service.tests.test_server import program, token_of

DOCS = Path(__file__).parents[2] / "docs" / "service.md"
KIB, MIB = 1024, 1024 * 1024


def documented() -> str:
    """The text of the section about limits."""
    _, _, section = DOCS.read_text().partition("\n## Limits\n")
    return section.partition("\n## ")[0]


def written(name: str, value: float) -> str:
    """A limit as the documentation writes it."""
    if "_BYTES_" in name:
        unit, size = ("MiB", MIB) if value >= MIB else ("KiB", KIB)
        return f"{value / size:g} {unit}"
    return f"{value:,g}{' s' if name.endswith('_S') else ''}"


def test_every_limit_is_documented() -> None:
    """Each value is in the table, in the row that names its constant."""
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", documented(), flags=re.MULTILINE))

    assert {name: written(name, value) for name, value in values.items()} == rows


def workflow(extra: bytes = b"[]", nodes: bytes = b"") -> bytes:
    return b'{"name":"w","payload":{"edges":[],"nodes":[' + nodes + b'],"extra":' + extra + b"}}"


def many(unit: bytes, marks_each: int) -> bytes:
    """As many values as the limits allow, separated by commas."""
    marks = (JSON_MARKS_MAX - 20) // (marks_each + 1)
    count = min(marks, (JSON_BYTES_MAX - 200) // (len(unit) + 1))
    return b",".join([unit] * count)


def keys(value: bytes, marks_each: int) -> bytes:
    count = (JSON_MARKS_MAX - 20) // (marks_each + 2)
    return b"{" + b",".join(b'"%06d":%b' % (number, value) for number in range(count)) + b"}"


_LONGEST_TEXT = JSON_BYTES_MAX - 200
BODIES = {
    "wrong nodes": workflow(nodes=many(b"1", 0)),
    "nodes": workflow(nodes=b",".join([b"{}"] * NODES_MAX)),
    "unknown keys": keys(b"1", 0),
    "numbers": workflow(b"[" + many(b"1", 0) + b"]"),
    "fractions": workflow(b"[" + many(b"1.23456789012e-5", 0) + b"]"),
    "long integers": workflow(b"[" + many(b"9" * INTEGER_DIGITS_MAX, 0) + b"]"),
    "one long integer": workflow(b"9" * _LONGEST_TEXT),
    "one long fraction": workflow(b"0." + b"9" * (_LONGEST_TEXT - 2)),
    "lists": workflow(b"[" + many(b"[]", 1) + b"]"),
    "deep lists": workflow(b"[" + many(b"[" * 90 + b"]" * 90, 90) + b"]"),
    "objects": workflow(b"[" + many(b"{}", 1) + b"]"),
    "keys": workflow(keys(b"1", 0)),
    "keys of lists": workflow(keys(b"[]", 1)),
    "text": workflow(b'"' + b"a" * _LONGEST_TEXT + b'"'),
    "escapes": workflow(b'"' + b"\\u00e9" * (_LONGEST_TEXT // 6) + b'"'),
    "blanks": b" " * JSON_BYTES_MAX,
    "a long key": b'{"' + b"k" * _LONGEST_TEXT + b'":1}',
    "broken at the end": workflow(b"[" + many(b"{}", 1) + b"]") + b"x",
}

_PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
_PART += b"Content-Type: text/plain\r\n\r\n"
FORMS = {
    "almost boundaries": _PART + b"\r\n--y" * ((UPLOAD_BYTES_MAX - 200) // 5) + b"\r\n--x--\r\n",
    "parts": (_PART + b"a\r\n") * (UPLOAD_BYTES_MAX // (len(_PART) + 3)),
    "header lines": b"--x\r\n" + b"a: b\r\n" * (UPLOAD_BYTES_MAX // 6 - 2),
    "fields": b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n' * 380_000,
}


@pytest.fixture(scope="module")
def apart(stack: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service in a process of its own, so that its CPU time is its own."""
    secret = {"VERSUS_OVERRIDE_SECRET": OVERRIDE_SECRET, "RATE_PER_S": "0"}
    with program(stack, tmp_path_factory.mktemp("apart"), by_descriptor=True, **secret) as (url, _):
        yield url


@pytest.fixture
def trusted(apart: str, newcomer: httpx.Client) -> Iterator[httpx.Client]:
    """A new user of that service, who is told what each request costs."""
    with connect(apart, token_of(newcomer), "") as client:
        yield client


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_body_keeps_the_service_busy(trusted: httpx.Client, body: bytes) -> None:
    """The largest bodies of any kind, and what reads them later, take less than 200 ms each."""
    assert len(body) <= JSON_BYTES_MAX
    headers = {"Content-Type": "application/json"}
    answers = [trusted.post("/v1/workflows", content=body, headers=headers)]
    if answers[0].status_code == 201:
        workflow_id = answers[0].json()["id"]
        answers.append(trusted.get(f"/v1/workflows/{workflow_id}"))
        trusted.cookies.set("versus_session", token_of(trusted))
        answers.append(trusted.get(f"/workflows/{workflow_id}/preview"))
        answers.append(trusted.get("/v1/workflows"))

    assert answers[0].status_code in {201, 400, 413, 422}
    assert all(answer.status_code == 200 for answer in answers[1:])
    assert 0.2 > max(cost_of(answer)["cpu_s"] for answer in answers)


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
def test_no_form_keeps_the_service_busy(trusted: httpx.Client, body: bytes) -> None:
    """A form of 20 MiB may take longer in all, but others get turns between its parts."""
    assert len(body) <= UPLOAD_BYTES_MAX
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    answer = trusted.post("/v1/files", content=body, headers=headers)

    assert answer.status_code in {201, 400, 413, 422}
    assert 0.2 > cost_of(answer)["cpu_s"]
