import socket

import pytest

from service.stack.ports import LOOPBACK, answers_ok, free_ports


def test_ports_differ_and_can_be_bound() -> None:
    """The ports of one call differ and can be bound at the same time."""
    chosen = free_ports(20)

    holders = [socket.create_server((LOOPBACK, port)) for port in chosen]
    for holder in holders:
        holder.close()

    assert len(set(chosen)) == 20


@pytest.mark.parametrize(("path", "expected"), [("/healthz", True), ("/missing", False)])
def test_a_port_answers_with_200_or_not(base_url: str, path: str, expected: bool) -> None:
    """Only status 200 counts as ready."""
    port = int(base_url.rpartition(":")[2])

    assert expected == answers_ok(port, path, timeout_s=10)


def test_a_closed_port_does_not_answer() -> None:
    """A refused connection is no error, only not ready."""
    (port,) = free_ports(1)

    assert not answers_ok(port, "/", timeout_s=1)
