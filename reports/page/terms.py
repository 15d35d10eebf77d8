"""The terms that a report explains; docs/glossary.md has the same sentences."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A term and its meaning.

    Attributes:
        name: as docs/glossary.md has it.
        meaning: one sentence, without its capital letter and full stop.
        under_load: whether only a report of `versus load` uses it.
    """

    name: str
    meaning: str
    under_load: bool = False

    @property
    def id(self) -> str:
        """Where the page explains it."""
        return f"term-{self.name.lower().replace(' ', '-')}"

    @property
    def sentence(self) -> str:
        """The meaning as a sentence."""
        return f"{self.meaning[0].upper()}{self.meaning[1:]}."


TERMS = (
    Term(
        "change",
        "how much faster or slower a variant is, with its interval; in “3.1 % slower [-0.2, 6.4]” "
        "the low end is 0.2 % faster; an equivalent change has the 90 % interval that decided it, "
        "marked (90 %)",
    ),
    Term(
        "typical",
        "of latency: the median of all requests; its change is the centre of the rounds' ratios "
        "(Hodges-Lehmann), so about half of the rounds show more, half less",
    ),
    Term("p95", "the latency that 95 of 100 requests do not exceed"),
    Term(
        "CPU",
        "the time that the service's processes compute for one request, read from outside; "
        "waiting is not in it",
    ),
    Term(
        "capacity",
        "the highest rate at which a variant keeps the objective, given as two bounds; “at least”: "
        "the search ended, or the generator reached its limit, before the service did",
        under_load=True,
    ),
    Term(
        "objective",
        "the latency that a given share of requests must keep, counted from when a request was due",
        under_load=True,
    ),
    Term(
        "lag",
        "how late a request was sent; it adds to the latency, so it must be close to zero",
        under_load=True,
    ),
    Term(
        "n",
        "the number of independent comparisons: rounds or, for tails, blocks of rounds; "
        "under load, blocks or, for tails, groups of blocks",
    ),
    Term(
        "adjusted p",
        "the p-value, corrected for the other comparisons of a run: the chance of a change as "
        "large without any true change; empty where a note rules out a verdict, and for a canary",
    ),
    Term("margin", "the largest effect that counts as no change; budgets set what is allowed"),
    Term(
        "equivalent",
        "of a verdict: the change is smaller than the margin, and the run was long enough to show "
        "it",
    ),
    Term(
        "inconclusive",
        "of a verdict: neither a change nor its absence is shown, because the run is too short or "
        "too noisy; a note says which change it could detect and how much more measuring is needed",
    ),
    Term(
        "shape",
        "which shares of requests are quick and slow; neither a factor on all requests nor a time "
        "added to each changes it",
    ),
    Term(
        "canary",
        "a scenario that runs the same code in every variant; an effect there makes the run "
        "invalid; under load, it is a side effect of the other requests",
    ),
    Term(
        "scenario",
        "one workload, identical for all variants: a request or a sequence",
    ),
    Term(
        "variant",
        "a named setting of the service, such as `baseline` or `optimized`",
    ),
    Term(
        "baseline",
        "the variant that all others are compared with: the first in the configuration",
    ),
    Term(
        "page",
        "an address that a browser loads",
    ),
    Term(
        "function",
        "one benchmark of a suite",
    ),
    Term(
        "round",
        "one observation of every variant, back to back, in random order",
    ),
    Term(
        "block",
        "consecutive rounds between housekeeping; under load, one switchback",
    ),
    Term(
        "stage",
        "a part of the server's time, from its `Server-Timing` header",
    ),
    Term(
        "counter",
        "a cost that is counted, not estimated: database requests, rows, bytes, signatures",
    ),
    Term(
        "metric",
        "a named number of an observation, such as `latency_s_p95`",
    ),
    Term(
        "warm-up",
        "observations that are recorded and not compared",
    ),
    Term(
        "step",
        "a stretch in which one variant serves arrivals at one rate",
        under_load=True,
    ),
    Term(
        "worker",
        "one process of the load generator",
        under_load=True,
    ),
    Term(
        "throughput",
        "right answers per second to one request of all users",
        under_load=True,
    ),
    Term(
        "budget",
        "the largest effect or value that the gate allows",
    ),
    Term(
        "claim",
        "a prediction, published before measuring, with its source",
    ),
    Term(
        "verdict",
        "faster, slower, equivalent or inconclusive",
    ),
)

_TITLES = {
    "change [interval]": "change",
    "CPU time": "CPU",
    "carries": "capacity",
    "lag p99": "lag",
    "rounds": "round",
    "blocks": "block",
    "errors in warm-up": "warm-up",
    "errors in search and burn-in": "warm-up",
    "steps": "step",
    "decision": "budget",
    "limit": "budget",
    "typical latency": "typical",
}
"""Titles of columns that are not spelled as the term that explains them."""

TERM_IDS = {
    **{one.name: one.id for one in TERMS},
    **{title: next(one.id for one in TERMS if one.name == name) for title, name in _TITLES.items()},
}
"""By a column's title, where the page explains it."""
