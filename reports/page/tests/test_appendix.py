"""The end of the page: what was delivered, where it ran, how it was judged, and the files."""

from dataclasses import replace

import pytest

from contract.metrics import Design
from contract.run.files import FileRecord
from contract.run.record import EvidenceRecord, RevisionsRecord
from reports.effects.comparison import Comparison
from reports.effects.host import HostNoise
from reports.page import appendix
from reports.page.tests.made import DELIVERY, RECORD, texts
from reports.verdicts.tests.test_gate import comparison_of


def delivered(design: Design, ended: str) -> Comparison:
    """A comparison with one delivery, of a scenario that ended so."""
    comparison = comparison_of()
    planned = comparison.scenarios[0].scenario
    scenario = replace(
        comparison.scenarios[0],
        subject=planned.model_copy(update={"ended": ended}),
        deliveries=(DELIVERY,),
    )
    return replace(comparison, design=design, scenarios=(scenario,))


@pytest.mark.parametrize(
    ("design", "ended", "notes"),
    [
        ("paired", "rounds", "planned until 100 rounds or 10 s: all rounds done; 2 x HTTP 500"),
        ("paired", "time", "planned until 100 rounds or 10 s: time was up as planned"),
        ("paired", "", "planned until 100 rounds or 10 s: stop reason not recorded"),
        ("paired", "errors", "planned until 100 rounds or 10 s: ended by errors"),
        ("load", "rounds", "planned 100 rounds: all were sent"),
        ("restarts", "rounds", "all pairs of starts done"),
        ("restarts", "decided", "ended early, as enough was decided"),
    ],
)
def test_delivery(design: Design, ended: str, notes: str) -> None:
    """Each design has its own plan, and each end its own words."""
    (row,) = texts(appendix.requests_table(delivered(design, ended)).rows)

    assert ["list", "optimized", "1,200", "2", "1 of 10", "100"] == row[:6]
    assert row[6].startswith(notes)


def test_how_it_is_known_that_revisions_run_their_own_code() -> None:
    """One row for each side; nothing where no file differs."""
    evidence = {
        "base": EvidenceRecord(kind="opened", name="server.py"),
        "head": EvidenceRecord(kind="made", name="app.jar"),
        "image": EvidenceRecord(kind="image", name="shop:2"),
        "none": EvidenceRecord(),
    }
    found = RevisionsRecord(changed=3, evidence=evidence)
    (table,) = appendix.environment(RECORD.model_copy(update={"revisions": found}), ())
    unchanged = RECORD.model_copy(update={"revisions": RevisionsRecord(evidence=evidence)})

    assert table.caption.endswith("own code; between them 3 files differ")
    assert [
        ["base", "opened its own server.py"],
        ["head", "opened its own app.jar, which its build made of files that differ"],
        ["image", "runs its own container image shop:2"],
        ["none", "nothing shows it"],
    ] == texts(table.rows)
    assert () == appendix.environment(unchanged, ())


def test_nothing_is_said_of_a_quiet_environment() -> None:
    """One table for each section of facts; values in their own units."""
    record = RECORD.model_copy(
        update={
            "environment": {
                "machine": {"memory_bytes": 2e9, "turbo": None, "smt": True, "cpus": [0, 1]},
                "tuning": {},
            },
            "noise": {"pause_s": 0.25},
        }
    )
    tuning, machine, noise = appendix.environment(record, ())

    assert "tuning" == tuning.id
    assert [["nothing", "CPUs, their frequency, load, memory and disk are fit to measure."]] == (
        texts(tuning.rows)
    )
    assert [
        ["memory_bytes", "2.00 GB"],
        ["turbo", "unknown"],
        ["smt", "yes"],
        ["cpus", "0, 1"],
    ] == texts(machine.rows)
    assert ("noise while measuring", [["pause_s", "250 ms"]]) == (noise.caption, texts(noise.rows))


def test_the_worst_block_of_each_scenario_is_shown() -> None:
    """Shares as percent; nothing disturbed it where there is no warning."""
    host = HostNoise("list", 12, 0.01, 0.2, 0.5, ())

    assert [["list", "12", "1 %", "20 %", "50 %", "no"]] == texts(
        appendix.environment(RECORD, (host,))[0].rows
    )


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ("paired", "back to back"),
        ("restarts", "restarted repeatedly"),
        ("load", "Under load one variant at a time"),
    ],
)
def test_each_design_has_its_method(design: Design, words: str) -> None:
    """The method says how that kind of run is measured."""
    assert words in " ".join(appendix.method(replace(comparison_of(), design=design)))


def test_files_have_sizes_and_checksums() -> None:
    """In the order of their names."""
    files = {
        name: FileRecord(size_bytes=size, sha256="0" * 64)
        for name, size in (("samples.parquet", 12_300), ("host.parquet", 999))
    }
    record = RECORD.model_copy(update={"files": files})

    assert [
        ["host.parquet", "999 B", "0" * 64],
        ["samples.parquet", "12.3 kB", "0" * 64],
    ] == texts(appendix.files_table(record).rows)


def test_a_run_that_never_finished_is_shown_so() -> None:
    """Everything else about it is there."""
    about = dict(appendix.about(RECORD))

    assert ("never", "2026-11-23 20:00:00 UTC") == (about["finished"], about["started"])


def test_two_revisions_are_named() -> None:
    """Where their commits are known; a run of variants has none."""
    commits = {"base": "a" * 40, "head": "b" * 40}
    revisions = RevisionsRecord.model_validate({"commits": commits})

    assert ("commits", f"{'a' * 12} → {'b' * 12}") in appendix.about(
        RECORD.model_copy(update={"revisions": revisions})
    )
    assert "commits" not in dict(appendix.about(RECORD))
