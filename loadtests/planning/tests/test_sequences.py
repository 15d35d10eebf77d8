"""Sequences are made ready while planning, and what is wrong in them is named."""

from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.planning.plan import load_plan
from loadtests.planning.pointers import Expected, Take
from loadtests.planning.sequences import Request, merged_headers
from loadtests.planning.templates import as_it_is, in_json, in_path, joined, template

HEAD = '[target]\nurl = "http://127.0.0.1:1"\n[variants.before]\n[variants.after]\n'

SEQUENCE = """
[[scenarios]]
name = "login"

[[scenarios.sequence]]
request = "POST /login"
body = { user = "me" }
status = 201
take = { token = "/a~1b/0/~0c", place = "header:Location" }

[[scenarios.sequence]]
request = "PUT /items/{place}"
headers = { Authorization = "Bearer {token}" }
body = "{token} {other} ${NAME}"
literal = ["other"]
contains = "ok"
json = { "" = [1], "/x" = "{other}" }
"""


def requests_of(tmp_path: Path, text: str) -> tuple[Request, ...]:
    config = tmp_path / "versus.toml"
    config.write_text(HEAD + text, encoding="utf-8")
    environment = {"NAME": "{token}", "LINES": "a\nb"}
    return load_plan(config, seed=1, environment=environment).scenarios[0].sequence


def test_a_sequence_is_cut_where_values_will_stand(tmp_path: Path) -> None:
    """Pointers are unescaped, only taken names are gaps, and what is filled in is none."""
    login, put = requests_of(tmp_path, SEQUENCE)

    assert ("POST", frozenset({201}), ('{"user": "me"}',), True) == (
        login.method,
        login.status,
        login.body,
        login.body_is_json,
    )
    assert ({"Content-Type": ("application/json",)},) * 2 == login.headers
    assert (
        Take("token", "/a~1b/0/~0c", "", ("a/b", "0", "~c"), for_header=True),
        Take("place", "header:Location", "location", (), for_header=False),
    ) == login.takes
    assert (("/items/", "place", ""),) * 2 == put.paths
    assert ({"Authorization": ("Bearer ", "token", "")},) * 2 == put.headers
    assert ("", "token", " {other} {token}") == put.body
    assert (Expected("", (), [1]), Expected("/x", ("x",), "{other}")) == put.expected


def test_a_plain_scenario_is_a_sequence_of_one(tmp_path: Path) -> None:
    """It takes the same keys."""
    text = '[[scenarios]]\nname = "one"\nrequest = "POST /"\nbody = [1]\ncontains = "x"\n'
    (request,) = requests_of(tmp_path, text)

    assert ("POST", ("[1]",), "x") == (request.method, request.body, request.contains)


