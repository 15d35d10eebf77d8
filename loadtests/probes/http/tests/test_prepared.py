"""Requests that are ready before they are sent, and those that wait for a value."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from loadtests.planning.plan import Job, load_plan
from loadtests.planning.setups import Cookie, Given
from loadtests.probes.http.cookies import Jar
from loadtests.probes.http.prepared import PreparedRequest, Visit
from loadtests.probes.http.tests.sending import job_of

HEAD = """
[target]
url = "http://shop.test:8000/api"
{target}
[variants.one]
[variants.two]
query = {{ v = "2" }}
[[setup]]
request = "GET /"
take = {{ token = "/token", next = "/next" }}
"""

SESSION = Cookie("sid", "1", "", "/api", secure=False, expires_s=None)


def prepared(
    folder: Path, scenario: str, variant: int = 0, target: str = ""
) -> tuple[PreparedRequest, Job]:
    path = folder / "versus.toml"
    text = HEAD.format(target=target) + f'[[scenarios]]\nname = "a"\n{scenario}\n'
    path.write_text(text, encoding="utf-8")
    given = Given({"token": 'a"b c', "next": "/x?page=2#end"})
    job = replace(job_of(load_plan(path, seed=1)), given=(given, given))
    return PreparedRequest(job, "", job.scenarios[0].sequence[0], variant), job


def first_line(request: PreparedRequest, taken: Mapping[str, str]) -> str:
    return request.filled(Visit(dict(taken))).partition(b"\r\n")[0].decode()


def test_values_of_the_set_up_are_filled_in_once(tmp_path: Path) -> None:
    """What is sent is one and the same text each time, so it costs nothing while measuring."""
    request, _ = prepared(
        tmp_path, 'request = "POST /a/{token}"\nheaders = { X = "{token}" }\nbody = ["{token}"]'
    )
    sent = request.filled(Visit({}))

    assert sent is request.filled(Visit({}))
    assert sent.startswith(b"POST /api/a/a%22b%20c HTTP/1.1\r\n")
    assert b'\r\nX: a"b c\r\n' in sent
    assert sent.endswith(rb'["a\"b c"]')


def test_a_taken_target_is_asked_as_it_is(tmp_path: Path) -> None:
    """Nothing of it is escaped; a variant's query is added to its own."""
    text = 'request = "GET {next}"'
    one, _ = prepared(tmp_path, text)
    two, _ = prepared(tmp_path, text, 1)

    assert "GET /x?page=2 HTTP/1.1" == first_line(one, {"next": "/x?page=2#end"})
    assert "GET /x?page=2&v=2 HTTP/1.1" == first_line(two, {})
    assert "GET /y?v=2 HTTP/1.1" == two.target({"next": "http://SHOP.test:8000/y"}).join(
        ["GET ", " HTTP/1.1"]
    )


def test_a_session_s_cookies_are_sent_below_their_path(tmp_path: Path) -> None:
    """A header that the configuration states wins."""
    text = 'request = "GET /a"'
    request, _ = prepared(tmp_path, text, target="session = true")
    stated, _ = prepared(
        tmp_path, f'{text}\nheaders = {{ cookie = "own=1" }}', target="session = true"
    )
    visit = Visit({}, Jar("shop.test", tls=False, cookies=[SESSION]))

    assert b"\r\nCookie: sid=1\r\n" in request.filled(visit)
    assert b"ookie" not in request.filled(Visit({}, Jar("shop.test", tls=False)))
    assert b"\r\ncookie: own=1\r\n" in stated.filled(visit)
    assert b"sid=1" not in stated.filled(visit)
