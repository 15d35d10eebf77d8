"""What is drawn is sent escaped, the same in all variants of a round; answers are judged by it."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contract.run.observation import Observation, Place
from loadtests.planning.plan import Job, load_plan
from loadtests.planning.pointers import Expected
from loadtests.probes.http.body import UnfitError, check_json
from loadtests.probes.http.draws import LoneText, expected_with, unique
from loadtests.probes.http.exchange import Exchange
from loadtests.probes.http.tests.sending import TARGET, job_of

ODD = 'a b/?#&"\\\u00e9{round}'


class Echo(BaseHTTPRequestHandler):
    """Answers with what came: path, a header, and the body."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = {"path": self.path, "x": self.headers.get("X-Row"), "body": body}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def job(folder: Path, url: str, scenario: str, rows: list[dict[str, Any]]) -> Job:
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    config = folder / "versus.toml"
    text = f'[[scenarios]]\nname = "one"\n{scenario}'
    config.write_text(TARGET.format(url=url) + text, encoding="utf-8")
    return job_of(load_plan(config, seed=1))


def sent(job: Job, *places: tuple[int, int]) -> list[tuple[Observation, dict[str, Any]]]:
    """By variant and round: what was observed, and the answer as it is compared."""
    bodies: list[bytes] = []
    exchange = Exchange(job, keep_body=bodies.append)
    observations = [
        exchange.send(Place(0, variant, 0, number, 0, False, 0.0, 0.0))
        for variant, number in places
    ]
    exchange.close()
    return [(one, json.loads(body)) for one, body in zip(observations, bodies, strict=True)]


def test_a_value_is_escaped_for_where_it_stands(tmp_path: Path, url: str) -> None:
    """Percent-encoded in a path, escaped in JSON, and never looked through for gaps."""
    scenario = """
rows = "rows.jsonl"
request = "POST /{row.a}?q={row.a}"
headers = { X-Row = "<{row.b}>" }
body = { a = "{row.a}", b = 7 }
contains = "<{row.b}>"
json = { "/x" = "<{row.b}>", "/path" = "/{row.c}?q={row.c}" }
"""
    coded = "a%20b%2F%3F%23%26%22%5C%C3%A9%7Bround%7D"
    ((found, answer),) = sent(
        job(tmp_path, url, scenario, [{"a": ODD, "b": "x, y", "c": coded}]), (0, 0)
    )

    assert ("", 0) == (found.error, found.row)
    assert f"/{coded}?q={coded}" == answer["path"]
    assert {"a": ODD, "b": 7} == json.loads(answer["body"])
    assert "<x, y>" == answer["x"]


def test_texts_of_a_form_and_of_a_body_are_filled(tmp_path: Path, url: str) -> None:
    """Their length is that of what is sent."""
    rows = [{"a": ODD}, {"a": ""}]
    form = """
rows = { file = "rows.jsonl", order = "file" }
request = "POST /"
form = [{ name = "a", text = "<{row.a}|{row.a}>", times = 2 }, { name = "b", text = "{x}" }]
literal = ["x"]
"""
    (_, first), (_, second) = sent(job(tmp_path, url, form, rows), (0, 0), (0, 1))
    assert 2 == first["body"].count(f"\r\n\r\n<{ODD}|{ODD}>\r\n--")
    assert 2 == second["body"].count("\r\n\r\n<|>\r\n--")
    assert "{x}" in first["body"]
    assert first["body"].endswith("--\r\n")

    text = 'rows = "rows.jsonl"\nrequest = "POST /"\nbody = "{row.a} {b}"\nliteral = ["b"]\n'
    ((_, answer),) = sent(job(tmp_path, url, text, rows[:1]), (0, 0))
    assert f"{ODD} {{b}}" == answer["body"]


def test_all_variants_of_a_round_get_the_same(tmp_path: Path, url: str) -> None:
    """And the next round something else; a draw that is stated counts instead of the round."""
    scenario = 'rows = { from = 1, to = 1000 }\nrequest = "POST /{row.n}/{round}/{random}"\n'
    places = [(0, 5), (1, 5), (0, 6), (1, 6)]
    wanted = job(tmp_path, url, scenario, [])
    found = sent(wanted, *places)
    paths = [answer["path"] for _, answer in found]

    assert paths[0] == paths[1] != paths[2] == paths[3]
    assert "5" == paths[0].split("/")[2]
    assert [int(path.split("/")[1]) - 1 for path in paths] == [one.row for one, _ in found]
    again = sent(wanted, *places)
    assert paths == [answer["path"] for _, answer in again]
    exchange = Exchange(wanted)
    stated = exchange.send(Place(0, 1, 3, 99, 0, False, 0.0, 0.0, draw=5))
    exchange.close()
    assert found[0][0].row == stated.row
    other = [answer["path"] for _, answer in sent(replace(wanted, seed=2), *places)]
    assert paths[0] != other[0]


