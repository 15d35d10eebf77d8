"""Scenarios from recordings; page.har is one that Chromium made."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ConfigError
from loadtests.discovery import har
from loadtests.discovery.drafts import Draft, Table
from loadtests.discovery.har import recorded_drafts

RECORDED = Path(__file__).parent / "page.har"
SECRETS = ("geheim", "tok-abcdefghijk", "s3ss-abcdef", "K-abcdefgh", "cs-12345678")


def entry(
    method: str,
    url: str,
    *,
    kind: str = "fetch",
    status: int = 200,
    headers: dict[str, str] | None = None,
    mime: str = "application/json",
    body: tuple[str, str] | None = None,
    page: str = "p",
) -> dict[str, Any]:
    """An entry as developer tools write it; a body has a type and a text."""
    listed = [{"name": name, "value": value} for name, value in (headers or {}).items()]
    request: dict[str, Any] = {"method": method, "url": url, "headers": listed}
    if body:
        request["postData"] = {"mimeType": body[0], "text": body[1]}
    response = {"status": status, "content": {"mimeType": mime}}
    stated = {"_resourceType": kind} if kind else {}
    return {"request": request, "response": response, "pageref": page, **stated}


def drafts(folder: Path, *entries: Any) -> tuple[list[Draft], str]:
    path = folder / "page.har"
    path.write_text(json.dumps({"log": {"entries": entries}}))
    made, notes = recorded_drafts(path)
    return made, "\n".join(notes)


def only(folder: Path, *entries: Any) -> Draft:
    (made,), _ = drafts(folder, *entries)
    return made


def test_a_recording_of_chromium_becomes_scenarios() -> None:
    """One for each endpoint, and the page's calls in their order."""
    made, notes = recorded_drafts(RECORDED)
    page, *endpoints = made

    assert [
        ("GET /shop", ""),
        ("POST /api/login", ""),
        ("GET /api/items/{row.id}?lang=en", ""),
        ("GET /api/items?limit=5&api_key=${API_KEY}", ""),
        ("POST /api/orders", ""),
        ("POST /api/graph", ""),
        ("POST /api/graph", ""),
        ("POST /api/upload", "Its form is not copied: write `form`."),
        ("DELETE /api/items/3", "DELETE works once for each id: see that it works many times."),
    ] == [(one.request, one.reason) for one in endpoints]
    assert Table(("id",), (("1",), ("2",), ("3",))) == endpoints[2].rows
    assert "page_shop" == page.name
    assert "POST /api/upload: Its form is not copied: write `form`." == page.reason
    assert ["POST /api/login", *(f"GET /api/items/{n}?lang=en" for n in (1, 2, 3))] == [
        step.request for step in page.steps[:4]
    ]
    assert "3 left out: scripts, styles, images and other files." in notes[1]
    assert "1 left out: other servers." in notes[3]


def test_no_secret_of_a_recording_is_copied() -> None:
    """Each is a variable, whose names are listed."""
    made, notes = recorded_drafts(RECORDED)
    text = repr(made) + repr(notes)

    assert [] == [secret for secret in SECRETS if secret in text]
    assert "before you measure: COOKIE, PASSWORD, AUTHORIZATION, API_KEY, CSRF_TOKEN." in notes[-1]
    login = next(one for one in made if one.request == "POST /api/login").steps[0]
    assert {"user": "ada", "password": "${PASSWORD}"} == login.body
    order = next(one for one in made if one.request == "POST /api/orders").steps[0]
    assert "item=7&note=a%20b&csrf_token=${CSRF_TOKEN}" == order.body
    assert "Bearer ${AUTHORIZATION}" == order.headers["Authorization"]
    assert 201 == order.status


def test_operations_of_graphql_are_endpoints_of_their_own() -> None:
    """TOML has no null, so such a body is the text of JSON."""
    made, _ = recorded_drafts(RECORDED)
    first, second = [one for one in made if one.request == "POST /api/graph"]

    assert ("post_api_graph_A", "post_api_graph_B") == (first.name, second.name)
    assert {"operationName": "A", "query": "query A {\n a }", "variables": None} == (
        json.loads(first.steps[0].body)
    )
    assert "application/json" == first.steps[0].headers["Content-Type"]
    assert {"n": 1} == second.steps[0].body["variables"]
    assert "Content-Type" not in second.steps[0].headers


