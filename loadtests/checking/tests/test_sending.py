"""What is sent twice, and how much of it is kept."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.checking import sending
from loadtests.checking.sending import SECOND_AFTER_S, Sender
from loadtests.engines.tests.jobs import FakeClock
from loadtests.planning.plan import load_plan
from loadtests.probes.http.tests.sending import TARGET, job_of, scenarios, server


@pytest.fixture
def requests() -> list[bytes]:
    return []


@pytest.fixture
def url(requests: list[bytes]) -> Iterator[str]:
    """Answers each request with its number; /gone closes the connection instead."""

    def serve(connection: object, _: int) -> None:
        while request := connection.recv(65536):  # type: ignore[attr-defined]
            requests.append(request)
            if b" /gone " in request:
                return
            body = b"%06d" % len(requests)
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
            connection.sendall(head + body)  # type: ignore[attr-defined]

    with server(serve) as address:
        yield address


def sender(folder: Path, url: str, *paths: str, more: str = "") -> Sender:
    config = folder / "versus.toml"
    config.write_text(TARGET.format(url=url) + scenarios(*paths) + more, encoding="utf-8")
    clock = FakeClock()
    return Sender(job_of(load_plan(config, seed=1)), clock=clock, sleep=clock.sleep)


def test_all_are_sent_once_and_then_again(tmp_path: Path, url: str, requests: list[bytes]) -> None:
    """The second time so much later that a time in seconds has changed."""
    sending_ = sender(tmp_path, url, "GET /a", "GET /b")
    answers = sending_.send_all()

    assert [b"/a", b"/a", b"/b", b"/b"] * 2 == [one.split()[1] for one in requests]
    assert [(b"000001",), (b"000005",)] == [one.bodies for one in answers[0, 0]]
    assert SECOND_AFTER_S == sending_.clock()


def test_what_was_not_answered_is_not_sent_again(
    tmp_path: Path, url: str, requests: list[bytes]
) -> None:
    """Each wait may be long."""
    answers = sender(tmp_path, url, "GET /gone").send_all()

    assert [1, 1] == [len(answers[0, variant]) for variant in range(2)]
    assert 2 == len(requests)


def test_long_bodies_are_cut(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each, and all together."""
    monkeypatch.setattr(sending, "BODY_KEPT_BYTES_MAX", 4)
    monkeypatch.setattr(sending, "KEPT_BYTES_MAX", 10)
    answers = sender(tmp_path, url, "GET /a").send_all()
    bodies = [
        one.bodies[0]
        for repetition in range(2)
        for one in (answers[0, 0][repetition], answers[0, 1][repetition])
    ]

    assert [b"0000", b"0000", b"00", b""] == bodies
    assert not answers[0, 0][0].whole


def test_nothing_is_sent_once_it_was_stopped(
    tmp_path: Path, url: str, requests: list[bytes]
) -> None:
    """What was started is about to be stopped."""
    stopped = sender(tmp_path, url, "GET /a")
    stopped.stopped = True

    assert {} == stopped.send_all()
    assert [] == requests


def test_the_same_row_is_sent_again_and_a_few_others_with_it(
    tmp_path: Path, url: str, requests: list[bytes]
) -> None:
    """What then differs between two answers to one row differs by itself."""
    rows = 'rows = { from = 1, to = 3, order = "file" }\n'
    twice = sender(tmp_path, url, "GET /a", "GET /{row.n}", more=rows)
    twice.rows = 5
    answers = twice.send_all()
    places = [("/a",) * 2, ("/1", "/2", "/3") * 2] * 2

    assert [path for paths in places for path in paths] == [
        one.split()[1].decode() for one in requests
    ]
    assert [0, 0] == [len(sent.others) for sent in answers[0, 1]]
    assert [[0, 1, 2]] * 2 == [
        [one.observation.row for one in (sent, *sent.others)] for sent in answers[1, 1]
    ]


def test_what_stands_around_a_sample_takes_its_time(
    tmp_path: Path, url: str, requests: list[bytes]
) -> None:
    """A pace without it would promise too many rounds; its bodies are not compared."""
    around = '[[scenarios.before]]\nrequest = "GET /before"\npause_ms = 40\n'
    around += '[[scenarios.after]]\nrequest = "GET /after"\n'
    measuring = replace(sender(tmp_path, url, "GET /a"), clock=time.monotonic)
    config = tmp_path / "versus.toml"
    config.write_text(config.read_text(encoding="utf-8") + around, encoding="utf-8")
    measuring = replace(measuring, job=job_of(load_plan(config, seed=1)))
    answers = measuring.send_all()

    assert [b"/before", b"/a", b"/after"] * 4 == [one.split()[1] for one in requests]
    assert all(sent.around_s >= 0.04 for sent in answers[0, 0])
    assert [1, 1] == [len(sent.bodies) for sent in answers[0, 1]]
