"""Rows make caches miss, as they do for real users; one request asks a warm cache."""

import json
import sys
from pathlib import Path

import pytest

from contract.run.reading import Run, read_run
from versus import main

SERVER = Path(__file__).with_name("cache_server.py")

# A miss of `after` is ten times faster.
CONFIG = f"""
[target]
command = ["{sys.executable}", "{SERVER}"]
[variants.before]
environment = {{ MISS_MS = "50" }}
[variants.after]
environment = {{ MISS_MS = "5" }}
[profiles.short]
measure_s = 8
warmup_rounds = 2
sub_block_s = 2
burn_in_s = 0.2
capacity_s = 0
[load]
rate_per_s = 60
[[scenarios]]
name = "rows"
request = "GET /things/{{row.id}}"
rows = "ids.csv"
json = {{ "/id" = "{{row.id}}" }}
[[scenarios]]
name = "one"
request = "GET /things/0"
"""


def measured(folder: Path, *command: str, rows: int = 3000) -> Run:
    """A run of the server with a cache."""
    (folder / "versus.toml").write_text(CONFIG, encoding="utf-8")
    ids = "\n".join(["id", *map(str, range(1, rows + 1))])
    (folder / "ids.csv").write_text(ids, encoding="utf-8")
    options = ["--config", str(folder / "versus.toml"), "--profile", "short", "--quiet"]
    assert main([*command, *options]) == 0
    return read_run(folder / "runs" / "latest")


@pytest.mark.slow
@pytest.mark.alone
def test_with_rows_a_miss_is_judged_and_without_one_key_was_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten times faster misses are faster; the page says that the other scenario hits caches."""
    run = measured(tmp_path, "bench")
    table = run.samples.to_pandas()
    page = (run.folder / "report.html").read_text(encoding="utf-8")
    out = capsys.readouterr().out
    mine = table[table["scenario"] == "rows"]
    rows = mine.pivot_table("row", "round", "variant", observed=True)

    assert {""} == set(table["error"])
    assert (rows["before"] == rows["after"]).all()
    assert rows["before"].is_unique
    assert {-1} == set(table[table["scenario"] == "one"]["row"])
    assert [3000, 0] == [one.rows for one in run.record.scenarios]
    assert [False, True] == [one.fixed for one in run.record.scenarios]
    medians = mine.groupby("variant", observed=True)["latency_s"].median()
    assert medians["before"] / medians["after"] > 4
    verdict = next(line for line in out.splitlines() if line.startswith("rows     typical"))
    assert " faster " in verdict
    assert f"rows: 3,000 rows, drawn {len(rows)} times: {len(rows)} of them, each once." in out
    assert f"3,000 rows, drawn {len(rows)} times" in page
    assert "One request, sent " in page
    assert "to each variant: caches are warm." in page
    assert 1 == page.count("caches are warm")


@pytest.mark.slow
@pytest.mark.alone
def test_under_load_variants_share_rows_and_steps_go_on_through_them(tmp_path: Path) -> None:
    """By arrivals of one number; no row comes again before all were drawn, whoever sends it."""
    run = measured(tmp_path, "load", "--processes", "2", rows=40)
    table = run.samples.to_pandas()
    mine = table[(table["scenario"] == "rows") & (table["block"] >= 2)]
    half = mine["position"] // 2
    by_arrival = mine.pivot_table("row", ["block", half, "round"], "variant", observed=True)
    drawn = by_arrival["before"].astype(int).tolist()
    assert {""} == set(table["error"])
    assert (by_arrival["before"] == by_arrival["after"]).all()
    assert len(drawn) >= 77
    # The probe drew the first three of the first turn.
    probed = table[(table["scenario"] == "rows") & (table["block"] == 0)]["row"].tolist()
    assert 3 == len(set(probed))
    assert [*range(40)] == sorted({*probed, *drawn[:37]}) == sorted(drawn[37:77])


def test_a_check_shows_the_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its line and the values that are used."""
    (tmp_path / "versus.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "ids.csv").write_text("id\n7\n", encoding="utf-8")

    assert 0 == main(["check", "--config", str(tmp_path / "versus.toml"), "--profile", "short"])
    assert "rows: row 1 of 1, line 2: id = 7\n" in capsys.readouterr().out
    main(["check", "--config", str(tmp_path / "versus.toml"), "--profile", "short", "--json"])
    answers = json.loads(capsys.readouterr().out)["answers"]
    assert ["row 1 of 1, line 2: id = 7"] * 2 + [""] * 2 == [one["row"] for one in answers]


@pytest.mark.parametrize("command", ["bench", "check", "load"])
def test_torn_rows_are_refused_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """One line with the file's line, exit code 2, and no run's folder."""
    (tmp_path / "versus.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "ids.csv").write_text("id\n1\n2,3\n", encoding="utf-8")

    assert 2 == main([command, "--config", str(tmp_path / "versus.toml"), "--profile", "short"])
    printed = capsys.readouterr()
    assert "" == printed.out
    assert printed.err.endswith(
        "scenarios 'rows', rows: 'ids.csv', line 3: 2 fields, and the header names 1.\n"
    )
    assert 1 == printed.err.count("\n")
    assert not (tmp_path / "runs").exists()
