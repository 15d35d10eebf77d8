"""Gaps stand for what is a revision's own."""

from loadtests.planning.addresses import Server
from loadtests.planning.gaps import fill, fill_server, have_gaps, own_gaps

GAPS = own_gaps("base", "a" * 40, "/trees/base")


def test_gaps_are_filled_and_other_braces_stay() -> None:
    """Also several in one word."""
    assert f"app_base:{'a' * 40} {{port}}" == fill("app_{side}:{commit} {port}", GAPS)
    assert have_gaps(["x", "y{worktree}"])
    assert not have_gaps(["x", "{port}"])


def test_a_servers_command_and_variables_are_filled() -> None:
    """Its folder is found otherwise."""
    server = Server("", ("{worktree}/run", "{port}"), "/x", {"D": "{side}"}, (), None, 1.0)
    filled = fill_server(server, GAPS)

    assert (("/trees/base/run", "{port}"), {"D": "base"}) == (filled.command, filled.environment)
