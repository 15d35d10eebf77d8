"""What is sent around a sample, sessions, and pauses: over real connections, to the example."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract.run.observation import Observation, Place
from loadtests.planning.plan import Job
from loadtests.probes.http.exchange import Exchange
from loadtests.probes.http.tests.sending import job_of
from loadtests.tests.accounts import accounts, plan_at


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the example behind a login answers."""
    with accounts() as address:
        yield address


def job_at(folder: Path, url: str, text: str, target: str = "") -> Job:
    return job_of(plan_at(folder, url, text, target))


def rounds(job: Job, count: int = 1, *, from_due: bool = False) -> list[Observation]:
    """So many rounds of each scenario, as they are measured."""
    exchange = Exchange(job, from_due=from_due)
    samples = []
    for number in range(count):
        for scenario in range(len(job.scenarios)):
            for variant in range(len(job.variants)):
                exchange.before(scenario, variant)
                place = Place(scenario, variant, 0, number, 0, False, 0.0, 0.0)
                samples.append(exchange.after(exchange.send(place)))
    exchange.close()
    return samples


LOGIN = """
[[scenarios.before]]
request = "POST /login"
body = { user = "ada", password = "correct horse" }
status = 201
take = { token = "/access_token" }
"""

ORDER = """
[[scenarios]]
name = "order"
request = "POST /orders"
headers = { Authorization = "Bearer {token}" }
status = 201
take = { order = "header:Location" }
"""

REMOVE = """
[[scenarios.after]]
request = "DELETE {order}"
headers = { Authorization = "Bearer {token}" }
status = 204
"""

COUNT = """
[[scenarios]]
name = "count"
request = "GET /orders"
headers = { Authorization = "Bearer {token}" }
json = { "/orders" = 2 }
"""


def test_what_a_write_changed_is_undone_after_it(tmp_path: Path, url: str) -> None:
    """So each round, and every other scenario, meets the same data."""
    text = ORDER + LOGIN + REMOVE + COUNT + LOGIN
    samples = rounds(job_at(tmp_path, url, text), 3)

    assert [""] * 12 == [one.error for one in samples]
    assert {200, 201} == {one.status for one in samples}
    # Only the measured request's body, connection and hash are the sample's.
    assert {14} == {one.body_bytes for one in samples if one.scenario == 0}


def test_a_failing_request_before_a_sample_is_its_error(tmp_path: Path, url: str) -> None:
    """The sample is not sent, and what needs its values afterwards neither."""
    text = ORDER + LOGIN.replace("correct horse", "wrong") + REMOVE
    samples = rounds(job_at(tmp_path, url, text))

    assert ["before, request 1: status 403, expected 201"] * 2 == [one.error for one in samples]
    assert [403] * 2 == [one.status for one in samples]
    assert ["", ""] == [one.error for one in rounds(job_at(tmp_path, url, COUNT + LOGIN))]


def test_a_failing_request_after_a_sample_is_its_error(tmp_path: Path, url: str) -> None:
    """A first error stays; later requests are left out."""
    once = ORDER + LOGIN + REMOVE.replace("204", "200") + REMOVE
    wrong = ORDER.replace("status = 201", "status = 200") + LOGIN + REMOVE

    assert ["after, request 1: status 204, expected 200"] * 2 == [
        one.error for one in rounds(job_at(tmp_path, url, once))
    ]
    assert ["status 201, expected 200"] * 2 == [
        one.error for one in rounds(job_at(tmp_path, url, wrong))
    ]


UNKNOWN = LOGIN.replace("POST /login", "GET /none").replace("body =", "# ")


def test_a_base_that_does_not_know_what_comes_before_is_no_error(tmp_path: Path, url: str) -> None:
    """Of two revisions, where only the head has the endpoint."""
    job = job_at(tmp_path, url, ORDER + UNKNOWN + REMOVE)
    new = replace(job, scenarios=(job.scenarios[0].model_copy(update={"new": True}),))

    assert [(404, ""), (404, "before, request 1: status 404, expected 201")] == [
        (one.status, one.error) for one in rounds(new)
    ]


