"""Answers that differ are found round by round, and looked through once."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.run.observation import Observation, Place
from loadtests.engines import answers
from loadtests.engines.answers import AnswerPairs, ComparedProbe
from loadtests.engines.tests.jobs import make_job
from loadtests.planning.plan import load_plan
from loadtests.planning.rows import Draws, Rows
from loadtests.probes.http.documents import BodyHashes
from loadtests.probes.http.tests.sending import job_of

if TYPE_CHECKING:
    from loadtests.engines.events import AnswersCompared

SERVER = Path(__file__).parents[2] / "tests" / "strange_server.py"


class Rounds:
    """Rounds of one scenario in two variants, and what was found."""

    def __init__(self, *, compared: bool = True, draws: Draws | None = None) -> None:
        job = make_job("list")
        scenarios = tuple(
            one.model_copy(update={"compared": compared, "draws": draws}) for one in job.scenarios
        )
        self.events: list[AnswersCompared] = []
        self.pairs = AnswerPairs(replace(job, scenarios=scenarios), self.events.append)
        self.number = 0

    def send(self, *bodies: bytes, error: str = "") -> None:
        """One round; the last answer may be wrong."""
        for variant, body in enumerate(bodies):
            wrong = error if variant == len(bodies) - 1 else ""
            self.pairs.take(self._sample(variant, body, wrong), (body,))
        self.number += 1

    def _sample(self, variant: int, body: bytes, error: str) -> Observation:
        body_hash = BodyHashes(None).of(body)
        place = Place(0, variant, 0, self.number, variant, False, 0.0, 0.0)
        return Observation(
            **vars(place),
            latency_s=0.1,
            status=200,
            error=error,
            wire_bytes=None,
            body_bytes=len(body),
            body_hash=body_hash,
            stages=(),
            counters=(),
        )

    def kinds(self) -> list[str]:
        """What was found so far."""
        return [event.pair.kind for event in self.events]


def test_equal_answers_are_no_event() -> None:
    """By value: another order of keys is the same answer."""
    rounds = Rounds()
    rounds.send(b'{"a": 1, "b": 2}', b'{"b": 2, "a": 1}')

    assert not rounds.pairs.compare()
    assert [] == rounds.events


def test_each_pair_is_looked_through_once() -> None:
    """Whatever is answered again in later blocks."""
    rounds = Rounds()
    for _ in range(2):
        rounds.send(b'{"a": 1}', b'{"a": 1, "b": 2}')
        rounds.send(b'{"a": 1}', b'{"a": 2}')
        rounds.pairs.compare()

    assert ["added", "different"] == rounds.kinds()
    assert ["after", "list"] == [rounds.events[0].pair.variant, rounds.events[0].scenario]
    assert (BodyHashes(None).of(b'{"a": 1}'), BodyHashes(None).of(b'{"a": 2}')) == (
        rounds.events[1].pair.hashes
    )


def test_values_of_a_later_start_are_not_shown() -> None:
    """Servers that start anew give other tokens, which their answers may repeat."""
    rounds = Rounds()
    rounds.pairs.hide(("t0ken-of-now",))
    rounds.send(b'{"a": 1}', b'{"a": "t0ken-of-now"}')
    rounds.pairs.compare()

    assert ["different"] == rounds.kinds()
    assert "t0ken" not in repr(rounds.events[0].pair.places)


def test_what_differs_is_said_at_once() -> None:
    """So that the engine asks whether there is any use in going on."""
    rounds = Rounds()
    rounds.send(b"one", b"two")

    assert rounds.pairs.compare()
    assert not rounds.pairs.compare()


def test_wrong_answers_and_others_are_not_compared() -> None:
    """Of a round without two right answers there is no pair."""
    rounds, other = Rounds(), Rounds(compared=False)
    rounds.send(b"one", b"two", error="status 500")
    rounds.send(b"one")
    other.send(b"one", b"two")

    assert not rounds.pairs.compare()
    assert not other.pairs.compare()


def test_what_is_kept_and_known_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a block, in bytes, and in all; what found no room is tried again later."""
    monkeypatch.setattr(answers, "KEPT_MAX", 2)
    monkeypatch.setattr(answers, "KNOWN_MAX", 3)
    monkeypatch.setattr(answers, "SHOWN_MAX", 1)
    rounds = Rounds()
    for _ in range(3):
        for number in range(4):
            rounds.send(b"same", b"other %d" % number)
        rounds.pairs.compare()
    monkeypatch.setattr(answers, "KEPT_BYTES_MAX", 5)
    small = Rounds()
    small.send(b"same", b"other")

    assert ["different"] * 3 == rounds.kinds()
    assert [1, 0, 0] == [len(event.pair.places) for event in rounds.events]
    assert not small.pairs.compare()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such clocks")
def test_the_cpu_time_of_the_service_is_beside_its_answer(tmp_path: Path) -> None:
    """Of a real server: its work is more than nothing and less than the latency."""
    config = tmp_path / "versus.toml"
    with worker_at_a_port() as (port, pid):
        config.write_text(
            f'[target]\nurl = "http://127.0.0.1:{port}"\n[variants.a]\n[variants.b]\n'
            '[[scenarios]]\nname = "one"\nrequest = "GET /echo"\n',
            encoding="utf-8",
        )
        job = replace(job_of(load_plan(config, seed=1)), pids=(pid, pid))
        probe = ComparedProbe(job, AnswerPairs(job, lambda _: None))
        probe.begin_block()
        samples = [
            probe.send(Place(0, variant, 0, 0, variant, False, 0.0, 0.0)) for variant in (0, 1)
        ]
        probe.close()
        assert probe.knows_all_processes()

    assert ["", ""] == [one.error for one in samples]
    assert all(0 < one.cpu_outside_s < one.latency_s + 0.02 for one in samples)
    assert [True, False] == [math.isnan(one.cpu_idle_s) for one in samples]


@contextmanager
def worker_at_a_port() -> Iterator[tuple[int, int]]:
    """A server's port and process."""
    with subprocess.Popen(
        [sys.executable, str(SERVER), "serve"],
        env={**os.environ, "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
        process.terminate()


def test_where_each_row_has_an_answer_more_are_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise those that found no room would count as different."""
    monkeypatch.setattr(answers, "KEPT_MAX", 1)
    monkeypatch.setattr(answers, "KEPT_OF_ROWS_MAX", 3)
    monkeypatch.setattr(answers, "KNOWN_OF_ROWS_MAX", 5)
    fixed, drawing = Rounds(), Rounds(draws=Draws(frozenset({"row.n"}), Rows("random", 9)))
    for rounds in (fixed, drawing):
        for block in range(2):
            for number in range(4):
                rounds.send(b'{"id": %d}' % (4 * block + number), b'{"id": 1, "new": 1}')
            rounds.pairs.compare()

    assert (2, 5) == (len(fixed.events), len(drawing.events))
