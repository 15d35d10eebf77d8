import dataclasses
from pathlib import Path

import pytest

from calibration.tests.traces import make_trace
from calibration.trace import trace_of
from contract.run.reading import read_run
from loadtests.errors import MeasureError


def test_a_round_counts_if_both_variants_answered(tmp_path: Path) -> None:
    """5 rounds of the first block are warm-up; the others of 50 per block are measured."""
    trace = make_trace(tmp_path)

    assert 45 == trace.measured[0]
    assert 1000 == trace.measured.sum() == len(trace.round_ends)
    assert 2 * 1005 == trace.first_row[-1] == trace.samples.num_rows


def test_an_incomplete_run_is_refused(tmp_path: Path) -> None:
    """The error has the reason why the run is not complete."""
    make_trace(tmp_path, rounds=100)
    run = read_run(tmp_path)
    reason = "the service died"
    record = run.record.model_copy(update={"state": "partial", "reasons": (reason,)})

    with pytest.raises(MeasureError, match=reason):
        trace_of(dataclasses.replace(run, record=record))


def test_a_long_run_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20 blocks only those are kept that hold the most rounds that are used."""
    monkeypatch.setattr("calibration.trace.ROUNDS_MAX", 300)
    trace = make_trace(tmp_path)

    assert 295 == trace.measured.sum()
    assert (6, 6) == (len(trace.block_s), len(trace.measured))
