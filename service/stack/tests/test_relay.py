import os
import signal
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.stack import StackError, parse_link
from service.stack.relay import LINKS, Link
from service.stack.tests.hop import Hop

WAN = LINKS["wan"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lan", None),
        ("region", Link("region", 0.002, 1000e6)),
        ("wan", Link("wan", 0.02, 50e6)),
        ("35,100", Link("35,100", 0.035, 100e6)),
        ("0.5,9999", Link("0.5,9999", 0.0005, 9999e6)),
    ],
)
def test_a_link_has_a_name_or_two_numbers(text: str, expected: Link | None) -> None:
    """Milliseconds and megabits become seconds and bits a second."""
    assert expected == parse_link(text)


@pytest.mark.parametrize("text", ["", "WAN", "35", "35,0", "1000,5", "-1,5", "35,1.5", "3 5,1"])
def test_an_invalid_link_is_refused(text: str) -> None:
    """The error has the invalid text and the valid links."""
    with pytest.raises(StackError, match=r"is unknown; choose lan, region, wan, or") as caught:
        parse_link(text)

    assert repr(text) in str(caught.value)


@pytest.mark.slow
def test_the_measured_link_is_the_requested_one(wan: Hop) -> None:
    """The round trip is not shorter than requested, and the bandwidth is within 10 %."""
    bandwidth = pytest.approx(WAN.bits_per_s, rel=0.1)
    measured = [wan.relay.measure()]
    # A busy machine delays single measurements, a wrong link all of them.
    while measured[-1].bits_per_s != bandwidth and len(measured) < 6:
        measured.append(wan.relay.measure())

    assert WAN.rtt_s <= measured[-1].rtt_s < 2 * WAN.rtt_s
    assert bandwidth == measured[-1].bits_per_s


def test_a_dead_relay_refuses_and_is_explained(tmp_path: Path) -> None:
    """Its ports are closed, so that clients do not wait for an answer."""
    hop = Hop(LINKS["region"], tmp_path / "log")
    with hop.connected() as (near, _), ExitStack() as stopping:
        stopping.callback(hop.stop)
        pid = hop.relay.process.pid
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        last_words = near.recv(1)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(hop.address, 10)
        with pytest.raises(StackError, match=r"region: no data arrive\. relay .* SIGKILL"):
            hop.relay.measure()

    assert b"" == last_words