SESSION = """
[[scenarios]]
name = "visit"

[[scenarios.sequence]]
request = "POST /login"
body = { user = "ada", password = "correct horse" }
status = 201

[[scenarios.sequence]]
request = "GET /orders"

[[scenarios.sequence]]
request = "POST /logout"
status = 204

[[scenarios.sequence]]
request = "GET /orders"
status = 401
"""

STAYS = """
[[scenarios]]
name = "stays"
request = "GET /orders"
"""


def test_a_session_keeps_cookies_until_the_logout(tmp_path: Path, url: str) -> None:
    """Within a sequence, and from one sample to the next."""
    login = SESSION.partition('[[scenarios.sequence]]\nrequest = "POST /logout')[0]

    assert ["", ""] == [
        one.error for one in rounds(job_at(tmp_path, url, SESSION, "session = true"))
    ]
    assert [""] * 4 == [
        one.error for one in rounds(job_at(tmp_path, url, login + STAYS, "session = true"))
    ]
    assert ["request 2: status 401, expected 200"] * 2 == [
        one.error for one in rounds(job_at(tmp_path, url, SESSION))
    ]


def test_variants_have_sessions_of_their_own(tmp_path: Path, url: str) -> None:
    """One variant's login is none of the other's."""
    job = job_at(tmp_path, url, STAYS + LOGIN, "session = true")
    exchange = Exchange(job)
    exchange.before(0, 0)
    place = Place(0, 0, 0, 0, 0, False, 0.0, 0.0)
    first = exchange.send(place)
    second = exchange.send(replace(place, variant=1))
    exchange.close()

    assert ["", "status 401, expected 200"] == [first.error, second.error]
    assert ["session"] == [one.name for one in exchange.cookies(0)]
    assert () == exchange.cookies(1)


def test_under_load_each_sample_is_a_session_of_its_own(tmp_path: Path, url: str) -> None:
    """It begins with what the set-up left, and leaves nothing to others, which may overlap it."""
    login = SESSION.partition('[[scenarios.sequence]]\nrequest = "POST /logout')[0]
    job = job_at(tmp_path, url, login + STAYS, "session = true")

    assert ["", "", "status 401, expected 200", "status 401, expected 200"] == [
        one.error for one in rounds(job, from_due=True)
    ]


PAGES = """
[[scenarios]]
name = "pages"

[[scenarios.sequence]]
request = "POST /login"
body = { user = "ada", password = "correct horse" }
status = "2xx"
take = { token = "/access_token" }

[[scenarios.sequence]]
request = "GET /orders?page=1"
headers = { Authorization = "Bearer {token}" }
take = { next = "/next" }

[[scenarios.sequence]]
request = "GET {next}"
headers = { Authorization = "Bearer {token}" }
json = { "/page" = 2 }
take = { next = "/next" }
pause_ms = 300

[[scenarios.sequence]]
request = "GET {next}"
headers = { Authorization = "Bearer {token}" }
json = { "/page" = 3 }
"""


def test_a_taken_path_is_the_next_request_and_a_pause_is_no_latency(
    tmp_path: Path, url: str
) -> None:
    """Pages follow each other as the service names them."""
    samples = rounds(job_at(tmp_path, url, PAGES))

    assert ["", ""] == [one.error for one in samples]
    assert all(one.latency_s < 0.3 for one in samples)


def test_a_page_that_is_missing_is_an_error(tmp_path: Path, url: str) -> None:
    """The last page names no other."""
    text = PAGES.replace("page=1", "page=3")

    assert [
        "request 2: take next from /next: found null, expected text, a number or a boolean"
    ] * 2 == [one.error for one in rounds(job_at(tmp_path, url, text))]
