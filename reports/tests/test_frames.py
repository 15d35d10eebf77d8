"""Runs as data frames: every result and every request is a row."""

from pathlib import Path

import pytest

import versus
from contract.errors import RecordError
from reports.frames import RunFrames

ROOT = Path(__file__).parents[2]
GOLDENS = ROOT / "tests" / "goldens"


@pytest.fixture(scope="module")
def three() -> RunFrames:
    """A run of three variants beside the baseline, in three scenarios."""
    return versus.read_run(GOLDENS / "paired-three")


def test_every_effect_is_a_row(three: RunFrames) -> None:
    """Names, numbers and the verdict of each time, in each variant but the baseline."""
    effects = three.effects
    typical = effects.query("metric == 'latency_s_p50'")

    assert {("request", "rounds")} <= set(zip(effects["kind"], effects["unit"], strict=True))
    assert [
        *(("busy", variant) for variant in ("alpha", "beta", "both")),
        *(("canary", variant) for variant in ("alpha", "beta", "both")),
        *(("list", variant) for variant in ("alpha", "beta", "both")),
    ] == sorted(zip(typical["scenario"], typical["variant"], strict=True))
    assert (effects["low"] <= effects["ratio"]).all()
    assert (effects["low"] <= effects["low_90"]).all()
    assert "faster" == typical.query("scenario == 'busy' and variant == 'both'")["verdict"].item()


def test_every_counter_is_a_row(three: RunFrames) -> None:
    """Medians, extremes and the verdict of each count."""
    rows = three.counters.query("scenario == 'list' and variant == 'both' and metric == 'rows'")

    assert [("fewer", 5.0, 3.0, 0.6, 0.6)] == list(
        rows[["verdict", "before", "after", "ratio", "ratio_low"]].itertuples(
            index=False, name=None
        )
    )


def test_every_request_is_a_row_with_names(three: RunFrames) -> None:
    """Scenarios and variants are names, and each request has its time."""
    observations = three.observations

    assert {"before", "alpha", "beta", "both"} == set(observations["variant"])
    assert {"busy", "list", "canary"} == set(observations["scenario"])
    assert observations["latency_s"].gt(0).all()


def test_an_older_run_has_the_same_frames(three: RunFrames) -> None:
    """A run of the third schema version is read as one of today, without the younger column."""
    older = versus.read_run(str(ROOT / "calibration" / "tests" / "recorded" / "quiet"))

    assert list(three.effects.columns) == list(older.effects.columns)
    assert list(three.counters.columns) == list(older.counters.columns)
    assert len(older.observations)
    assert "ttfb_s" not in older.observations


@pytest.mark.parametrize(("name", "kind"), [("pages", "page"), ("revisions", "function")])
def test_pages_and_functions_have_rows_too(name: str, kind: str) -> None:
    """The column `kind` tells them from requests."""
    frames = versus.read_run(GOLDENS / name)

    assert {"request", kind} == set(frames.effects["kind"])


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    """The message says how to measure one."""
    with pytest.raises(RecordError, match="versus bench"):
        versus.read_run(tmp_path / "none")
