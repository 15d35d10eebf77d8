"""The CPU time that a service needs for a request, read from outside of it."""

import numpy as np

from contract.run.checks import are_answers, are_times
from contract.run.record import RunRecord
from contract.run.samples import Samples
from reports.effects.shapes import CpuUse
from reports.effects.validity import have_own_servers
from reports.statistics.values import BoolArray


def measures_cpu(record: RunRecord) -> bool:
    """Whether the CPU time of single requests can be read in a run."""
    return record.processes is not None and not record.processes.cpu_unknown


def cpu_uses(record: RunRecord, samples: Samples, mine: BoolArray) -> tuple[CpuUse, ...]:
    """What each variant's CPU time went into; empty where no reading was possible.

    Args:
        record: of the run.
        samples: of the run.
        mine: which of them are the scenario's, (n_samples,).
    """
    if not measures_cpu(record):
        return ()
    rows = np.flatnonzero(mine)
    rows = rows[np.argsort(samples.values("start_s")[rows], kind="stable")]
    codes, names = samples.labels("variant")
    variant, latency_s, cpu_s, idle_s = (
        codes[rows],
        *(samples.values(name)[rows] for name in ("latency_s", "cpu_outside_s", "cpu_idle_s")),
    )
    usable = are_answers(samples)[rows] & ~samples.values("warmup")[rows]
    usable &= are_times(latency_s) & are_times(cpu_s)
    # What one server does between two requests is left from the first of them.
    of = variant if have_own_servers(record) else np.roll(variant, 1)
    uses = []
    for name in record.variants:
        code = names.index(name) if name in names else -1
        chosen = usable & (variant == code)
        if not chosen.any():
            return ()
        inside_s, between_s = np.nansum(cpu_s[variant == code]), np.nansum(idle_s[of == code])
        uses.append(
            CpuUse(
                variant=name,
                latency_s=float(np.median(latency_s[chosen])),
                cpu_s=float(np.median(cpu_s[chosen])),
                idle_share=float(between_s / (inside_s + between_s)),
            )
        )
    return tuple(uses)
