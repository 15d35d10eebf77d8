"""Entries for tests: one effect each, of numbered runs."""

import numpy as np

from reports.effects.shapes import Verdict
from reports.history.entry import Entry, EntryEffect


def entry(number: int, ratio: float, machine: str = "m1", **changes: str) -> Entry:
    """The entry of one run, a minute after the run before it."""
    effect = EntryEffect(
        scenario="list",
        variant="optimized",
        metric="latency_s_p50",
        verdict=Verdict.FASTER,
        ratio=ratio,
        low=ratio * 0.97,
        high=ratio * 1.03,
        before=0.02,
        after=0.02 * ratio,
    )
    facts = {"state": "complete", "plan": "p", "profile": "smoke", "design": "paired"} | changes
    return Entry.model_validate(
        {
            "run": f"run{number:03d}",
            "started_at": f"2026-11-23T{number // 60:02d}:{number % 60:02d}:00+00:00",
            "exit_code": 0,
            "commit": f"{number:040x}",
            "dirty": False,
            "machine": machine,
            "machine_told": f"machine {machine}",
            "effects": (effect,),
            **facts,
        }
    )


def noisy(levels: list[float], seed: int = 1) -> list[float]:
    """The levels, each off by about 1 %."""
    chance = np.random.default_rng(seed)
    return [level * float(np.exp(0.01 * chance.standard_normal())) for level in levels]


def gate(number: int, ratio: float, base: int, head: int, **changes: str) -> Entry:
    """The entry of a gate that compared two numbered commits: its interval has 99 %."""
    one = entry(number, ratio, **{"design": "restarts", **changes})
    effect = one.effects[0].model_copy(update={"variant": "head", "confidence": 0.99})
    commits = {"base": commit(base), "head": commit(head), "commit": commit(head)}
    return one.model_copy(update={"effects": (effect,), **commits})


def commit(number: int) -> str:
    """The id of a numbered commit."""
    return f"{number:010x}{number:030x}"
