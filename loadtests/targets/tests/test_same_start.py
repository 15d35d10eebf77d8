"""What a pair of starts shares, seen from the processes that are started."""

import subprocess
import sys

import numpy as np
import pytest

from loadtests.targets.same_start import (
    can_have_same_addresses,
    draw_shared,
    same_addresses,
)

LAYOUT = (sys.executable, "-S", "-c", "print(id(object()), hash('a'))")


def layout(seed: str) -> str:
    """Where Python puts an object, and how it orders names."""
    return subprocess.run(
        LAYOUT, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.skipif(not can_have_same_addresses(), reason="refused here, as in some containers")
def test_addresses_are_the_same_while_it_lasts() -> None:
    """Afterwards this process starts programs as before."""
    with same_addresses() as allowed:
        alike = {layout("7") for _ in range(3)}
    apart = {layout("7") for _ in range(3)}

    assert allowed
    assert (1, 3) == (len(alike), len(apart))


def test_where_it_is_refused_programs_start_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's filter answers -1."""
    monkeypatch.setattr("loadtests.targets.same_start._personality", lambda _: -1)
    with same_addresses() as allowed:
        assert not allowed
        assert layout("7")


def test_each_pair_draws_anew_and_the_seed_decides_what() -> None:
    """A hash seed that Python accepts, and less than a page of padding."""
    first, again = (np.random.default_rng(5) for _ in range(2))
    drawn = [draw_shared(first) for _ in range(50)]

    assert drawn == [draw_shared(again) for _ in range(50)]
    assert 50 == len({one.hash_seed for one in drawn})
    assert all(0 < one.hash_seed < 2**32 and 0 <= one.padding_bytes < 4096 for one in drawn)


def test_what_a_person_sets_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed hash seed in the environment is a decision."""
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    shared = draw_shared(np.random.default_rng(5))
    drawn = shared.environment()
    monkeypatch.setenv("PYTHONHASHSEED", "0")

    assert {"PYTHONHASHSEED", "VERSUS_PADDING"} == set(drawn)
    assert {"VERSUS_PADDING"} == set(shared.environment())