@pytest.mark.parametrize(
    ("kind", "headers", "mime", "url", "used"),
    [
        ("xhr", {}, "application/json", "/x", True),
        ("", {}, "application/json; charset=utf-8", "/x", True),
        ("", {"Sec-Fetch-Dest": "empty"}, "text/html", "/x", True),
        ("document", {}, "text/html", "/x", True),
        ("", {}, "text/html", "/x", True),
        ("", {"Sec-Fetch-Dest": "image"}, "image/png", "/x", False),
        ("", {}, "font/woff2", "/x", False),
        ("fetch", {}, "application/json", "/locale.json.js?v=1", False),
        ("preflight", {}, "", "/x", False),
        ("eventsource", {}, "text/event-stream", "/x", False),
        ("fetch", {}, "text/event-stream", "/x", False),
    ],
)
def test_files_and_the_browsers_own_requests_are_left_out(
    kind: str, headers: dict[str, str], mime: str, url: str, used: bool, tmp_path: Path
) -> None:
    """As the browser says, the standard's header says, or the answer looks."""
    made, notes = drafts(
        tmp_path,
        entry("GET", f"http://h{url}", kind=kind, headers=headers, mime=mime),
        entry("GET", "http://h/other"),
    )

    assert used == ("GET /x" in [one.request for one in made])
    assert used == ("1 left out" not in notes)


def test_the_server_with_most_calls_is_the_service(tmp_path: Path) -> None:
    """The page itself may be of another one."""
    made, notes = drafts(
        tmp_path,
        entry("GET", "https://www.shop.test/", kind="document"),
        entry("GET", "https://me:pw@api.shop.test/a"),
        entry("GET", "https://api.shop.test/b"),
        entry("GET", "https://ads.test/x"),
    )

    assert ["GET /a", "GET /a", "GET /b"] == [one.request for one in made]
    assert "2 requests to https://api.shop.test were used." in notes
    assert "2 left out: other servers." in notes


def test_only_headers_that_mean_something_are_sent(tmp_path: Path) -> None:
    """Not those of the browser, of the connection and of caches; nothing that looks like a gap."""
    headers = {
        ":authority": "h",
        "Host": "h",
        "User-Agent": "x",
        "sec-ch-ua": "x",
        "If-None-Match": "x",
        "Content-Length": "0",
        "Accept": "*/*",
        "X-Gap": "{name}",
        "X-Odd": "ä\n",
        "X-Tenant": "7",
        "x-tenant": "8",
    }

    assert {"X-Tenant": "7"} == only(tmp_path, entry("GET", "http://h/x", headers=headers)).steps[
        0
    ].headers


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("application/json", "{", "is no JSON"),
        ("application/json", '{"a": 1, "a": 2}', "because an object repeats a key: write `body`"),
        ("application/json", "[" * 15_000, "is no JSON"),
        ("application/json", '{"a": "${HOME}"}', "is not copied"),
        ("application/json", '{"a": "{round}"}', "is not copied"),
        ("application/json", f'"{"x" * 20_000}"', "of 20,002 characters, is not copied"),
        ("image/png", "x", "Its body of type 'image/png' is not copied"),
        ("multipart/form-data; boundary=x", "x", "write `form`"),
    ],
)
def test_a_body_that_is_not_copied_makes_a_comment(
    kind: str, text: str, reason: str, tmp_path: Path
) -> None:
    """With the reason."""
    draft = only(tmp_path, entry("POST", "http://h/x", body=(kind, text)))

    assert reason in draft.reason
    assert draft.steps[0].body is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name": "ada"}', True),
        ('{"query": "mutation { add }"}', True),
        ('{"query": "query { list }"}', False),
        ("", False),
    ],
)
def test_a_body_that_is_sent_again_and_again_has_a_hint(
    text: str, expected: bool, tmp_path: Path
) -> None:
    """A service may refuse the second user of one name; a query of GraphQL changes nothing."""
    (page, *others), _ = drafts(
        tmp_path,
        entry("POST", "http://h/users", body=("application/json", text)),
        entry("GET", "http://h/list"),
    )

    assert {expected} == {"{unique}" in one.hint for one in (page, others[0])}
    assert "" == others[1].hint


