"""The values of a guess."""

from loadtests.discovery.guess import Build


def test_a_program_is_named_where_the_build_installs_it() -> None:
    """Without an environment of its own it is on PATH."""
    assert ".venv/bin/uvicorn" == Build(programs=".venv/bin").program("uvicorn")
    assert "node" == Build().program("node")
