"""A folder of runs, or of entries, becomes a page."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from contract.errors import ReportError
from contract.run.record import RestartsRecord, RevisionsRecord
from reports.history.entry import ENTRY_NAME
from reports.history.history import keep_entry, publish_history
from reports.history.places import Folder
from reports.history.tests.entries import commit
from reports.judging import read_report
from reports.surfaces.files import FILES
from reports.tests.runs import Behaviour, Made, Scenario, make_run

SCENARIOS = (
    Scenario("list", {"baseline": Behaviour(0.02), "optimized": Behaviour(0.01)}, rounds=60),
    Scenario(
        "</script><img src=x onerror=alert(1)>",
        {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)},
        rounds=60,
    ),
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs with entries, one without, a link to one of them, and something else."""
    folder = tmp_path_factory.mktemp("history")
    for number in range(3):
        run = make_run(folder / f"run{number}", Made(SCENARIOS, seed=number))
        if number < 2:
            (run / ENTRY_NAME).write_bytes(FILES[ENTRY_NAME](read_report(run)))
    (folder / "latest").symlink_to("run1")
    (folder / "notes").mkdir()
    return folder


def test_a_folder_of_runs_becomes_a_page(runs: Path) -> None:
    """Each run once, although `latest` points to one; names stay text; the path comes last."""
    out = io.StringIO()

    assert publish_history(Folder(runs), runs, out).headline
    lines = out.getvalue().splitlines()
    page = (runs / "history.html").read_text(encoding="utf-8")
    assert "No change found in 2 runs" == lines[0]
    assert "1 of the runs here have no entry yet" in out.getvalue()
    assert lines[-1].endswith("history.html")
    assert "<img" not in page
    assert 4 == page.count("<svg")


def test_entries_alone_are_a_history(runs: Path, tmp_path: Path) -> None:
    """Copied out of their runs, under any name."""
    for number in range(2):
        entry_file = runs / f"run{number}" / ENTRY_NAME
        (tmp_path / f"{number}.json").write_bytes(entry_file.read_bytes())
    out = io.StringIO()

    assert publish_history(Folder(tmp_path), tmp_path, out).headline
    assert out.getvalue().startswith("No change found in 2 runs")


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    """The page comes all the same."""
    out = io.StringIO()

    assert publish_history(Folder(tmp_path), tmp_path, out).headline
    assert out.getvalue().startswith("No run has left an entry yet")


def test_a_run_is_kept_under_its_name(runs: Path, tmp_path: Path) -> None:
    """Its entry is copied, into a folder that is made where it is missing."""
    keep_entry(runs / "latest", Folder(tmp_path / "history"))

    assert ["run1.json"] == [path.name for path in (tmp_path / "history").iterdir()]
    assert (runs / "run1" / ENTRY_NAME).read_bytes() == (
        tmp_path / "history" / "run1.json"
    ).read_bytes()


def test_a_run_without_an_entry_cannot_be_kept(runs: Path, tmp_path: Path) -> None:
    """One line, which says what to do."""
    with pytest.raises(ReportError, match=r"run2/entry\.json: cannot be read \(No such file"):
        keep_entry(runs / "run2", Folder(tmp_path))


def gates(folder: Path, heads: Sequence[int], seed: int = 0) -> Path:
    """A history of gates: each head is 1 % slower than the commit before it."""
    kept = Folder(folder / "kept")
    for head in heads:
        before = Behaviour(0.02 * 1.01**head, spread=0.01)
        after = Behaviour(0.02 * 1.01 ** (head + 1), spread=0.01)
        scenario = Scenario("list", {"base": before, "head": after}, rounds=700, warmup_rounds=0)
        found = RevisionsRecord(commits={"base": commit(head), "head": commit(head + 1)}, changed=1)
        changes = {
            "design": "restarts",
            "restarts": RestartsRecord(looks=(14,), starts=(("base", "head"),) * 14),
            "revisions": found,
            "started_at": f"2026-11-23T20:{head:02d}:00+00:00",
        }
        run = make_run(
            folder / f"gate{head:02d}", Made((scenario,), seed=100 * seed + head, changes=changes)
        )
        (run / ENTRY_NAME).write_bytes(FILES[ENTRY_NAME](read_report(run)))
        keep_entry(run, kept)
    return kept.path


@pytest.mark.slow
def test_twenty_gates_of_one_percent_are_seen_as_twenty_two(tmp_path: Path) -> None:
    """1.01 to the 20th is 1.22, and the interval holds it; with a gap there are two chains."""
    kept = gates(tmp_path, range(20))
    out = io.StringIO()
    page = publish_history(Folder(kept), kept, out)
    typical = page.totals[0]

    assert 20 == typical.gates
    assert pytest.approx(1.01**20, rel=0.01) == typical.ratio
    assert 1 < typical.low < 1.01**20 < typical.high < 1.3
    assert re.match(r"list is 2[1-3]\.\d % slower over 20 gates", page.headline)
    (kept / "gate12.json").unlink()
    broken = publish_history(Folder(kept), kept, out)
    assert 12 == broken.totals[0].gates
    assert pytest.approx(1.01**12, rel=0.01) == broken.totals[0].ratio
    assert "check out 000000000d and run `versus gate --base 000000000c`" in out.getvalue()


@pytest.mark.slow
@pytest.mark.long
def test_products_hold_the_truth_as_often_as_stated(tmp_path: Path) -> None:
    """Of 20 histories of 20 gates; an interval of 99 % misses twice or more in 2 % of such."""
    found = []
    for seed in range(20):
        kept = gates(tmp_path / str(seed), range(20), seed)
        found.append(publish_history(Folder(kept), kept, io.StringIO()).totals[0])

    assert sum(not one.low < 1.01**20 < one.high for one in found) <= 1
    # The mean of the products is off by 0.1 % or so; a bias of each gate would be 20 times itself.
    assert pytest.approx(1.01**20, rel=0.005) == sum(one.ratio for one in found) / len(found)
