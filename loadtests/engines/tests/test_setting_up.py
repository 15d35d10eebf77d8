"""The set-up of a running service: what it gives to each variant, and how it fails."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from contract.run.observation import Place
from loadtests.engines.setting_up import LOG, set_up
from loadtests.planning.plan import Job, Plan
from loadtests.probes.http.exchange import Exchange
from loadtests.probes.http.tests.sending import job_of
from loadtests.targets.servers import TargetError
from loadtests.tests.accounts import LOGIN, accounts, plan_at

ORDERS = """
[[scenarios]]
name = "orders"
request = "GET /orders?page=1"
headers = { Authorization = "Bearer {token}" }
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the example behind a login answers."""
    with accounts() as address:
        yield address


def ready(plan: Plan, folder: Path, environment: Mapping[str, str] | None = None) -> Job:
    """The job once the set-up is done."""
    job = replace(job_of(plan), run_folder=str(folder))
    return asyncio.run(set_up(plan, job, [environment or {}] * 2))


def errors(job: Job) -> list[str]:
    """Of each scenario in each variant."""
    exchange = Exchange(job)
    try:
        return [
            exchange.send(Place(scenario, variant, 0, 0, 0, False, 0.0, 0.0)).error
            for scenario in range(len(job.scenarios))
            for variant in range(len(job.variants))
        ]
    finally:
        exchange.close()


def command(code: str, take: str = "") -> str:
    """A step that runs Python."""
    words = json.dumps([sys.executable, "-c", code])
    return f"[[setup]]\ncommand = {words}\n{take and f'take = {take}'}\n"


def test_each_variant_logs_in_by_itself(tmp_path: Path, url: str) -> None:
    """Every scenario sends what the set-up took; nothing of it may be shown."""
    job = ready(plan_at(tmp_path, url, LOGIN + ORDERS), tmp_path)
    tokens = [given.values["token"] for given in job.given]

    assert ["", ""] == errors(job)
    assert 2 == len({*tokens})
    assert {*tokens} <= {*job.secrets}
    assert not any(token in repr(job.given) for token in tokens)


def test_without_a_set_up_the_job_stays_as_it_is(tmp_path: Path, url: str) -> None:
    """Nothing is given, and nothing is sent."""
    plan = plan_at(tmp_path, url, '[[scenarios]]\nrequest = "GET /open"\n')
    job = job_of(plan)

    assert job is asyncio.run(set_up(plan, job))


def test_a_session_begins_with_the_cookies_of_the_set_up(tmp_path: Path, url: str) -> None:
    """Kept for each variant; without `session` none is."""
    text = LOGIN.replace("take = ", "# ") + '[[scenarios]]\nrequest = "GET /orders"\n'

    assert ["", ""] == errors(ready(plan_at(tmp_path, url, text, "session = true"), tmp_path))
    without = errors(ready(plan_at(tmp_path, url, text), tmp_path))
    assert ["status 401, expected 200"] * 2 == without


CHAIN = """
[[setup]]
request = "POST /login"
body = { user = "ada", password = "correct horse" }
status = "2xx"
take = { token = "/access_token", sid = "cookie:session" }

[[setup]]
request = "POST /orders"
headers = { Cookie = "session={sid}" }
status = [200, 201]
take = { order = "header:Location", number = "header:Location" }

[[setup]]
request = "DELETE {order}"
headers = { Authorization = "Bearer {token}" }
status = 204

[[setup]]
request = "GET /form"
take = { csrf = 'regex:name="csrf" value="([^"]+)"' }

