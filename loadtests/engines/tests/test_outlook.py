"""What cannot be decided is printed before measuring, and again once latencies are known."""

from collections.abc import Sequence
from pathlib import Path

from contract.check import Pace
from loadtests.checking.tests.checks import configuration, plan_of
from loadtests.engines.events import BlockEnded
from loadtests.engines.outlook import Outlook

PAUSES_S = 2 * 0.004


def ended(scenario: str, round_s: float, block: int = 0) -> BlockEnded:
    return BlockEnded(
        scenario=scenario, block=block, start_s=0.0, end_s=1.0, gc_s=0.0, round_s=round_s
    )


def outlook(folder: Path, lines: list[str]) -> tuple[Outlook, list[float]]:
    """One that predicts a line for rounds that take longer than 50 ms, and the paces it got."""
    rounds_s: list[float] = []

    def predict(paces: Sequence[Pace]) -> list[str]:
        rounds_s.extend(round(pace.round_s, 6) for pace in paces)
        return ["p95"] if any(pace.round_s > 0.05 for pace in paces) else []

    plan = plan_of(folder, configuration("same", "price"))
    return Outlook(plan, predict, lines.append), rounds_s


def test_the_first_block_of_every_scenario_is_waited_for(tmp_path: Path) -> None:
    """Its rounds' time is the pace; later blocks change nothing, and no line comes twice."""
    lines: list[str] = []
    made, rounds_s = outlook(tmp_path, lines)
    made.begin()
    made.handle(ended("same", 0.06))
    assert [PAUSES_S, PAUSES_S] == rounds_s
    assert [] == lines
    for event in (ended("price", 0.01), ended("same", 0.08, block=1), ended("price", 0.01)):
        made.handle(event)

    assert [0.06, 0.01] == rounds_s[2:4]
    assert ["too short: p95"] == lines


def test_a_block_of_unknown_pace_says_nothing(tmp_path: Path) -> None:
    """As under load."""
    lines: list[str] = []
    made, rounds_s = outlook(tmp_path, lines)
    for name in ("same", "price"):
        made.handle(ended(name, 0.0))

    assert [] == rounds_s
