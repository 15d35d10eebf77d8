"""What connections had to do with latency is counted, and told where it matters."""

import numpy as np
import pyarrow as pa
import pytest

from contract.run.samples import Samples
from reports.effects.connections import connection_warnings, connections_of
from reports.effects.reasons import Name
from reports.effects.shapes import Connections, Delivery


def delivery(variant: str, opening: int, stalled: int = 0, requests: int = 200) -> Delivery:
    found = Connections(opening=opening, replaced=0, stalled=stalled)
    return Delivery(variant, requests, 0, 0, 0, 0, 0, (), connections=found)


def test_connections_are_counted_by_request() -> None:
    """A request that opened two is one that had to; pauses near 40 and 200 ms are delays."""
    table = pa.table(
        {
            "connections_opened": pa.array([1, 0, 2, 0, 0, 0], pa.int16()),
            "connections_replaced": pa.array([0, 0, 1, 0, 0, 0], pa.int16()),
            "stall_s": [0.0, 0.0401, 0.0442, 0.06, 0.2003, 0.038],
        }
    )
    samples = Samples.of(table)

    assert Connections(2, 1, 3) == connections_of(samples, np.arange(6))
    assert Connections(0, 0, 1) == connections_of(samples, np.array([1, 3]))
    assert connections_of(Samples.of(table.drop(["connections_opened"])), np.arange(6)) is None


def test_a_stream_pauses_as_it_likes() -> None:
    """Forty milliseconds between two events are no delayed acknowledgement."""
    table = pa.table(
        {
            "connections_opened": pa.array([0, 0], pa.int16()),
            "connections_replaced": pa.array([0, 0], pa.int16()),
            "stall_s": [0.0401, 0.0401],
            "first_event_s": [0.01, np.nan],
        }
    )

    assert Connections(0, 0, 1) == connections_of(Samples.of(table), np.arange(2))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (delivery("a", 1), delivery("b", 1), []),
        (delivery("a", 1), delivery("b", 4), []),
        (delivery("a", 1), delivery("b", 130), [(Name.CONNECTIONS_DIFFER, "b")]),
        (delivery("a", 200), delivery("b", 0), [(Name.CONNECTIONS_DIFFER, "b")]),
        (delivery("a", 200), delivery("b", 200), []),
        (delivery("a", 0, 20), delivery("b", 0, 19), [(Name.ANSWERS_STALL, "a")]),
        (delivery("a", 0, requests=0), delivery("b", 0, requests=0), []),
    ],
)
def test_what_is_not_the_services_work_is_told(
    before: Delivery, after: Delivery, expected: list[tuple[Name, str]]
) -> None:
    """Where variants differ in connections, and where answers wait for acknowledgements."""
    warnings = connection_warnings([before, after], "a", shared=True)

    assert expected == [(one.name, one.facts["variant"]) for one in warnings]
