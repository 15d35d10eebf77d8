"""From the table of samples to arrays whose row i is round i in every variant.

Only rounds that were measured (not warm-up) and that every variant answered rightly are compared:
an error must never count as a fast answer, and a round without its partner pairs with nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from contract.errors import ReportError
from contract.run.checks import are_answers, are_times
from contract.run.samples import Samples
from reports.statistics.values import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Rounds:
    """The compared rounds of one subject: every variant was observed, and answered correctly.

    Attributes:
        number: (n_rounds,) as they were counted while measuring, ascending.
        read: one column of one variant, (n_rounds,), in the order of `number`.
        left_out: measured rounds without a correct answer of some variant.
        silent: rounds in which a variant has no observation at all, right or wrong.
        round_s: seconds of measuring for each compared round, with warm-up, pauses and rounds left
            out; NaN without rounds.
    """

    number: IntArray
    read: Callable[[str, str], npt.NDArray[Any]]
    left_out: int
    silent: int
    round_s: float

    def values(self, variant: str, column: str) -> FloatArray:
        """One column of one variant, (n_rounds,)."""
        return self.exactly(variant, column).astype(np.float64, copy=False)

    def exactly(self, variant: str, column: str) -> npt.NDArray[Any]:
        """One column of one variant, (n_rounds,), in its own type."""
        return self.read(variant, column)


def right_answers(samples: Samples) -> BoolArray:
    """Which samples are answers that may be compared, (n_samples,)."""
    usable: BoolArray = are_answers(samples) & are_times(samples.values("latency_s"))
    return usable


def places_of(samples: Samples, column: str, name: str) -> BoolArray:
    """Which samples have this name in a column, (n_samples,)."""
    codes, names = samples.labels(column)
    found: BoolArray = codes == (names.index(name) if name in names else -1)
    return found


def align(
    samples: Samples,
    rows: IntArray,
    number: IntArray,
    variants: Sequence[str],
    right: BoolArray,
    measured_s: float,
) -> Rounds:
    """Pair one subject's observations by round.

    Args:
        samples: of the whole run.
        rows: (n,) where the scenario's samples stand among them.
        number: (n,) the round of each.
        variants: of the run.
        right: which of all samples may be compared.
        measured_s: seconds of measuring that all of them took.

    Raises:
        ReportError: a round holds two samples of one variant.
    """
    found, cell = ranked(number)
    # Where a sample stands in tables of rounds by variants.
    cell *= len(variants)
    cell += _variant_of(samples, rows, variants)
    present = np.zeros((len(found), len(variants)), bool)
    present.flat[cell] = True
    measured = ~samples.values("warmup")[rows]
    cell, rows = cell[measured], rows[measured]
    # Where each round's sample of each variant stands among all; -1 where there is none.
    table = np.full((len(found), len(variants)), -1)
    table.flat[cell] = rows
    # Also where a request was wrong: repeated until it is right, an error would vanish.
    if np.any(table.flat[cell] != rows):
        raise ReportError(_twice(samples, rows, number[measured], variants))
    complete = ((table >= 0) & right[table]).all(axis=1)
    n_complete = int(complete.sum())
    rows_of = {name: table[complete, index] for index, name in enumerate(variants)}
    passed_over = int(found[-1]) + 1 - len(found) if len(found) else 0
    return Rounds(
        number=found[complete].astype(np.int64),
        read=lambda variant, column: samples.values(column)[rows_of[variant]],
        left_out=int((table >= 0).any(axis=1).sum()) - n_complete,
        # Without a sample of every variant, and numbers between them without any sample.
        silent=int((~present.all(axis=1)).sum()) + passed_over,
        round_s=measured_s / n_complete if n_complete else float("nan"),
    )


def _variant_of(samples: Samples, rows: IntArray, variants: Sequence[str]) -> IntArray:
    codes, names = samples.labels("variant")
    known = [variants.index(name) if name in variants else -1 for name in names]
    found: IntArray = np.array(known, np.int64)[codes[rows]]
    assert found.min(initial=0) >= 0, "checked when the samples were read"
    return found


def _twice(samples: Samples, rows: IntArray, number: IntArray, variants: Sequence[str]) -> str:
    variant = _variant_of(samples, rows, variants)
    _, first = np.unique(number.astype(np.int64) * len(variants) + variant, return_index=True)
    twice = np.delete(np.arange(len(rows)), first)[0]
    return (
        f"{_subject(samples, int(rows[twice]))}: round {number[twice]} holds "
        f"variant {variants[variant[twice]]!r} twice; each round needs every variant once. "
        "Measure again."
    )


def _subject(samples: Samples, row: int) -> str:
    column = "scenario" if "scenario" in samples.schema.names else "page"
    codes, names = samples.labels(column)
    return f"samples of {names[codes[row]]!r}"


def ranked(values: IntArray) -> tuple[IntArray, IntArray]:
    """The different values, ascending, and which one each value is: (n_different,), (n,)."""
    if np.any(values[1:] < values[:-1]):
        return np.unique(values, return_inverse=True)
    new = np.ones(len(values), bool)
    new[1:] = values[1:] != values[:-1]
    place = np.cumsum(new)
    place -= 1
    return values[new], place


def arrivals(samples: Samples, rows: IntArray, n_variants: int) -> IntArray:
    """A round for each arrival of the switchback that variants share, (n,).

    In the first half of a block every variant gets the same arrivals, and likewise in the second;
    an arrival's number is its own within its half alone.
    """
    number = samples.values("round")[rows].astype(np.int64)
    half = _halves(samples, n_variants)[rows]
    return ranked(half * (number.max(initial=0) + 1) + number)[1]


def matched(
    samples: Samples, rows: IntArray, variants: Sequence[str], right: BoolArray
) -> tuple[IntArray, IntArray]:
    """Equally many right answers of every variant from each half of a block, and their rounds.

    In a closed loop a faster variant is sent more. Of those that have more, evenly spaced ones are
    kept, which leaves the distribution as it is.

    Args:
        samples: of the whole run.
        rows: (n,) of one scenario.
        variants: of the run.
        right: which of all samples may be compared.

    Returns: the rows that are kept and the round of each, (n_kept,) each.
    """
    rows = rows[right[rows] & ~samples.values("warmup")[rows]]
    halves, half = ranked(_halves(samples, len(variants))[rows])
    cell = half * len(variants) + _variant_of(samples, rows, variants)
    in_time = np.lexsort((samples.values("start_s")[rows], cell))
    rows, half, cell = rows[in_time], half[in_time], cell[in_time]
    counts = np.bincount(cell, minlength=len(halves) * len(variants))
    fewest = counts.reshape(-1, len(variants)).min(axis=1)
    place = np.arange(len(rows)) - (np.cumsum(counts) - counts)[cell]
    share, of = fewest[half], counts[cell]
    kept = (place + 1) * share // of > place * share // of
    number = (np.cumsum(fewest) - fewest)[half] + place * share // of
    return rows[kept], number[kept]


def _halves(samples: Samples, n_variants: int) -> IntArray:
    """In which half of which block each sample is, (n_samples,)."""
    block = samples.values("block").astype(np.int64)
    found: IntArray = 2 * block + samples.values("position") // n_variants
    return found


def switchback(samples: Samples, variants: Sequence[str], *, cut_off: bool) -> BoolArray:
    """Which samples, of all scenarios, are in the blocks that are compared, burn-in included.

    Args:
        samples: of the whole run.
        variants: of the run.
        cut_off: whether the run was; then a half of its last block may lack a variant and pairs
            with nothing.
    """
    found, place = ranked(samples.values("block"))
    measured = np.zeros(len(found), bool)
    measured[place[~samples.values("warmup")]] = True
    kept = measured[place]
    rows = np.flatnonzero(kept)
    if cut_off and len(rows):
        found, place = ranked(_halves(samples, len(variants))[rows])
        present = np.zeros((len(found), len(variants)), bool)
        present[place, _variant_of(samples, rows, variants)] = True
        kept[rows] = np.all(present, axis=1)[place]
    return kept


def measuring_s(samples: Samples, rows: IntArray) -> float:
    """Seconds from the first to the last byte of each block, summed."""
    if not len(rows):
        return 0.0
    block = samples.values("block")[rows]
    if np.any(block[1:] < block[:-1]):
        rows = rows[np.argsort(block, kind="stable")]
        block = samples.values("block")[rows]
    begins = np.flatnonzero(np.diff(block, prepend=-1))
    start_s, latency_s = (samples.values(name)[rows] for name in ("start_s", "latency_s"))
    end_s = start_s + np.where(are_times(latency_s), latency_s, 0.0)
    lasted_s = np.maximum.reduceat(end_s, begins) - np.minimum.reduceat(start_s, begins)
    return float(lasted_s.sum())
