"""What one method says about tails at each number of rounds, on a recorded trace.

`python -m calibration.tails RUN COUNT OUT` replays COUNT runs of a fixed length, without looks, of
each length and each planted slowdown, and writes the shares as JSON. Two versions of Versus can be
compared on the same trace with it.
"""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calibration.deciding import Found
from calibration.questions import CHANGED, TAIL_ONLY, budgets_of
from calibration.replay import Limits, Question, replay
from calibration.slowdown import UNCHANGED, Slowdown, slower
from calibration.trace import Trace, trace_of
from calibration.truths import true_ratios
from contract.metrics import TAIL
from contract.run.reading import read_run

LENGTHS = (50, 200, 800, 3200)
SLOWDOWNS = (UNCHANGED, slower(1.0), slower(0.25), slower(0.10), Slowdown(1.0, 0.08, 0.03))
QUESTION = Question(CHANGED, budgets_of(TAIL_ONLY))


def shares(trace: Trace, rounds: int, slowdown: Slowdown, count: int) -> dict[str, Any]:
    """The verdicts and intervals of many runs of one length."""
    rng = np.random.default_rng([rounds, round(100 * slowdown.factor), bool(slowdown.late_share)])
    limits = Limits(math.inf, rounds, looks=False)
    found, truths = [], []
    for _ in range(count):
        done = replay(trace, QUESTION, slowdown, limits, rng)
        if one := done.judged.of(TAIL):
            found.append(one)
            truths.append(true_ratios(done.recorded, slowdown)[TAIL])
    truth = true_ratios(trace.recorded, slowdown)[TAIL]
    pairs = zip(found, truths, strict=True)
    both = [(one, true) for one, true in pairs if math.isfinite(one.interval_familywise.high)]
    bounded = [one for one, _ in both]
    return {
        "rounds": rounds,
        "planted": str(slowdown),
        "truth": truth,
        "runs": count,
        "bounded": len(bounded),
        "fail": sum(one.decision == "FAIL" for one in found),
        "differs": sum(not one.interval_familywise.holds(1.0) for one in bounded),
        "held_90": sum(one.interval90.holds(truth) for one in bounded),
        "held_familywise": sum(one.interval_familywise.holds(truth) for one in bounded),
        "held_90_of_stretch": sum(one.interval90.holds(true) for one, true in both),
        "held_familywise_of_stretch": sum(
            one.interval_familywise.holds(true) for one, true in both
        ),
        "confidence": max((one.interval_familywise.confidence for one in bounded), default=None),
        "width": _width(bounded),
    }


def _width(found: Sequence[Found]) -> float | None:
    """The median of high / low - 1 of the family-wise intervals."""
    widths = [one.interval_familywise.high / one.interval_familywise.low - 1 for one in found]
    return float(np.median(widths)) if widths else None


def main(folder: Path, count: int, out: Path) -> None:
    """Write all shares."""
    trace = trace_of(read_run(folder))
    rows = []
    for rounds in LENGTHS:
        for slowdown in SLOWDOWNS:
            rows.append(shares(trace, rounds, slowdown, count))
            sys.stderr.write(f"{rows[-1]}\n")
            out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
