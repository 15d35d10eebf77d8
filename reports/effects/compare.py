"""From a run's observations to its comparison: what each variant changed, and its doubts.

Each number is a ratio variant / baseline over paired units. The typical latency is paired round by
round; a tail or a mean is of all rounds together.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from contract.errors import ReportError
from contract.metrics import MARGINS
from contract.run.memory import MemoryRow
from contract.run.micro import Micro
from contract.run.pages import Pages
from contract.run.record import RunRecord
from contract.run.samples import Samples
from reports.effects import validity
from reports.effects.capacity import compare_load
from reports.effects.closed_loop import compare_throughput, doubts_of_users, notes_of_users
from reports.effects.comparison import Comparison
from reports.effects.functions import compare_functions
from reports.effects.memory import compare_memory
from reports.effects.pages import compare_pages
from reports.effects.primaries import confidence
from reports.effects.reasons import Name, Reason, reason
from reports.effects.requests import Requests
from reports.effects.shapes import State


def compare(  # noqa: PLR0913 - what a run consists of, and how it is compared
    record: RunRecord,
    samples: Samples,
    margins: Mapping[str, float] = MARGINS,
    *,
    pages: Pages | None = None,
    micro: Micro | None = None,
    memory: Sequence[MemoryRow] = (),
    joint: Collection[str] = (),
    only: Collection[str] | None = None,
    pictures: bool = False,
) -> Comparison:
    """Compare every variant of a run with its baseline.

    Args:
        record: run.json.
        samples: the run's columns.
        margins: by metric, as ratios; absent ones take their default.
        pages: as a browser loaded them, if it did.
        micro: a suite as it was measured, if it was.
        memory: readings of the service's, if there were any.
        joint: metrics whose intervals shall hold jointly with those of the primaries.
        only: the metrics of requests to compare; None for all.
        pictures: whether to take what only a picture needs: shift functions and timelines.

    Raises:
        ReportError: there is nothing to compare, or the record contradicts itself.
    """
    _check(record, pages)
    samples = Samples.of(samples)
    requests = Requests(record, samples, margins, only, joint)
    scenarios = requests.compare(pictures=pictures)
    load = (
        compare_load(samples, np.flatnonzero(requests.kept), record.load, record)
        if record.load
        else None
    )
    throughputs = (
        compare_throughput(record, samples, requests.right, MARGINS | dict(margins))
        if record.load_users
        else ()
    )
    invalid = validity.examine_requests(record, scenarios, load)
    state = State.INVALID if invalid else State(record.state)
    loaded = compare_pages(pages, margins) if pages else None
    if loaded:
        found = validity.examine_pages(loaded.pages, record.baseline, state)
        state, invalid = (State.INVALID if found else state), (*invalid, *found)
    return Comparison(
        baseline=record.baseline,
        variants=record.variants,
        state=state,
        reasons=(*validity.stated_reasons(record), *invalid),
        warnings=(
            *validity.find_doubts(record, scenarios),
            *doubts_of_users(record, scenarios),
            *(
                Reason(one.name, page.name, one.facts)
                for page in (loaded.pages if loaded else ())
                for one in page.warnings
            ),
        ),
        confidence=confidence(record, canary=False, joint=joint),
        confidence_canary=confidence(record, canary=True, joint=joint),
        scenarios=scenarios,
        design=record.design,
        load=load,
        throughputs=throughputs,
        functions=compare_functions(micro, margins) if micro else None,
        pages=loaded,
        memory=compare_memory(
            record, samples, memory, margins, confidence(record, canary=False, joint=joint)
        ),
        notes=(
            *(
                reason(Name.STATED, text=text)
                for text in (record.revisions.notes if record.revisions else ())
            ),
            *(reason(Name.NEW_IN_HEAD, one.name) for one in scenarios if one.new),
            *notes_of_users(record, scenarios),
        ),
    )


def _check(record: RunRecord, pages: Pages | None) -> None:
    if len(record.variants) < 2 or record.baseline not in record.variants:
        raise ReportError(
            f"run {record.id}: variants {', '.join(record.variants) or 'none'}; a comparison needs "
            f"the baseline {record.baseline!r} and at least one more. Measure again with both."
        )
    parts = {"load": record.load, "restarts": record.restarts}
    if any((record.design == name) != (part is not None) for name, part in parts.items()):
        raise ReportError(
            f"run {record.id}: its design is {record.design!r}, which its steps contradict. "
            "Measure again."
        )
    if pages and pages.record.variants != record.variants:
        raise ReportError(
            f"pages were loaded in {', '.join(pages.record.variants)}, though the run's variants "
            f"are {', '.join(record.variants)}. Measure again."
        )
