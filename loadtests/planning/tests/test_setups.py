"""The set-up as it is planned, and what is wrong with it before anything starts."""

from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.opening import planned_record
from loadtests.planning.plan import LoadWorkers, Plan, load_plan
from loadtests.redaction import redacted

CONFIG = """
[target]
url = "http://127.0.0.1:1"
[variants.one]
[variants.two]
headers = { X = "two" }

[[setup]]
request = "POST /login?token=s3cret-query"
headers = { X-Api-Key = "s3cret-header" }
body = { password = "s3cret-body" }
take = { token = "/token" }

[[setup]]
command = ["make", "--password=s3cret-word"]
take = { key = "/key" }

[[scenarios]]
name = "read"
request = "GET /{token}/{key}/{made}"

[[scenarios.before]]
request = "POST /things"
body = { password = "s3cret-before" }
take = { made = "/id" }

[[scenarios.after]]
request = "DELETE /things/{made}"
headers = { Authorization = "s3cret-after" }
"""


def plan_of(folder: Path, text: str = CONFIG) -> Plan:
    path = folder / "versus.toml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path, seed=1)


def test_a_set_up_is_planned_for_each_variant(tmp_path: Path) -> None:
    """Its requests carry what makes them a variant's, as all others do."""
    login, make = plan_of(tmp_path).setup

    assert login.request is not None
    assert ({}, {"X": ("two",)}) == tuple(
        {name: value for name, value in one.items() if name == "X"} for one in login.request.headers
    )
    assert ["token"] == [one.name for one in login.request.takes]
    assert (("make", "--password=s3cret-word"), ["key"]) == (
        make.command,
        [one.name for one in make.takes],
    )


def test_two_revisions_get_the_requests_of_one_variant(tmp_path: Path) -> None:
    """In the set-up and around the samples, too."""
    plan = plan_of(tmp_path)
    (scenario,) = plan.scenarios
    sent = scenario.sent_as(1, 3)
    step = plan.setup[0].sent_as(1, 3)

    assert step.request is not None
    for request in (*sent.before, *sent.sequence, *sent.after, step.request):
        assert [("two",)] * 3 == [headers["X"] for headers in request.headers]


def test_no_secret_of_a_set_up_is_recorded(tmp_path: Path) -> None:
    """Neither in the file as it is recorded, nor in titles for people."""
    plan = plan_of(tmp_path)
    record = planned_record(plan, "bench", "")
    shown = f"{record} {redacted(record)} {[step.title for step in plan.setup]}"

    assert "POST /login" in shown
    assert "--password=" in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            '{ key = "/key" }',
            '{ token = "/key" }',
            "setup number 2, take.token: setup number 1 takes",
        ),
        ('{ made = "/id" }', '{ key = "/id" }', "before number 1, take.key: [[setup]] takes this"),
        ("{key}", "{kye}", "'read', request: no earlier request takes {kye}; did you mean 'key'?"),
        (
            "POST /login?",
            "POST /{token}?",
            "setup number 1, request: no earlier request takes {tok",
        ),
        ("POST /login?", "POST /{unique}?", "{unique}; [[setup]] draws nothing."),
        (
            "POST /things",
            "POST /{made}",
            "before number 1, request: no earlier request takes {made",
        ),
        ("s3cret-after", "{none}", "after number 1, headers.Authorization: no earlier request"),
        ('"/key"', '"regex:(?=a)(b)"', "setup number 2, take.key: "),
        ('"/id"', '"regex:(?=a)(b)"', "before number 1, take.made: "),
        ('command = ["make"', 'headers = {}\ncommand = ["make"', "'headers' belongs to a request"),
    ],
)
def test_a_mistake_is_named_before_anything_starts(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    """One line: where it stands and what to do."""
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, CONFIG.replace(old, new, 1))

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_hundred_steps_are_enough(tmp_path: Path) -> None:
    """More would be a loop of somebody's generator."""
    step = '[[setup]]\nrequest = "GET /"\n'
    plan_of(tmp_path, CONFIG.replace("[[setup]]", step * 98 + "[[setup]]", 1))
    with pytest.raises(ConfigError, match="setup: at most 100 are possible"):
        plan_of(tmp_path, CONFIG.replace("[[setup]]", step * 99 + "[[setup]]", 1))


def test_nothing_stands_around_a_request_under_load(tmp_path: Path) -> None:
    """Requests overlap there; the line says what to do."""
    with pytest.raises(ConfigError, match="'read': `before` and `after` are not possible under"):
        plan_of(tmp_path).under_load(LoadWorkers())
