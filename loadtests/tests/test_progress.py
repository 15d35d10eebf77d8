"""What a person sees while the work goes on."""

import io
import re

import pytest

from loadtests.engines.events import AnswersCompared, LookRequested, Progressed, WorkerJoined
from loadtests.engines.tests.test_events import PAIR
from loadtests.progress import Progress

EVENT = Progressed(
    activity="list",
    left_s=95.4,
    errors=2,
    last_error="",
    ended={},
    ratios={"list": (1.0, 0.25, 1.034), "read": (1.0, 3.0, 0.9)},
)


class Terminal(io.StringIO):
    """Pretends to be a terminal."""

    def isatty(self) -> bool:
        """Pretend."""
        return True


def test_progress_is_one_line() -> None:
    """What is under way, the time left, errors, and each variant's speed so far."""
    out = io.StringIO()
    Progress(out, ("a", "b", "c")).handle(EVENT)

    assert (
        "measuring list · 1:35 left · 2 errors · list 4x faster, +3 % · read 3x slower, -10 %\n"
        == out.getvalue()
    )


def test_plain_lines_are_rare() -> None:
    """A log gets one line in ten seconds; a terminal's live line changes with each event."""
    plain, terminal = io.StringIO(), Terminal()
    for out in (plain, terminal):
        progress = Progress(out, ("a", "b", "c"))
        progress.handle(EVENT)
        progress.handle(EVENT.model_copy(update={"left_s": 9.0}))
        progress.done()

    assert "0:09 left" not in plain.getvalue()
    assert "0:09 left" in terminal.getvalue()


def test_many_ratios_are_counted_in_a_log() -> None:
    """A line of forty scenarios in six variants would be longer than a page."""
    out = io.StringIO()
    ratios = dict.fromkeys((f"s{number}" for number in range(17)), (1.0, 1.2))
    ended = dict.fromkeys((f"s{number}" for number in range(40)), "")
    many = EVENT.model_copy(update={"ratios": ratios, "ended": ended})
    Progress(out, ("a", "b")).handle(many)

    assert "measuring list · 1:35 left · 2 errors · 17 of 40 scenarios begun\n" == out.getvalue()


def test_a_terminal_shows_what_is_under_way_of_many() -> None:
    """The scenarios around the one that is measured."""
    out = Terminal()
    progress = Progress(out, ("a", "b"))
    ended = dict.fromkeys((f"s{number}" for number in range(40)), "")
    progress.handle(EVENT.model_copy(update={"activity": "s30", "ended": ended, "ratios": {}}))
    progress.done()

    assert re.search(r"s30 .*measuring", out.getvalue())
    assert "s24 " in out.getvalue()
    assert "s23 " not in out.getvalue()


def test_a_terminal_has_a_line_for_each_scenario() -> None:
    """With its ratios so far, and whether it is decided; of many, some."""
    out = Terminal()
    progress = Progress(out, ("a", "b", "c"))
    ended = {"list": "", "read": "decided", **{f"s{number}": "time" for number in range(12)}}
    progress.handle(EVENT.model_copy(update={"ended": ended}))
    progress.done()
    shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", out.getvalue())

    assert re.search(r"^measuring list · 1:35 left · 2 errors *$", shown, re.MULTILINE)
    assert re.search(r"^list +4x faster, \+3 % +measuring *$", shown, re.MULTILINE)
    assert re.search(r"^read +3x slower, -10 % +decided *$", shown, re.MULTILINE)
    assert "s9 " in shown
    assert "s10 " not in shown
    assert "and 2 more scenarios" in shown


def test_workers_are_announced_where_there_are_several() -> None:
    """Other events show nothing."""
    out = io.StringIO()
    progress = Progress(out, ("a", "b"))
    progress.handle(WorkerJoined(number=1, count=1))
    progress.handle(LookRequested())
    progress.handle(WorkerJoined(number=1, count=2))

    assert "worker 1 of 2 is here\n" == out.getvalue()


def test_listeners_get_every_event() -> None:
    """Also those that nobody sees."""
    heard: list[object] = []
    progress = Progress(io.StringIO(), ("a", "b", "c"))
    progress.listeners.append(heard.append)
    for event in (EVENT, LookRequested()):
        progress.handle(event)

    assert [EVENT, LookRequested()] == heard


def test_a_long_wait_is_shown_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log gets its lines after 10 and 20 seconds more; a terminal each one."""
    now_s = [100.0]
    monkeypatch.setattr("loadtests.progress.time.monotonic", lambda: now_s[0])
    plain, terminal = io.StringIO(), Terminal()
    for out in (plain, terminal):
        progress = Progress(out, ("a", "b"))
        for second in range(40):
            now_s[0] += 1.0
            progress.wait(f"waiting, {second} s.")
        progress.done()

    assert ["waiting, 0 s.", "waiting, 10 s.", "waiting, 30 s."] == (plain.getvalue().splitlines())
    assert all(f"waiting, {second} s." in terminal.getvalue() for second in range(40))


def test_answers_that_differ_are_said_at_once() -> None:
    """One line for each scenario and kind; what was said before measuring is not said again."""
    out = io.StringIO()
    progress = Progress(out, ("base", "head"))
    known = AnswersCompared(scenario="read", pair=PAIR)
    progress.say_once("read: answers of head gained fields: /items/0/owner")
    for kind in ("added", "different", "different", "equal"):
        pair = PAIR.model_copy(update={"kind": kind})
        progress.handle(AnswersCompared(scenario="list", pair=pair))
    progress.handle(known)

    assert [
        "read: answers of head gained fields: /items/0/owner",
        "list: answers of head gained fields: /items/0/owner",
        'list: base and head answer differently: /items/0/owner: nothing / "ann"',
    ] == out.getvalue().splitlines()
