"""Whether what was told of pages may be believed: by the same rules as for requests."""

from collections.abc import Iterator

from reports import units
from reports.effects.validity import ERROR_RATE_MAX, rates_differ, tossed_unfairly
from reports.model import LoadedPages, PageComparison, State


def examine(loaded: LoadedPages, baseline: str, state: State) -> Iterator[str]:
    """Why a run whose pages these are proves nothing, one line each.

    Args:
        loaded: the pages, compared.
        baseline: the variant that every other one is compared with.
        state: what is known without pages; a run that was cut off may lack what it planned.
    """
    for page in loaded.pages:
        yield from _errors(page, baseline)
        unfair = tossed_unfairly(page.deliveries)
        if unfair is not None:
            yield (
                f"{page.name}: {unfair.variant} was loaded first in {unfair.first:,} of "
                f"{units.count_of(sum(one.first for one in page.deliveries), 'rounds')}, so no "
                "coin drew their order"
            )
        loads = [one.requests for one in page.deliveries]
        if max(loads) - min(loads) > 0:
            told = ", ".join(f"{one.requests:,} of {one.variant}" for one in page.deliveries)
            yield f"{page.name}: the variants were not loaded equally often: {told}"
        elif page.rounds == 0 and state is State.COMPLETE:
            yield f"{page.name}: no round of loads could be compared"


def _errors(page: PageComparison, baseline: str) -> Iterator[str]:
    first = next(one for one in page.deliveries if one.variant == baseline)
    for delivery in page.deliveries:
        where = f"{page.name}, {delivery.variant}"
        said = f"{delivery.errors} of {units.count_of(delivery.requests, 'loads')} failed"
        kinds = f", such as by: {delivery.kinds[0][0]}" if delivery.kinds else ""
        if delivery.errors > ERROR_RATE_MAX * delivery.requests:
            yield f"{where}: {said}, more than {units.percent(ERROR_RATE_MAX)}{kinds}"
        if delivery is not first and rates_differ(first, delivery):
            yield (
                f"{where}: {said}, but {first.errors} of {first.requests} in {first.variant}: the "
                "error rates differ"
            )