SECOND = 'request = "PUT /items/{place}"'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            SECOND,
            'request = "PUT /{plase}"',
            "sequence number 2, request: no earlier request takes {plase}",
        ),
        (SECOND, 'request = "PUT /{plase}"', "did you mean 'place'?"),
        (
            "Bearer {token}",
            "Bearer {tokn}",
            "headers.Authorization: no earlier request takes {tokn}",
        ),
        (
            '"POST /login"',
            '"POST /{token}"',
            "sequence number 1, request: no earlier request takes {token}",
        ),
        ('"POST /login"', '"POST /{token}"', "`take` in [[setup]], `before` or a sequence gives"),
        ("/a~1b/0/~0c", "a", "take.token: a JSON Pointer is expected"),
        ("/a~1b/0/~0c", "/~2", "take.token: a JSON Pointer is expected"),
        ("header:Location", "header:", "or header:Location"),
        ("token = ", '"to ken" = ', "take.to ken"),
        ('"/x"', '"x"', "a JSON Pointer is expected"),
        ('"/x" =', '"/y" = nan, "/x" =', "holds what JSON does not know"),
        ('{ user = "me" }', "1979-05-27", "a text, a table or an array is expected"),
        ('{ user = "me" }', "{ user = inf }", "holds what JSON does not know"),
        ('{ user = "me" }', "[1979-05-27]", "holds what JSON does not know"),
        (
            "{token} {other}",
            "{tokn} {other}",
            "2, body: no earlier request takes {tokn}; did you mean 'token'? Text that is no",
        ),
        ("{token} {other}", "{tokn} {other}", 'is named: literal = ["tokn"].'),
        ("{token} {other}", "{rwo.id} {other}", "body: no earlier request takes {rwo.id}; did"),
        ("{token} {other}", "{rwo.id} {other}", "did you mean 'row.id'?"),
        ("{token} {other}", "{uniqe} {other}", "did you mean 'unique'?"),
        ("{token} {other}", "{{x}} {other}", "no earlier request takes {x}; valid: "),
        ('{ user = "me" }', '{ user = ["{me}"] }', "body: no earlier request takes {me}; `take`"),
        (
            'contains = "ok"',
            'contains = "{ok}"',
            "contains: nothing fills {ok}; {row.col",
        ),
        ('"{other}" }', '"{any}" }', "json: nothing fills {any}; "),
        (
            '"{other}" }',
            '"{token}" }',
            "json: nothing fills {token}; {row.column}, {round}, ",
        ),
        ('["other"]', '["other", "token"]', "literal: {token} is filled in. Give a taken value"),
        ('["other"]', '["other", "round"]', "literal: {round} is filled in."),
        (
            '["other"]',
            '["{other}"]',
            "literal number 1: a name as it stands in braces, without",
        ),
        ('["other"]', '["other", "other"]', "'other' stands there twice"),
        (
            "take =",
            "takes =",
            "'takes' in scenarios 'login', sequence number 1; did",
        ),
        ('name = "login"', 'name = "login"\nstatus = 201', "'status' belongs to a request."),
        ('name = "login"', 'name = "login"\njson = {}', "'json' belongs to a request."),
        (
            'name = "login"',
            'name = "login"\nrequest = "GET /"',
            "give exactly one of 'request' and",
        ),
        (
            "${NAME}",
            "${NOT_SET}",
            "2, body: environment variable NOT_SET is not set",
        ),
        ("Bearer {token}", "{token} ${LINES}", "headers.Authorization: the environment's value is"),
        ('contains = "ok"', 'contains = ""', "contains"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """One line: the file, the scenario, the key, and what would be right."""
    assert old in SEQUENCE
    with pytest.raises(ConfigError) as caught:
        requests_of(tmp_path, SEQUENCE.replace(old, new, 1))

    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "versus.toml"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "one"', "give exactly one of 'request' and 'sequence'"),
        ('name = "one"\nsequence = []', "scenarios 'one', sequence"),
        ('name = "one"\nrequest = "GET /{id}"', "no earlier request takes {id}"),
        (
            'name = "one"\nrequest = "GET /"\ntake = { a = "/a" }',
            "'take' gives values to 'after', which is missing",
        ),
    ],
)
def test_a_scenario_that_says_nothing_to_send_is_refused(
    tmp_path: Path, text: str, expected: str
) -> None:
    """A plain one takes nothing, because nobody comes after it."""
    with pytest.raises(ConfigError, match=r"versus\.toml: ") as caught:
        requests_of(tmp_path, f"[[scenarios]]\n{text}\n")

    assert expected in str(caught.value)


def test_what_fills_a_gap_is_never_looked_through() -> None:
    """A value that looks like a gap stays as it is."""
    parts = template("{a}{b}${a}", ["a", "b"], as_it_is)

    assert ("", "a", "", "b", "${a}") == parts
    assert "{b}{a}${a}" == joined(parts, {"a": "{b}", "b": "{a}"}, as_it_is)
    assert "%7Bb%7D%2F${a}" == joined(parts, {"a": "{b}", "b": "/"}, in_path)
    assert '\\"\\\\\\n\\u00e9${a}' == joined(parts, {"a": '"\\\n', "b": "é"}, in_json)


def test_headers_are_one_however_they_are_spelled() -> None:
    """The last one wins, with its own spelling."""
    assert {"a": "3", "B": "2"} == merged_headers({"A": "1", "B": "2"}, {"a": "3"})