[[scenarios]]
name = "form"
request = "POST /form"
headers = { Content-Type = "application/x-www-form-urlencoded" }
body = "csrf={csrf}"
"""


def test_values_stand_in_bodies_headers_cookies_and_addresses(tmp_path: Path, url: str) -> None:
    """Each step may use what the ones before it took; an address may be the next target."""
    assert ["", ""] == errors(ready(plan_at(tmp_path, url, CHAIN), tmp_path))


def test_a_command_gives_values_too(tmp_path: Path, url: str) -> None:
    """It runs in the configuration's folder, knows the service, and its output is read."""
    (tmp_path / "secret.txt").write_text("s3cret-file", encoding="utf-8")
    code = (
        "import json, os, pathlib; print(json.dumps({'a': os.environ['VERSUS_URL'], "
        "'b': os.environ['VERSUS_VARIANT'] + pathlib.Path('secret.txt').read_text() "
        "+ os.environ['OWN']}))"
    )
    steps = command(code, '{ a = "/a", b = "/b" }') + command(
        "print('id=7')", '{ c = "regex:=(.)" }'
    )
    plan = plan_at(tmp_path, url, steps + '[[scenarios]]\nrequest = "GET /open?{b}{c}"\n')
    job = ready(plan, tmp_path, {"OWN": "own"})

    assert [
        {"a": url, "b": "befores3cret-fileown", "c": "7"},
        {"a": url, "b": "afters3cret-fileown", "c": "7"},
    ] == [given.values for given in job.given]
    assert ["", ""] == errors(job)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            LOGIN.replace("correct horse", "wrong"),
            "[[setup]] number 1 (POST /login) failed in before: status 403, expected 201. Correct",
        ),
        (
            LOGIN.replace("/access_token", "/token"),
            "number 1 (POST /login) failed in before: take token from /token: nothing stands there",
        ),
        (
            LOGIN.replace("/access_token", "cookie:none"),
            "take token from cookie:none: the answer sets no such cookie",
        ),
        (
            LOGIN.replace("/access_token", "regex:(nothing)"),
            "take token from regex:(nothing): it matches nothing",
        ),
        (command("print('{')", '{ token = "/a" }'), "failed in before: the body is no JSON"),
        (command("raise SystemExit('why not')"), "it exited with 1; output: why not; see "),
        (command("print('x' * 2_000_000)"), "it prints more than 1 MiB"),
        ('[[setup]]\ncommand = ["./none"]\n', "number 1 (./none) failed in before: it "),
    ],
)
def test_a_failing_step_is_one_line(tmp_path: Path, url: str, steps: str, expected: str) -> None:
    """Which step, in which variant, why, and what to do; no value of an answer."""
    text = steps + ORDERS.replace(' {token}"', ' x"')
    with pytest.raises(TargetError) as caught:
        ready(plan_at(tmp_path, url, text), tmp_path)

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_address_of_another_service_is_not_asked(tmp_path: Path, url: str) -> None:
    """A service must not lead its client elsewhere."""
    step = command("print(f'http://127.0.0.1:{9}/orders')", '{ next = "regex:(.+)" }')
    with pytest.raises(TargetError) as caught:
        ready(plan_at(tmp_path, url, step + '[[scenarios]]\nrequest = "GET {next}"\n'), tmp_path)

    assert f"neither a path that begins with / nor an address of {url}" in str(caught.value)
    assert ":9/" not in str(caught.value)


def test_a_set_up_that_never_ends_is_ended(tmp_path: Path, url: str) -> None:
    """With all that it has started, after the configuration's own time."""
    code = "import subprocess, sys; subprocess.run(['sleep', '600'])"
    text = command(code) + ORDERS.replace("{token}", "x")
    plan = plan_at(tmp_path, url, text)
    plan = replace(plan, target=plan.target.model_copy(update={"timeout_s": 0.5}))
    began_s = time.monotonic()
    with pytest.raises(TargetError, match="did not end within"):
        ready(plan, tmp_path)

    assert time.monotonic() - began_s < 5


def test_what_a_command_says_is_kept_in_a_log_and_its_output_is_not(
    tmp_path: Path, url: str
) -> None:
    """The output may be a token."""
    code = "import sys; print('t0ken'); print('a word', file=sys.stderr)"
    text = command(code, '{ token = "regex:(.+)" }') + ORDERS
    ready(plan_at(tmp_path, url, text), tmp_path)

    assert "a word\na word\n" == (tmp_path / LOG).read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_command_leaves_neither_values_nor_processes(tmp_path: Path, url: str) -> None:
    """What it took is in no log, and what it starts in a session of its own ends with it."""
    code = (
        "import subprocess, sys; "
        "started = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
        "stdout=subprocess.DEVNULL, start_new_session=True); "
        "open('child', 'a').write(f'{started.pid} '); "
        "print('value-of-the-set-up'); print('is value-of-the-set-up', file=sys.stderr)"
    )
    given = command(code, '{ token = "regex:(.+)" }')
    ready(plan_at(tmp_path, url, given + ORDERS), tmp_path)
    pids = [int(pid) for pid in (tmp_path / "child").read_text().split()]

    assert 2 == len(pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert (tmp_path / LOG).read_text().startswith("is [removed]\n")
