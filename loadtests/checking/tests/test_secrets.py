"""What was sent, or given to servers, is known as secret."""

from pathlib import Path

import pytest

from loadtests.checking.secrets import secrets_of, with_given
from loadtests.checking.tests.checks import configuration, plan_of
from loadtests.planning.setups import Cookie, Given
from loadtests.probes.http.tests.sending import job_of

TARGET = '[target]\nurl = "http://127.0.0.1:1"\n'


def test_everything_that_was_sent_is_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers whole and by word, but for short words; of the environment also these."""
    monkeypatch.setenv("SHORT_WORD", "pwd7")
    more = 'headers = { X-Word = "${SHORT_WORD}", Authorization = "Bearer abcdefgh" }\n'
    found = secrets_of(plan_of(tmp_path, configuration("same", more=more)), ["from-target"])

    assert {"pwd7", "abcdefgh", "Bearer abcdefgh", "from-target"} <= {*found}
    assert "Bearer" not in found


def test_other_forms_of_a_secret_are_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `Basic` encodes, and what stands in addresses, pages and JSON."""
    monkeypatch.setenv("BASIC", "Basic dXNlcjpodW50ZXIyLXBhc3M=")
    monkeypatch.setenv("PASSWORD", 'p@ss "w0rd"!<')
    more = 'headers = { Authorization = "${BASIC}", X-Word = "${PASSWORD}" }\n'
    found = secrets_of(plan_of(tmp_path, configuration("same", more=more)))

    assert {
        "hunter2-pass",
        "p%40ss%20%22w0rd%22%21%3C",
        "p%40ss+%22w0rd%22%21%3C",
        "p@ss &quot;w0rd&quot;!&lt;",
        'p@ss \\"w0rd\\"!<',
    } <= {*found}


def test_what_a_set_up_gives_is_secret(tmp_path: Path) -> None:
    """Its values and the cookies of its session, in every form."""
    cookie = Cookie("sid", "c00kie-value", "", "/", secure=False, expires_s=None)
    job = job_of(plan_of(tmp_path, configuration("same", target=TARGET)))
    found = with_given(job, (Given({"token": 't0ken "1"'}), Given({}, (cookie,))))

    assert {'t0ken "1"', "t0ken%20%221%22", "c00kie-value"} <= {*found.secrets}
    assert 't0ken "1"' == found.given[0].values["token"]
