"""Reads what the host counted in each block, and says which scenarios were disturbed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contract.run.record import RunRecord
from reports.effects.reasons import Name, Reason, reason

GENERATOR_CPU_SHARE_MAX = 0.90
"""Of one core, which is all that one process of the generator can use: near it, it measures itself.
"""

STEAL_SHARE_MAX = 0.05
"""More of the CPUs taken away by the hypervisor than this, and tails show the neighbours."""

UNDER_LOAD = "load"
"""Where a scenario's name stands otherwise, in the rows of a run under load."""

BLOCK_S_MIN = 0.5
"""CPU time is counted in ticks of 10 ms: in a shorter block one of them would be over 2 %."""


@dataclass(frozen=True)
class Disturbance:
    """What the host did during one block; NaN where nobody counts it.

    Attributes:
        start_s, end_s: since measuring began.
        steal_share, pressure_share: as those of `HostNoise`.
    """

    start_s: float
    end_s: float
    steal_share: float
    pressure_share: float


@dataclass(frozen=True)
class HostNoise:
    """What disturbed one scenario, in the worst of its blocks; NaN where nobody counts it.

    Attributes:
        steal_share_max: of all CPUs' time, taken away by the hypervisor.
        pressure_share_max: of the time, in which something waited for a CPU.
        generator_cpu_share_max: of one core.
        disturbances: block by block.
    """

    scenario: str
    blocks: int
    steal_share_max: float
    pressure_share_max: float
    generator_cpu_share_max: float
    warnings: tuple[Reason, ...]
    disturbances: tuple[Disturbance, ...] = ()


def parse_host(table: Any, record: RunRecord) -> tuple[HostNoise, ...]:
    """The worst block of each scenario, in the run's order; none where nothing was counted."""
    if table is None:
        return ()
    rows = [row for row in table.to_pylist() if (row["wall_s"] or 0) >= BLOCK_S_MIN]
    stated = record.environment.get("machine", {}).get("cpus")
    cpus = stated if isinstance(stated, int) and stated > 0 else 1
    if record.load:
        # The search is meant to overload the host.
        blocks = {one.block for one in record.load.steps if one.phase == "switchback"}
        rows = [row for row in rows if row["block"] in blocks]
        # Of several processes, so no limit of one core; workers are judged by step.
        return (_noise(UNDER_LOAD, rows, cpus, math.inf),) if rows else ()
    return tuple(
        _noise(scenario.name, of_scenario, cpus, GENERATOR_CPU_SHARE_MAX)
        for scenario in record.scenarios
        if (of_scenario := [row for row in rows if row["scenario"] == scenario.name])
    )


def _noise(scenario: str, rows: list[dict[str, Any]], cpus: int, generator_max: float) -> HostNoise:
    steal = _worst_share(rows, "steal_s") / cpus
    generator = _worst_share(rows, "generator_cpu_s")
    return HostNoise(
        scenario=scenario,
        blocks=len(rows),
        steal_share_max=steal,
        pressure_share_max=_worst_share(rows, "cpu_pressure_s"),
        generator_cpu_share_max=generator,
        warnings=tuple(_warnings(scenario, steal, generator, generator_max)),
        disturbances=tuple(_disturbance(row, cpus) for row in rows),
    )


def _disturbance(row: dict[str, Any], cpus: int) -> Disturbance:
    def counted(name: str) -> float:
        found = row.get(name)
        return math.nan if found is None else float(found)

    return Disturbance(
        start_s=counted("start_s"),
        end_s=counted("end_s"),
        steal_share=counted("steal_s") / row["wall_s"] / cpus,
        pressure_share=counted("cpu_pressure_s") / row["wall_s"],
    )


def _worst_share(rows: list[dict[str, Any]], counter: str) -> float:
    """The largest share of a block's time; NaN where this host does not count it."""
    counted = [row[counter] / row["wall_s"] for row in rows if row.get(counter) is not None]
    return max(counted, default=math.nan)


def _warnings(
    scenario: str, steal: float, generator: float, generator_max: float
) -> Iterator[Reason]:
    if steal > STEAL_SHARE_MAX:
        yield reason(Name.CPU_STOLEN, scenario, share=steal, share_max=STEAL_SHARE_MAX)
    if generator > generator_max:
        yield reason(
            Name.GENERATOR_BUSY_IN_BLOCK, scenario, share=generator, share_max=generator_max
        )