def test_unique_differs_each_time_and_is_no_difference(tmp_path: Path, url: str) -> None:
    """Within a sequence it is one value; answers that hold it are compared without it."""
    scenario = """
[[scenarios.sequence]]
request = "POST /{unique}"
json = { "/path" = "/{unique}" }
[[scenarios.sequence]]
request = "POST /again/{unique}"
contains = "{unique}"
"""
    bodies: list[bytes] = []
    exchange = Exchange(job(tmp_path, url, scenario, []), keep_body=bodies.append)
    first, second = (
        exchange.send(Place(0, variant, 0, 0, 0, False, 0.0, 0.0)) for variant in (0, 1)
    )
    exchange.close()

    assert ("", "", -1) == (first.error, second.error, first.row)
    assert first.body_hash == second.body_hash
    assert ["/{unique}", "/again/{unique}"] * 2 == [json.loads(one)["path"] for one in bodies]
    assert first.body_bytes == second.body_bytes > sum(map(len, bodies[:2]))


def test_no_two_calls_give_the_same_text() -> None:
    """It may stand in an address, a name or a database's key."""
    found = [unique() for _ in range(2000)]

    assert 2000 == len(set(found))
    assert all(len(one) == 12 and one.isalnum() and one[0].isalpha() for one in found)
    assert all(one.isascii() and one == one.lower() for one in found)


@pytest.mark.parametrize(
    ("expected", "value", "right"),
    [
        ("{row.a}", "7", True),
        ("{row.a}", 7, True),
        ("{row.a}", 7.0, True),
        ("{row.a}", 8, False),
        ("{row.a}", True, False),
        ("{row.a}", [7], False),
        ("{row.a}", None, False),
        ("{row.b}", True, True),
        ("{row.b}", 1, False),
        ("{row.b}", "true", True),
        ("{row.c}", 7, False),
        ("{row.c}", "007", True),
        ("x{row.a}", "x7", True),
        ("x{row.a}", 7, False),
        (["{row.a}", {"k": "{row.b}"}], [7, {"k": True}], True),
        (7, 7, True),
    ],
)
def test_a_lone_gap_expects_a_text_or_what_reads_like_it(
    expected: Any, value: Any, right: bool
) -> None:
    """Rows of CSV are texts, and answers hold numbers; the row's own value is in no error."""
    drawn = {"row.a": "7", "row.b": "true", "row.c": "007"}
    fault = ""
    try:
        check_json({"id": value}, (Expected("/id", ("id",), expected),), drawn)
    except UnfitError as error:
        fault = str(error)

    assert right == (not fault)
    assert "007" not in fault
    assert right or json.dumps(expected) in fault


def test_only_a_text_that_is_nothing_but_a_gap_stands_for_a_number() -> None:
    """Also within tables and lists."""
    filled = expected_with({"k": ["{row.a}", "x{row.a}", 1]}, {"row.a": "7"})

    assert {"k": ["7", "x7", 1]} == filled
    assert [True, False] == [isinstance(one, LoneText) for one in filled["k"][:2]]
    assert not LoneText("[" * 100_000).fits(1)


def test_a_wrong_row_is_a_wrong_answer(tmp_path: Path, url: str) -> None:
    """The error shows the gap."""
    scenario = """
rows = "rows.jsonl"
request = "POST /{row.a}"
contains = "{row.b}"
"""
    ((found, _),) = sent(job(tmp_path, url, scenario, [{"a": "x", "b": "s3cret"}]), (0, 0))

    assert "the body does not contain '{row.b}'" == found.error


def test_what_stands_around_a_sample_has_its_row(tmp_path: Path, url: str) -> None:
    """Also its own `{unique}`, so that what was made before can be removed after."""
    scenario = """
rows = { from = 1, to = 1000 }
request = "POST /{row.n}/{unique}"
json = { "/path" = "/{row.n}/{unique}" }
[[scenarios.before]]
request = "POST /before/{row.n}/{unique}/{round}"
take = { made = "/path" }
json = { "/path" = "/before/{row.n}/{unique}/5" }
[[scenarios.after]]
request = "POST {made}"
json = { "/path" = "/before/{row.n}/{unique}/5" }
"""
    exchange = Exchange(job(tmp_path, url, scenario, []))
    exchange.prepare(0, 5)
    exchange.before(0, 1)
    sample = exchange.send(Place(0, 1, 0, 5, 0, False, 0.0, 0.0))
    after = exchange.after(sample)
    exchange.close()

    assert ("", "") == (sample.error, after.error)
    assert 0 <= after.row < 1000
