"""Memory: pairs of starts, and the growth of one life, on made readings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contract.metrics import DESCRIPTORS_GROWTH, MEMORY_PEAK, MEMORY_START
from contract.run.memory import MemoryRow
from contract.run.reading import Run, read_run
from contract.run.record import ProcessesRecord, RestartsRecord
from reports.effects.memory import Memory, compare_memory
from reports.effects.shapes import Verdict
from reports.tests.runs import Behaviour, Made, Scenario, make_run

PAIRS = 14
MB = 1_000_000


def made(folder: Path, *, restarts: bool) -> Run:
    """50 rounds in each block, which is a pair of starts or not."""
    names = ("base", "head")
    scenario = Scenario(
        "list", {name: Behaviour(0.02) for name in names}, rounds=50 * PAIRS, warmup_rounds=0
    )
    pairs = RestartsRecord(looks=(PAIRS,), starts=(names,) * PAIRS)
    changes = {"design": "restarts", "restarts": pairs} if restarts else {}
    changes["processes"] = ProcessesRecord()
    return read_run(make_run(folder, Made((scenario,), changes=changes)))


def block_ends(run: Run) -> list[float]:
    start_s, block = run.samples.values("start_s"), run.samples.values("block")
    return [float(start_s[block == number].max()) + 0.001 for number in range(PAIRS)]


def of_starts(run: Run, head_factor: float, head_each: float) -> list[MemoryRow]:
    """Each start holds 20 MB, about; each of its 50 requests adds some bytes."""
    chance = np.random.default_rng(1)
    rows, before_s = [], 0.0
    for start, end_s in enumerate(block_ends(run)):
        for server, factor, each in (("base", 1.0, 100.0), ("head", head_factor, head_each)):
            held = 20 * MB * factor * chance.normal(1, 0.002)
            for time_s, sent in ((before_s, 0), (end_s, 50)):
                size = int(held + sent * (each + chance.normal(0, 10)))
                rows.append(MemoryRow(server, start, time_s, size, size + 1000))
        before_s = end_s
    return rows


def compared(run: Run, rows: list[MemoryRow]) -> Memory:
    found = compare_memory(run.record, run.samples, rows, run.record.config.get("m", MARGINS), 0.99)
    assert found is not None
    return found


MARGINS = {"latency_s_p50": 0.03}


def test_pairs_of_starts_are_compared(tmp_path: Path) -> None:
    """10 % more at the start and at most is more; 0.2 % of chance is none."""
    run = made(tmp_path, restarts=True)
    more = compared(run, of_starts(run, 1.10, 100.0))
    same = compared(run, of_starts(run, 1.0, 100.0))

    assert [MEMORY_START, MEMORY_PEAK] == [one.metric for one in more.effects]
    assert [Verdict.MORE] * 2 == [one.verdict for one in more.effects]
    assert [1.10] * 2 == pytest.approx([one.ratio for one in more.effects], rel=0.003)
    assert [Verdict.EQUIVALENT] * 2 == [one.verdict for one in same.effects]
    assert PAIRS == more.effects[0].n == more.servers[0].starts


def test_growth_is_compared_by_differences(tmp_path: Path) -> None:
    """1 kB more a request is found; equal growth, such as caches, is none."""
    run = made(tmp_path, restarts=True)
    (leak,) = compared(run, of_starts(run, 1.0, 1100.0)).growths
    (same,) = compared(run, of_starts(run, 1.0, 100.0)).growths

    assert (Verdict.MORE, PAIRS) == (leak.verdict, leak.n)
    assert 1000 == pytest.approx(leak.difference, rel=0.05)
    assert Verdict.INCONCLUSIVE is same.verdict
    assert same.interval90.holds(0.0)


@pytest.mark.parametrize(("each", "leaks"), [(1000.0, True), (0.0, False)])
def test_a_leak_is_found_in_one_life(tmp_path: Path, each: float, *, leaks: bool) -> None:
    """Both variants share a server here; what it keeps for its first requests is no growth."""
    run = made(tmp_path, restarts=False)
    rows = [MemoryRow("", 0, 0.0, 20 * MB, None)]
    for number, end_s in enumerate(block_ends(run), 1):
        # Taken from the system in pieces of 64 kB, and 5 MB for what is kept once.
        size = 25 * MB + (number * 100 * each) // 65_536 * 65_536
        rows.append(MemoryRow("", 0, end_s, int(size), None))
    found = compared(run, rows)
    (server,) = found.servers

    assert ("", 1, 2 * 50 * PAIRS) == (server.server, server.starts, server.requests)
    assert server == found.of("head") == found.of("base")
    assert server.peak is None
    assert server.growth is not None
    assert each == pytest.approx(server.growth.value, abs=200)
    assert leaks is (server.growth.interval_familywise.low > 0)
    assert () == found.effects


def test_parts_are_beside_the_services(tmp_path: Path) -> None:
    """Requests of all variants make a part grow, also where servers are started anew."""
    for restarts in (False, True):
        folder = tmp_path / str(restarts)
        run = made(folder, restarts=restarts)
        rows = of_starts(run, 1.0, 100.0)
        rows += [
            MemoryRow("", 0, end_s, 20 * MB + 500 * number, None, 7 + number, "store")
            for number, end_s in enumerate([0.0, *block_ends(run)])
        ]
        found = compared(run, rows)
        (store,) = found.parts

        assert ["base", "head"] == [one.server for one in found.servers]
        assert ("store", 1, 2 * 50 * PAIRS, 7 + PAIRS) == (
            *(store.server, store.starts, store.requests, store.descriptors),
        )
        assert store.growth is not None
        assert store.descriptors_growth is not None
        assert 5.0 == pytest.approx(store.growth.value)
        assert 0.01 == pytest.approx(store.descriptors_growth.value)


def test_growth_of_descriptors_is_compared_likewise(tmp_path: Path) -> None:
    """One more for ten requests of the head; where they are unknown there is none."""
    run = made(tmp_path, restarts=True)
    rows = [
        replace(row, descriptors=40 + (index // 2 % 2) * 5 * (row.server == "head"))
        for index, row in enumerate(sorted(of_starts(run, 1.0, 100.0), key=by_start))
    ]
    found = compared(run, rows)
    by_metric = {one.metric: one for one in found.growths}

    assert 0.1 == pytest.approx(by_metric[DESCRIPTORS_GROWTH].difference)
    assert Verdict.MORE is by_metric[DESCRIPTORS_GROWTH].verdict
    assert None is compared(run, of_starts(run, 1.0, 100.0)).servers[0].descriptors_growth


def by_start(row: MemoryRow) -> tuple[int, float]:
    return row.start, row.time_s


def test_a_short_life_has_no_growth(tmp_path: Path) -> None:
    """One reading shows no slope, and a few no interval."""
    run = made(tmp_path, restarts=False)
    ends = block_ends(run)
    start = MemoryRow("", 0, 0.0, 20 * MB, 21 * MB)
    rows = [start, *(MemoryRow("", 0, end_s, 20 * MB, 21 * MB) for end_s in ends[:3])]

    assert compared(run, [start]).servers[0].growth is None
    growth = compared(run, rows).servers[0].growth
    assert growth is not None
    assert np.inf == growth.interval90.high
    assert compare_memory(run.record, run.samples, [], MARGINS, 0.99) is None