def test_a_body_that_was_not_recorded_is_missed(tmp_path: Path) -> None:
    """Its length says that there was one."""
    sent = entry("PUT", "http://h/x", headers={"content-length": "7"})

    assert "was not recorded" in only(tmp_path, sent).reason


def test_answers_decide_what_is_used(tmp_path: Path) -> None:
    """An unchanged answer is a right one; redirects are expected as they were."""
    made, notes = drafts(
        tmp_path,
        entry("GET", "http://h/cached", status=304),
        entry("GET", "http://h/moved", status=302),
        entry("GET", "http://h/failed", status=500),
        entry("GET", "http://h/blocked", status=0),
        entry("GET", "http://h/api/logout"),
    )
    found = {one.request: one for one in made[1:]}

    assert [200, 302] == [found[f"GET /{name}"].steps[0].status for name in ("cached", "moved")]
    assert "may end or change" in found["GET /api/logout"].reason
    assert "2 left out: no answer, or a status from 400 on." in notes


def test_a_recording_in_another_order_is_sorted(tmp_path: Path) -> None:
    """By the time when each request began."""
    late = {**entry("GET", "http://h/b"), "startedDateTime": "2026-12-01T09:00:01Z"}
    early = {**entry("GET", "http://h/a"), "startedDateTime": "2026-12-01T09:00:00Z"}

    assert ["GET /a", "GET /b"] == [
        one.request for one in drafts(tmp_path, late, early)[0][0].steps
    ]


def test_any_value_may_be_of_any_type(tmp_path: Path) -> None:
    """What is no request is counted and left out."""
    odd: list[Any] = [3, None, {}, {"request": 3}, {"request": {"headers": [3], "url": 3}}]
    half = "\ud800"
    odd += [entry("GET", f"http://h/{half}"), entry("GET", "http://h/x", mime=half)]
    odd += [
        entry("POST", "http://h/x", body=("application/json", f'{{"{half}": "\\ud800"}}')),
        entry("POST", "http://h/y", body=("application/x-www-form-urlencoded", f"{half}=1")),
    ]
    odd += [{"request": {"url": "http://h/x", "method": "GET", "postData": []}, "response": []}]
    made, notes = drafts(tmp_path, *odd, entry("BREW", "http://h/x"), entry("GET", "http://h/x"))

    assert {"GET /x", "POST /x", "POST /y", "GET /"} == {one.request for one in made[1:]}
    assert repr(made).isprintable()
    assert "1 left out: a method, path or query that cannot be sent again." in notes


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('{"log": {"entries": [', "Was it saved whole?"),
        ("{}", "holds no `log.entries`"),
        ('{"log": {"entries": 3}}', "holds no `log.entries`"),
        ("[]", "holds no `log.entries`"),
    ],
)
def test_what_is_no_recording_ends_the_command(content: str, reason: str, tmp_path: Path) -> None:
    """In one line."""
    path = tmp_path / "page.har"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        recorded_drafts(path)

    assert reason in str(caught.value)
    assert 1 == len(str(caught.value).splitlines())


def test_a_recording_of_200_mb_is_not_read(tmp_path: Path) -> None:
    """The line says how to make it smaller; a pipe is not waited for."""
    path = tmp_path / "large.har"
    with path.open("wb") as file:
        file.truncate(200 * 2**20)
    os.mkfifo(tmp_path / "pipe")
    for name, reason in (
        (
            "large.har",
            "has 200 MiB; at most 64 are read. Record fewer pages, or remove the answers",
        ),
        ("pipe", "is no regular file"),
        ("none.har", "No such file"),
    ):
        with pytest.raises(ConfigError, match=reason):
            recorded_drafts(tmp_path / name)


def test_pages_and_steps_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sequence has at most 100 requests, and a file few sequences."""
    monkeypatch.setattr(har, "PAGES_MAX", 2)
    monkeypatch.setattr(har, "STEPS_MAX", 5)
    entries = [entry("GET", f"http://h/{p}/{n}", page=p) for p in "abc" for n in range(8)]
    made, notes = drafts(tmp_path, *entries)

    assert "page.har: page has the first 5 of 8 calls." in notes
    assert "page.har: 1 more pages have no sequence of their calls." in notes
    assert [5, 5, 1, 1, 1] == [len(one.steps) for one in made]
