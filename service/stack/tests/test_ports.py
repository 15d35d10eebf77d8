import socket

from service.stack.ports import LOOPBACK, free_ports


def test_ports_differ_and_can_be_bound() -> None:
    """All the ports of one call differ, and can be bound at the same time."""
    chosen = free_ports(20)

    holders = [socket.create_server((LOOPBACK, port)) for port in chosen]
    for holder in holders:
        holder.close()

    assert len(set(chosen)) == 20
