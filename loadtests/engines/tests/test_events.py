"""Events survive their encoding, and nothing else is read as one."""

import pytest

from contract.run.answers import AnswerPair, DifferentPlace
from contract.run.record import StepRecord
from loadtests.engines.events import (
    EVENT_BYTES_MAX,
    AnswersCompared,
    BlockEnded,
    Event,
    EventError,
    GeneratorFailed,
    LoadNotDelivered,
    LookRequested,
    MeasuringStarted,
    NoMoreRestarts,
    Progressed,
    RateChosen,
    RequestsNamed,
    RestartRequested,
    ScenariosDecided,
    ServersRestarted,
    StepEnded,
    TasksFailed,
    WorkerJoined,
    decode,
    encode,
)
from loadtests.planning.setups import Cookie, Given

STEP = StepRecord(
    phase="capacity",
    block=1,
    position=0,
    variant="before",
    rate_per_s=10.0,
    start_s=0.0,
    end_s=1.0,
    drained_s=1.1,
    planned=(9, 8),
    sent=(9, 8),
    cpu_s=(0.1, 0.1),
    errors=0,
    late_share=0.0,
    lag_s_p99=0.001,
    met=True,
)
PAIR = AnswerPair(
    variant="head",
    kind="added",
    base="00000000000000ff",
    head="ffffffffffffffff",
    places=(DifferentPlace("/items/0/owner", "nothing", '"ann"'),),
    count=1,
)
EVENTS: list[Event] = [
    MeasuringStarted(),
    BlockEnded(scenario="list", block=3, start_s=0.1, end_s=1 / 3, gc_s=0.01),
    Progressed(
        activity="list",
        left_s=2.5,
        errors=1,
        last_error="list, after: status 500\n",
        ended={"list": "", "read": "time"},
        ratios={"list": (1.0, 0.9)},
    ),
    WorkerJoined(number=1, count=2),
    RateChosen(rate_per_s=60.0, planned={"list": 12}),
    RequestsNamed(requests={"get_a": "GET /a"}),
    TasksFailed(variant="before", count=2, last="KeyError: 'x'"),
    StepEnded(step=STEP),
    AnswersCompared(scenario="list", pair=PAIR),
    LoadNotDelivered(reason="worker 1 of 2 was lost"),
    GeneratorFailed(reason="the disk is full"),
    LookRequested(),
    RestartRequested(pairs=4),
    ScenariosDecided(names=("list",)),
    ServersRestarted(
        base_urls=("http://127.0.0.1:1", "http://127.0.0.1:2"),
        given=(Given({"a": "b"}, (Cookie("c", "d", "", "/", secure=True, expires_s=1.5),)),),
    ),
    NoMoreRestarts(ended="decided"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_survives_its_encoding(event: Event) -> None:
    """One line, whatever its texts hold; what is read equals what was sent."""
    line = encode(event)

    assert 1 == line.count(b"\n")
    assert event == decode(line)


def test_every_kind_is_tried() -> None:
    """A kind that the decoder knows is missing in no test."""
    with pytest.raises(EventError) as raised:
        decode(b'{"kind": "unknown"}\n')

    assert all(repr(event.kind) in str(raised.value) for event in EVENTS)
    assert len(EVENTS) == str(raised.value).count("'") // 2 - 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"kind": "later"}\n', "event: Input tag 'later' found using 'kind' does not match"),
        (b'{"pairs": 1}\n', "Unable to extract tag"),
        (b'{"kind": "restart_requested"}\n', "restart_requested.pairs: Field required"),
        (b'{"kind": "look_requested", "rounds": 9}\n', "rounds: Extra inputs are not permitted"),
        (b'{"kind": "look_requested"}', "too long or was cut short"),
        (b"[]\n", "event: "),
        (b"no JSON\n", "event: Invalid JSON"),
        (b"x" * EVENT_BYTES_MAX + b"\n", "too long or was cut short"),
    ],
)
def test_what_is_no_event_is_an_error(line: bytes, message: str) -> None:
    """Unknown kinds and keys, missing ones, broken and endless lines are never skipped."""
    with pytest.raises(EventError) as raised:
        decode(line)

    assert message in str(raised.value)


def test_an_event_is_bounded() -> None:
    """What could not be read is not sent."""
    with pytest.raises(EventError, match=r"scenarios_decided: \d+ bytes; at most 16777216 can be"):
        encode(ScenariosDecided(names=("x" * EVENT_BYTES_MAX,)))


def test_numbers_are_finite() -> None:
    """JSON knows neither NaN nor infinity."""
    with pytest.raises(ValueError, match="finite number"):
        RateChosen(rate_per_s=float("nan"), planned={})
