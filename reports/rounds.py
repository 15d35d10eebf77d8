"""From the table of samples to arrays whose row i is round i in every variant.

Only rounds that were measured (not warm-up) and that every variant answered rightly are compared:
an error must never count as a fast answer, and a round without its partner pairs with nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.checks import are_times
from reports.model import BoolArray, FloatArray, IntArray, ReportError


@dataclass(frozen=True)
class Rounds:
    """The compared rounds of one scenario.

    Attributes:
        number: (n_rounds,) as the generator counted them, ascending.
        frames: by variant, samples in the order of `number`.
        left_out: measured rounds that lack a right answer of some variant.
        silent: rounds in which a variant has no sample at all, right or wrong.
        round_s: seconds of measuring for each compared round, with warm-up, pauses and rounds left
            out; NaN without rounds.
    """

    number: IntArray
    frames: dict[str, pd.DataFrame]
    left_out: int
    silent: int
    round_s: float

    def values(self, variant: str, column: str) -> FloatArray:
        """One column of one variant, (n_rounds,)."""
        return self.frames[variant][column].to_numpy(np.float64)


def right_answers(samples: pd.DataFrame) -> BoolArray:
    """Which samples are answers that may be compared, (n_samples,)."""
    latency = samples["latency_s"].to_numpy(np.float64)
    answered = (samples["error"] == "").to_numpy(bool) & (samples["status"] != 0).to_numpy(bool)
    usable: BoolArray = answered & are_times(latency)
    return usable


def align(samples: pd.DataFrame, variants: Sequence[str]) -> Rounds:
    """Pair one scenario's samples by round.

    Raises:
        ReportError: a round holds two samples of one variant.
    """
    measured = samples[~samples["warmup"]]
    right = measured[right_answers(measured)]
    # Also where one of them was wrong: asked again until it is right, an error would vanish.
    twice = measured.duplicated(["round", "variant"])
    if twice.any():
        first = measured[twice].iloc[0]
        raise ReportError(
            f"samples of {first['scenario']!r}: round {first['round']} holds variant "
            f"{first['variant']!r} twice; each round needs every variant once. Measure again."
        )
    answered = right["round"].value_counts()
    complete = np.sort(answered.index[answered == len(variants)].to_numpy(np.int64))
    return Rounds(
        number=complete,
        frames={
            variant: right[right["variant"] == variant].set_index("round").loc[complete]
            for variant in variants
        },
        left_out=measured["round"].nunique() - len(complete),
        silent=_silent(samples, len(variants)),
        round_s=measuring_s(samples) / len(complete) if len(complete) else float("nan"),
    )


def as_rounds(samples: pd.DataFrame, n_variants: int) -> pd.DataFrame:
    """A scenario's samples of the switchback, with a round for each arrival that variants share.

    In the first half of a block every variant gets the same arrivals, and likewise in the second;
    an arrival's number is its own within its half alone.
    """
    half = samples["position"] // n_variants
    number = samples.groupby([samples["block"], half, samples["round"]]).ngroup()
    return samples.assign(round=number)


def switchback(samples: pd.DataFrame, n_variants: int, *, cut_off: bool) -> pd.DataFrame:
    """The samples of all scenarios in the blocks that are compared, burn-in included.

    Args:
        samples: of the whole run.
        n_variants: of the run.
        cut_off: whether the run was; then a half of its last block may lack a variant and pairs
            with nothing.
    """
    measured = samples.loc[~samples["warmup"], "block"].unique()
    blocks = samples[samples["block"].isin(measured)]
    if not cut_off or blocks.empty:
        return blocks
    half = [blocks["block"], blocks["position"] // n_variants]
    asked = blocks["variant"].astype(str).groupby(half).transform("nunique")
    return blocks[asked == n_variants]


def _silent(samples: pd.DataFrame, n_variants: int) -> int:
    """Rounds without a sample of every variant, and numbers between them without any sample."""
    if samples.empty:
        return 0
    asked = samples.drop_duplicates(["round", "variant"])["round"].value_counts()
    passed_over = int(samples["round"].max()) + 1 - len(asked)
    return int((asked < n_variants).sum()) + passed_over


def measuring_s(samples: pd.DataFrame) -> float:
    """Seconds from the first to the last byte of each block, summed."""
    latency = samples["latency_s"]
    end = samples["start_s"] + latency.where(are_times(latency.to_numpy(np.float64)), 0.0)
    begin = samples.groupby("block")["start_s"].min()
    return float((end.groupby(samples["block"]).max() - begin).sum())


@dataclass(frozen=True)
class CarryOver:
    """What the request before did to the next one.

    Attributes:
        variant: whose latency changed.
        shift: on the log scale, after another variant against after its own.
        same, other: log latency relative to the rest of the round, after its own variant and
            after another one; one number a round.
    """

    variant: str
    shift: float
    same: FloatArray
    other: FloatArray


def carry_over(rounds: Rounds, variants: Sequence[str]) -> tuple[CarryOver, ...]:
    """How each variant fares after another variant against after itself.

    Inside a round the second request always follows another variant, so only a round's first
    request can tell: by the coins of this round and the last, its predecessor is now its own
    variant, now another. Its latency is taken relative to the rest of its round, which shares the
    machine's state and whose own predecessors do not depend on what came before the round.
    """
    if len(rounds.number) < 2:
        return ()
    latency = np.log(np.column_stack([rounds.values(name, "latency_s") for name in variants]))
    position = np.column_stack([rounds.values(name, "position") for name in variants])
    block = rounds.values(variants[0], "block")
    first, last = position.argmin(axis=1)[1:], position.argmax(axis=1)[:-1]
    own = latency[np.arange(1, len(latency)), first]
    rest = (latency[1:].sum(axis=1) - own) / (len(variants) - 1)
    follows = (np.diff(rounds.number) == 1) & (np.diff(block) == 0)
    found = []
    for index, name in enumerate(variants):
        mine = follows & (first == index)
        same, other = ((own - rest)[mine & (last == index)], (own - rest)[mine & (last != index)])
        if len(same) and len(other):
            found.append(CarryOver(name, float(np.median(other) - np.median(same)), same, other))
    return tuple(found)
