"""Which comparisons of a run count: the metrics that its verdicts rest on, and their family."""

from collections.abc import Collection

from contract.metrics import CPU, METRICS, OF_PROCESSES, Design
from contract.run.record import RunRecord
from reports.effects.cpu import measures_cpu
from reports.effects.family import confidence_of


def primaries(design: Design) -> tuple[str, ...]:
    """The metrics of requests that verdicts of every run of a design rest on."""
    return tuple(
        one.name
        for one in METRICS
        if one.kind == "request" and design in one.primary_in and not one.optional
    )


def primaries_of(record: RunRecord) -> tuple[str, ...]:
    """The same of one run: also the CPU time, where it can be read."""
    known = primaries(record.design)
    return (*known, CPU) if measures_cpu(record) else known


def family_size(record: RunRecord, *, canary: bool, joint: Collection[str] = ()) -> int:
    """How many comparisons hold jointly: of each scenario and variant primaries and `joint`.

    Memory is of each variant alone, whatever the scenario.
    """
    scenarios = sum(scenario.canary == canary for scenario in record.scenarios)
    of_memory = OF_PROCESSES.intersection(joint)
    metrics = {*primaries_of(record), *joint} - of_memory
    of_run = 0 if canary else len(of_memory)
    return (len(record.variants) - 1) * (scenarios * len(metrics) + of_run)


def confidence(record: RunRecord, *, canary: bool, joint: Collection[str] = ()) -> float:
    """The confidence of each of these intervals, so that all hold jointly."""
    return confidence_of(family_size(record, canary=canary, joint=joint))
