"""What is sent and what is made of the answers, over real connections."""

import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from loadtests.planning.plan import load_plan
from loadtests.probes.http.tests.sending import job_of, sent

SERVER = Path(__file__).parents[4] / "loadtests" / "tests" / "strange_server.py"

HEAD = """
[target]
url = "{url}"
timeout_s = 3
headers = {{ X-Common = "all", authorization = "nobody" }}
stages = ["db", "total"]
counters = ["db_rows"]

[variants.before]
[variants.after]
headers = {{ x-COMMON = "after" }}
query = {{ build = "new way" }}
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Address of a strange server."""
    with subprocess.Popen(
        [sys.executable, str(SERVER), "serve"],
        env={**os.environ, "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.terminate()


def rows_of(
    tmp_path: Path,
    url: str,
    scenarios: str,
    *,
    calls: str = "",
    from_due: bool = False,
    **environment: str,
) -> list[dict[str, Any]]:
    """What each scenario gives in each variant, scenario by scenario."""
    config = tmp_path / "versus.toml"
    config.write_text(HEAD.format(url=url) + scenarios, encoding="utf-8")
    plan = load_plan(config, seed=1, environment=environment)
    # `caller` is for the reference service, which gives the headers.
    job = job_of(plan, {calls: "newcomer"})
    return [asdict(one) for one in sent(job, len(plan.variants), from_due=from_due)]


REQUESTS = r"""
[[scenarios]]
name = "text"
request = "POST /echo?key=${PART}"
headers = { X-Own = "${PART}", Authorization = "me" }
body = "{braces} and ${PART}"
literal = ["braces"]
contains = '"body": "{braces} and a&b\"c"'
[scenarios.json]
"/method" = "POST"
"/headers/x-own" = 'a&b"c'
"/headers/authorization" = "me"

[[scenarios]]
name = "table"
request = "PUT /echo"
body = { text = "${PART}", list = [1, true, "{x}"] }
literal = ["x"]
contains = '{\"text\": \"a&b\\\"c\", \"list\": [1, true, \"{x}\"]}'
json = { "/headers/content-type" = "application/json" }

[[scenarios]]
name = "typed"
request = "PUT /echo"
body = [1]
headers = { content-type = "application/problem+json" }
json = { "/headers/content-type" = "application/problem+json", "/body" = "[1]" }
"""


def test_a_request_is_sent_as_stated(tmp_path: Path, url: str) -> None:
    """Headers, bodies and paths hold the environment's values, each escaped for its place."""
    rows = rows_of(tmp_path, url, REQUESTS, PART='a&b"c')

    assert [""] * 6 == [row["error"] for row in rows]
    # Only `after` has a query of its own.
    assert all(
        after["body_bytes"] > before["body_bytes"]
        for before, after in zip(rows[::2], rows[1::2], strict=True)
    )


FORM = r"""
[[scenarios]]
name = "form"
request = "POST /echo"
headers = { content-type = "text/plain" }
form = [{ name = "files", file = "a.bin", type = "x/y", times = 2 }]
contains = 'filename=\"a.bin\"\r\nContent-Type: x/y\r\n\r\n\\xff\u0000\r\n--'
"""


def test_a_form_is_sent_with_its_own_type(tmp_path: Path, url: str) -> None:
    """Its bytes arrive as they are, and its boundary wins over a type that was stated."""
    (tmp_path / "a.bin").write_bytes(b"\xff\0")
    rows = rows_of(tmp_path, url, FORM)

    assert ["", ""] == [row["error"] for row in rows]


def test_a_caller_s_headers_win_over_the_target_s(tmp_path: Path, url: str) -> None:
    """Who is named sends that scenario, and no other."""
    asked = '[[scenarios]]\nname = "{}"\nrequest = "GET /echo"\n'
    theirs = 'json = { "/headers/authorization" = "newcomer" }\n'
    nobodys = 'json = { "/headers/authorization" = "nobody" }\n'
    rows = rows_of(
        tmp_path, url, asked.format("one") + theirs + asked.format("two") + nobodys, calls="one"
    )

    assert [""] * 4 == [row["error"] for row in rows]


VARIANTS = """
[[scenarios]]
name = "one"
request = "GET /echo?a=%22"
json = { "/path" = "/echo?a=%22", "/headers/x-common" = "all" }

[[scenarios]]
name = "other"
request = "GET /echo?a=%22"
json = { "/path" = "/echo?a=%22&build=new+way", "/headers/x-common" = "after" }
"""


def test_a_variants_headers_and_query_win(tmp_path: Path, url: str) -> None:
    """However a header's name is spelled, it is sent once, with the variant's value."""
    one, not_one, not_other, other = rows_of(tmp_path, url, VARIANTS)

    assert ("", "") == (one["error"], other["error"])
    assert "json /path: found another text" in not_one["error"]
    assert "json /path: found another text" in not_other["error"]


SEQUENCE = r"""
[[scenarios]]
name = "login"

[[scenarios.sequence]]
request = "POST /login"
status = 201
take = { token = "/token", place = "header:Location", cookies = "header:set-cookie" }

[[scenarios.sequence]]
request = "PUT /echo/{token}?{place}"
headers = { Authorization = "Bearer {token}", Cookie = "{cookies}" }
body = { token = "<{token}>", "${NAME}" = "{unknown}" }
literal = ["unknown"]
contains = '{\"token\": \"<token '
[scenarios.sequence.json]
"/headers/cookie" = "a=1; b=2"

[[scenarios.sequence]]
request = "GET /lines"
"""


def test_a_sequence_is_one_sample(tmp_path: Path, url: str) -> None:
    """Values of one answer go into the next request; times, sizes, stages and costs are summed."""
    before, after = rows_of(tmp_path, url, SEQUENCE, NAME="name")

    assert ("", "") == (before["error"], after["error"])
    assert 200 == before["status"]
    assert before["body_bytes"] == before["wire_bytes"] > 300
    assert ((0.001, 0.002), (1.0,)) == (before["stages"], before["counters"])
    # The fresh token differs.
    assert before["body_hash"] != after["body_hash"]


def test_a_plain_request_tells_what_it_told(tmp_path: Path, url: str) -> None:
    """A header may come in several lines, and stages that nobody named are absent."""
    text = """
[[scenarios]]
name = "lines"
request = "GET /lines"

[[scenarios]]
name = "none"
request = "GET /give/text"
"""
    lines, _, none, _ = rows_of(tmp_path, url, text)

    assert ((0.001, 0.002), (1.0,)) == (lines["stages"], lines["counters"])
    assert [True] * 3 == [math.isnan(value) for value in (*none["stages"], *none["counters"])]


FRESH = """
[[scenarios]]
name = "login"
ignore = '"token": "[^"]*"'
sequence = [{ request = "POST /login", status = 201 }, { request = "GET /give/text" }]
"""


def test_what_is_ignored_is_ignored_in_every_body(tmp_path: Path, url: str) -> None:
    """Bodies with fresh tokens count as the same."""
    before, after = rows_of(tmp_path, url, FRESH)

    assert before["body_hash"] == after["body_hash"] != 0


TAKEN = """
[[scenarios]]
name = "{kind}"
[[scenarios.sequence]]
request = "GET /give/{kind}"
take = {{ token = "/token" }}
[[scenarios.sequence]]
request = "PUT /echo/{{token}}?{{token}}"
{sends}
"""


ESCAPED = {
    "text": ("plain", '{"a": "plain"}'),
    "path": ("a%2Fb%3Fc%3Dd%26e%20%23%25%C3%A9", r'{"a": "a/b?c=d&e #%\u00e9"}'),
    "quotes": ("say%20%22hi%22%20%5C%20%0A", r'{"a": "say \"hi\" \\ \n"}'),
    "number": ("7", '{"a": "7"}'),
    "fraction": ("1.5", '{"a": "1.5"}'),
    "boolean": ("true", '{"a": "true"}'),
}


def test_a_taken_value_is_escaped_for_its_place(tmp_path: Path, url: str) -> None:
    """What a server gave can neither end a path's part nor a text in JSON."""
    text = ""
    for kind, (path, body) in ESCAPED.items():
        expected = {"/path": f"/echo/{path}?{path}", "/body": body}
        sends = 'body = { a = "{token}" }\n[scenarios.sequence.json]\n' + "".join(
            f"{json.dumps(pointer)} = {json.dumps(value)}\n" for pointer, value in expected.items()
        )
        text += TAKEN.format(kind=kind, sends=sends)

    assert [""] * len(ESCAPED) == [row["error"] for row in rows_of(tmp_path, url, text)[::2]]


HOSTILE = {
    "control": "take token from /token: holds characters that no header may",
    "path": "take token from /token: holds characters that no header may",
    "huge": "take token from /token: longer than 4096 characters",
    "object": "take token from /token: found a table, expected text, a number or a boolean",
    "null": "take token from /token: found null, expected text, a number or a boolean",
    "surrogate": "take token from /token: no text that can be sent",
    "digits": "the body is no JSON",
    "deep": "the body is no JSON",
    "no-json": "the body is no JSON",
    "missing": "take token from /token: nothing stands there",
}


def test_what_cannot_be_sent_ends_the_sequence(tmp_path: Path, url: str) -> None:
    """The answer that gave it is the wrong one; nothing more is sent, and nothing breaks."""
    sends = 'headers = { Authorization = "Bearer {token}" }'
    text = "".join(TAKEN.format(kind=kind, sends=sends) for kind in HOSTILE)
    rows = rows_of(tmp_path, url, text)

    assert [f"request 1: {said}" for said in HOSTILE.values()] == [
        row["error"] for row in rows[::2]
    ]
    assert {200} == {row["status"] for row in rows}


WRONG = """
[[scenarios]]
name = "first"
sequence = [
    { request = "GET /status/500" },
    { request = "GET /echo" },
]

[[scenarios]]
name = "second"
sequence = [
    { request = "GET /echo" },
    { request = "GET /status/404" },
    { request = "GET /echo" },
]

[[scenarios]]
name = "expected"
request = "GET /status/404"
status = 404
json = { "" = {} }

[[scenarios]]
name = "contains"
request = "GET /give/text"
contains = "secret-looking"

[[scenarios]]
name = "value"
request = "GET /give/number"
json = { "/token" = 8 }

[[scenarios]]
name = "truth"
request = "GET /give/boolean"
json = { "/token" = 1 }

[[scenarios]]
name = "equal"
request = "GET /give/number"
json = { "/token" = 7.0 }

[[scenarios]]
name = "unreadable"
request = "GET /zstd"

[[scenarios]]
name = "afterwards"
request = "GET /give/text"
"""


def test_a_wrong_answer_is_named(tmp_path: Path, url: str) -> None:
    """Which request of a sequence, which check, and the status of the last one that was sent."""
    rows = rows_of(tmp_path, url, WRONG)[::2]

    assert [
        (500, "request 1: status 500, expected 200"),
        (404, "request 2: status 404, expected 200"),
        (404, ""),
        (200, "the body does not contain 'secret-looking'"),
        (200, "json /token: found 7, expected 8"),
        (200, "json /token: found true, expected 1"),
        (200, ""),
        (200, ""),
        (200, ""),
    ] == [(row["status"], row["error"]) for row in rows]


@pytest.mark.slow
def test_an_answer_in_many_pieces_has_one_deadline(tmp_path: Path, url: str) -> None:
    """An answer that never ends is given up after `timeout_s`, however often some of it comes."""
    before, _ = rows_of(
        tmp_path,
        url,
        """
[[scenarios]]
name = "endless"
request = "GET /drip"
""",
    )

    assert "status 200, but no whole answer within 3 s" == before["error"]
    assert 3 <= before["latency_s"] < 6


def test_an_address_where_nobody_listens_is_named(tmp_path: Path) -> None:
    """What went wrong is said, not that the client gave up."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    before, _ = rows_of(
        tmp_path,
        f"http://127.0.0.1:{port}",
        """
[[scenarios]]
name = "nobody"
request = "GET /"
""",
    )

    assert (0, "ConnectionRefusedError") == (before["status"], before["error"])


PARTS = """
[[scenarios]]
name = "parts"
request = "GET /parts"

[[scenarios]]
name = "twice"
sequence = [{ request = "GET /parts" }, { request = "HEAD /" }, { request = "GET /parts" }]

[[scenarios]]
name = "whole"
request = "GET /give/text"

[[scenarios]]
name = "headless"
request = "HEAD /"
"""


def test_the_first_byte_of_a_body_is_timed(tmp_path: Path, url: str) -> None:
    """After the head and before the rest; a sequence sums up, and no body has no first byte."""
    parts, twice, whole, headless = rows_of(tmp_path, url, PARTS)[::2]

    # The pauses are the server's; a busy machine may make them longer, and notice them late.
    assert 0.1 <= parts["ttfb_s"] < parts["latency_s"] - 0.05
    assert 0.3 <= parts["latency_s"]
    assert 0.2 <= twice["ttfb_s"] < twice["latency_s"] - 0.1
    assert 0.6 <= twice["latency_s"]
    assert 0 < whole["ttfb_s"] <= whole["latency_s"]
    assert ("", 200, True) == (
        headless["error"],
        headless["status"],
        math.isnan(headless["ttfb_s"]),
    )


def test_no_answer_has_no_first_byte(tmp_path: Path, url: str) -> None:
    """Where the service hangs up, only the latency is known."""
    row = rows_of(tmp_path, url, '[[scenarios]]\nname = "none"\nrequest = "GET /hang-up"\n')[0]

    assert (0, True) == (row["status"], math.isnan(row["ttfb_s"]))


def test_latency_may_count_from_when_a_request_was_due(tmp_path: Path, url: str) -> None:
    """Under load: what a request waited before it was sent is part of both times."""
    text = '[[scenarios]]\nname = "text"\nrequest = "GET /give/text"\n'
    sent, *_ = rows_of(tmp_path, url, text)
    due, *_ = rows_of(tmp_path, url, text, from_due=True)

    assert (0.0, 10.0) == (due["intended_s"], due["start_s"])
    assert sent["ttfb_s"] <= sent["latency_s"] < 10
    assert 10 < due["ttfb_s"] <= due["latency_s"] < 20


def test_what_is_new_in_the_head_may_be_unknown_to_the_base(tmp_path: Path, url: str) -> None:
    """Of a sequence up to that request; the head must answer, and other errors stay errors."""
    config = tmp_path / "versus.toml"
    config.write_text(HEAD.format(url=url) + WRONG, encoding="utf-8")
    plan = load_plan(config, seed=1)
    scenarios = tuple(one.model_copy(update={"new": True}) for one in plan.scenarios[:3])
    rows = [*sent(replace(job_of(plan), scenarios=scenarios), variants=2)]

    assert [
        (500, "request 1: status 500, expected 200"),
        (500, "request 1: status 500, expected 200"),
        (404, ""),
        (404, "request 2: status 404, expected 200"),
        (404, ""),
        (404, ""),
    ] == [(row.status, row.error) for row in rows]
