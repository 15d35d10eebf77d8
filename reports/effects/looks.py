"""Which look at a run decides about a scenario."""

from collections.abc import Sequence

from contract.run.record import RunRecord
from reports.statistics import sequential


def look_of(record: RunRecord, ends: Sequence[int], *, at_end: bool) -> sequential.Look:
    """The look that decides about a scenario.

    Args:
        record: of the run.
        ends: compared rounds of the scenario at the end of each block, ascending.
        at_end: whether measuring went on until its planned end.
    """
    looks = record.looks or any(one.ended == "decided" for one in record.scenarios)
    if not looks or not ends[-1] or record.load:
        return sequential.Look(ends[-1])
    if record.restarts:
        return sequential.find_pairs_look(ends, record.restarts.looks, at_end=at_end)
    return sequential.find_look(ends, at_end=at_end)
