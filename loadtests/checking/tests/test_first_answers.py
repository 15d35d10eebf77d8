"""What the first answers of two revisions show."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.run.answers import AnswersRecord
from contract.run.observation import Observation, Place
from loadtests.checking.first_answers import (
    Answers,
    FirstAnswers,
    check_base,
    examine_first_answers,
    lines_about,
    plan_with,
    record_with,
)
from loadtests.checking.sending import Sent
from loadtests.checking.tests.checks import configuration, plan_of
from loadtests.engines.answers import AnswerPairs
from loadtests.engines.tests.jobs import make_job
from loadtests.opening import planned_record
from loadtests.planning.plan import Plan
from loadtests.probes.http.documents import BodyHashes
from loadtests.revisions.states import RevisionError, State

if TYPE_CHECKING:
    from loadtests.engines.events import AnswersCompared

Body = bytes | int
"""What is answered rightly, or a wrong status."""


def sent(body: Body, variant: int, *, whole: bool = True) -> Sent:
    """One answer."""
    content = body if isinstance(body, bytes) else b"no"
    wrong = "" if isinstance(body, bytes) else f"status {body}, expected 200"
    observation = Observation(
        **vars(Place(0, variant, 0, 0, variant, True, 0.0, 0.0)),
        latency_s=0.1,
        status=200 if isinstance(body, bytes) else body,
        error=wrong,
        wire_bytes=None,
        body_bytes=len(content),
        body_hash=BodyHashes(None).of(content),
        stages=(),
        counters=(),
    )
    return Sent(observation, (content,), whole)


def plan(folder: Path, *paths: str, more: str = "") -> Plan:
    """Of two revisions, as far as answers are concerned."""
    planned = plan_of(folder, configuration(*(paths or ("one",)), more=more))
    return replace(planned, variants=("base", "head"))


def found(
    folder: Path, base: tuple[Body, ...], head: tuple[Body, ...], more: str = ""
) -> FirstAnswers:
    """Of one scenario."""
    answers: Answers = {
        (0, 0): tuple(sent(body, 0) for body in base),
        (0, 1): tuple(sent(body, 1) for body in head),
    }
    (one,) = examine_first_answers(plan(folder, more=more), answers, ("hunter2hunter2",))
    return one


STEADY = (b'{"a": 1}',) * 2
STAMPS = b'{"at": 1, "a": 1}', b'{"at": 2, "a": 1}'
NOISE = "one: two answers of one revision differ at /at, so this is not compared"
UNCOMPARED = "one: answers are not compared: two answers of one revision differ: "
OTHER = "one: base and head answer differently: "
GROWING = b'{"a": [1]}', b'{"a": [1, 2]}'


@pytest.mark.parametrize(
    ("base", "head", "lines"),
    [
        (STEADY, (b'{"a":1.0}',) * 2, []),
        (STEADY, (b'{"a": 1, "b": 2}',) * 2, ["one: answers of head gained fields: /b"]),
        (STEADY, (b'{"a": 2}',) * 2, [f"{OTHER}/a: 1 / 2"]),
        # In either of both answers.
        (STEADY, (STEADY[0], b'{"a": 2}'), [f"{OTHER}/a: 1 / 2"]),
        (
            STEADY,
            (b'{"a": "hunter2hunter2"}',) * 2,
            [f"{OTHER}/a: 1 / [removed]"],
        ),
        (
            STAMPS,
            STAMPS[::-1],
            [NOISE],
        ),
        (
            STAMPS,
            (b'{"at": 5, "a": 1, "b": 1}', b'{"at": 6, "a": 1, "b": 1}'),
            [
                NOISE,
                "one: answers of head gained fields: /b",
            ],
        ),
        (
            STAMPS,
            (b'{"at": 5, "a": 2}', b'{"at": 6, "a": 2}'),
            [
                NOISE,
                f"{OTHER}/a: 1 / 2",
            ],
        ),
        # A value that is another each time is a new field nevertheless.
        (
            STEADY,
            (b'{"a": 1, "at": 5}', b'{"a": 1, "at": 6}'),
            ["one: answers of head gained fields: /at"],
        ),
        (GROWING, GROWING, []),
        (
            GROWING,
            GROWING[::-1],
            [f"{UNCOMPARED}their arrays have different lengths"],
        ),
        (
            (b"<a>", b"<b>"),
            (b"<a>", b"<b>"),
            [f"{UNCOMPARED}they are no JSON"],
        ),
        (
            (b"<a>",) * 2,
            (b"<b>",) * 2,
            [f'{OTHER}byte 1: "<a>" / "<b>"'],
        ),
        ((404, 404), STEADY, ["one: new in head, so not compared"]),
        ((405,), STEADY, ["one: new in head, so not compared"]),
        # Measuring says what is wrong with the head.
        (STEADY, (500, 500), []),
        ((404, 404), (500, 500), []),
        ((500, 500), (500, 500), []),
        ((), (), []),
    ],
)
def test_each_pair_of_answers(
    tmp_path: Path, base: tuple[Body, ...], head: tuple[Body, ...], lines: list[str]
) -> None:
    """What a person is told before measuring."""
    assert lines == list(lines_about([found(tmp_path, base, head)]))


def test_what_differs_by_itself_gets_a_proposal(tmp_path: Path) -> None:
    """As `versus check` makes it; with it, nothing differs any more."""
    proposal = found(tmp_path, STAMPS, STAMPS).ignore

    assert '"at": [-+.0-9eE]+' == proposal
    assert () == found(tmp_path, STAMPS, STAMPS, f"ignore = '{proposal}'\n").noise


def test_a_broken_base_is_no_base(tmp_path: Path) -> None:
    """All scenarios are named, with the error, and what to do."""
    answers: Answers = {
        (index, variant): (sent(b"x", variant) if variant else sent(status, variant),) * 2
        for index, status in enumerate((500, 404, 503))
        for variant in (0, 1)
    }
    with pytest.raises(RevisionError) as raised:
        check_base(examine_first_answers(plan(tmp_path, "a", "b", "c"), answers, ()))

    assert 3 == raised.value.exit_code
    assert "(a: status 500, expected 200; c: status 503, expected 200)" in str(raised.value)
    assert str(raised.value).startswith("no usable base: the base answers wrongly")


def test_long_answers_are_compared_by_their_hashes(tmp_path: Path) -> None:
    """Nobody keeps more than their beginning."""
    planned = plan(tmp_path)

    def of(*bodies: bytes) -> FirstAnswers:
        answers: Answers = {
            (0, variant): tuple(
                sent(body, variant, whole=False) for body in bodies[2 * variant : 2 * variant + 2]
            )
            for variant in (0, 1)
        }
        return examine_first_answers(planned, answers, ())[0]

    assert FirstAnswers("one") == of(b"a", b"a", b"a", b"a")
    assert (
        "two answers of the base differ behind the first 4 MiB"
        in of(b"a", b"b", b"a", b"b").not_compared
    )
    pair = of(b"a", b"a", b"b", b"b").pair
    assert pair is not None
    assert "different" == pair.kind


def test_plan_and_record_take_what_was_found(tmp_path: Path) -> None:
    """The generator leaves noise out; the record says all of it."""
    planned = plan(tmp_path, "a", "b")
    noisy = replace(found(tmp_path, STAMPS, STAMPS), scenario="a")
    both = (noisy, FirstAnswers("b", new=True))
    record = record_with(planned_record(planned, "run", ""), both)
    scenarios = plan_with(planned, both).scenarios

    assert [(noisy.noise, False, True), ((), True, False)] == [
        (one.noise, one.new, one.compared) for one in scenarios
    ]
    assert [False, True] == [one.new for one in record.scenarios]
    assert AnswersRecord(noise=("/at",), ignore=noisy.ignore) == record.scenarios[0].answers


def test_measuring_finds_the_same_hashes(tmp_path: Path) -> None:
    """Of the same answers, so that a pair which is known already is known again."""
    head = b'{"at": 5, "a": 1, "b": 1}', b'{"at": 6, "a": 1, "b": 1}'
    one = found(tmp_path, STAMPS, head)
    events: list[AnswersCompared] = []
    job = make_job("one", variants=("base", "head"))
    scenario = job.scenarios[0].model_copy(update={"noise": (*one.noise, *one.gained)})
    pairs = AnswerPairs(replace(job, scenarios=(scenario,)), events.append)
    hashes = BodyHashes(None, (*one.noise, *one.gained))
    for variant, body in enumerate((STAMPS[1], head[0])):
        sample = replace(sent(body, variant).observation, body_hash=hashes.of(body))
        pairs.take(sample, (body,))
    pairs.compare()

    assert one.pair is not None
    assert [(one.pair.kind, one.pair.hashes)] == [
        (event.pair.kind, event.pair.hashes) for event in events
    ]


def test_a_head_that_always_answers_wrongly_is_not_measured(tmp_path: Path) -> None:
    """One wrong answer of two may be chance, which measuring counts."""
    one = found(tmp_path, STEADY, (500, 500))
    with pytest.raises(RevisionError) as caught:
        check_base([one])

    assert (State.WRONG_ANSWERS, 4) == (caught.value.state, caught.value.exit_code)
    assert "the head answers wrongly, so nothing is measured (one: status 500" in str(caught.value)
    check_base([found(tmp_path, STEADY, (STEADY[0], 500))])


def with_rows(
    folder: Path, base: tuple[tuple[Body, ...], ...], head: tuple[tuple[Body, ...], ...]
) -> FirstAnswers:
    """Of one scenario whose rows were sent twice: by row the first and the second answer."""
    answers: Answers = {
        (0, variant): tuple(
            replace(
                sent(side[0][time], variant),
                others=tuple(sent(row[time], variant) for row in side[1:]),
            )
            for time in range(2)
        )
        for variant, side in enumerate((base, head))
    }
    (one,) = examine_first_answers(plan(folder), answers, ())
    return one


def test_what_differs_in_another_row_alone_is_known(tmp_path: Path) -> None:
    """A time that the first row's answer has not is noise nevertheless, and so is a new field."""
    head = (STEADY, STAMPS, (b'{"a": 1, "more": 1}',) * 2)
    one = with_rows(tmp_path, (STEADY, STAMPS, STEADY), head)

    assert ("/at",) == one.shown_noise
    assert ["/more"] == [gained.shown for gained in one.gained]
    assert one.pair
    assert "added" == one.pair.kind
    assert one.compared


@pytest.mark.parametrize("wrong", [404, 500])
def test_a_row_that_is_answered_wrongly_shows_nothing(tmp_path: Path, wrong: int) -> None:
    """Measuring counts it; the others are compared."""
    one = with_rows(tmp_path, (STEADY, (wrong, wrong)), (STEADY, STAMPS))
    assert FirstAnswers("one") == replace(one, secrets=())

    other = with_rows(tmp_path, (STEADY, (wrong, wrong), STEADY), (STEADY, STAMPS, (b"[]",) * 2))
    assert other.pair
    assert "different" == other.pair.kind


def test_a_row_whose_answers_are_unsteady_forbids_comparing(tmp_path: Path) -> None:
    """As the first row's would."""
    one = with_rows(tmp_path, (STEADY, (b"<a>", b"<b>")), (STEADY, (b"<a>", b"<b>")))

    assert not one.compared
