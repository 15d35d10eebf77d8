"""Rows make caches miss, as they do for real users; one request asks a warm cache."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from contract.run.reading import Run, read_run
from versus import main

ROOT = Path(__file__).parents[2]
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
block_s = 1
warmup_rounds = 2
sub_block_s = 2
burn_in_s = 0.2
capacity_s = 0
[load]
rate_per_s = 60
lag_ms_max = 1000
worker_cpu_share_max = 1
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
    run = measured(tmp_path, "bench", "--verbose")
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
    assert "to each variant, so caches may be warm." in page
    assert 1 == page.count("caches may be warm")


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


class Shop(BaseHTTPRequestHandler):
    """What docs/own-service.md asks: products, a search, and users who exist only once."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    users: ClassVar[set[str]] = set()
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer with the product of an id."""
        self.asked.append(self.path)
        number = self.path.partition("?")[0].rsplit("/", 1)[1]
        self._answer(200, {"id": int(number) if number.isdecimal() else number})

    def do_POST(self) -> None:
        """Make a user, once."""
        name = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["name"]
        status = 409 if name in self.users else 201
        self.users.add(name)
        self._answer(status, {"name": name, "number": len(self.users)})

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def test_the_documented_example_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its users are made again and again, and no answer differs."""
    page = (ROOT / "docs" / "own-service.md").read_text(encoding="utf-8")
    example = page.split("## Rows of data")[1].split("```toml\n")[1].split("```")[0]
    (tmp_path / "ids.csv").write_text("id,lang\n7,de\n8,en\n", encoding="utf-8")
    config = tmp_path / "versus.toml"
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = f'[target]\nurl = "http://127.0.0.1:{server.server_port}"\n'
        variants = '[variants.before]\n[variants.after]\nheaders = { X-After = "1" }\n'
        config.write_text(target + variants + example, encoding="utf-8")
        status = main(["check", "--config", str(config)])
        server.shutdown()
    out = capsys.readouterr().out

    assert 0 == status, out
    assert "DIFFERENT" not in out
    assert "warning: sign_up" not in out
    assert 4 == len(Shop.users)
    assert 1 == len({path for path in Shop.asked if path.startswith("/products/")})
    assert "/products/" in Shop.asked[0]
    assert "lang=" in Shop.asked[0]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["bench", "load"])
def test_a_file_that_changes_while_it_is_used_ends_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """What was measured so far is kept; the line names the file."""
    ids = tmp_path / "ids.csv"

    def change() -> None:
        # Once requests are sent, the run's folder has their stream.
        while not any(one.stat().st_size for one in tmp_path.glob("runs/*/samples.arrows")):
            if done.wait(0.05):
                return
        ids.write_text("id\n1\n", encoding="utf-8")

    (tmp_path / "versus.toml").write_text(CONFIG, encoding="utf-8")
    ids.write_text("id\n1\n2\n", encoding="utf-8")
    done = threading.Event()
    changing = threading.Thread(target=change)
    changing.start()
    options = ["--config", str(tmp_path / "versus.toml"), "--profile", "short", "--quiet"]
    try:
        assert 4 == main([command, *options])
    finally:
        done.set()
        changing.join()
    assert f"{ids}: changed while it was used. Leave it as it is, then measure again." in (
        capsys.readouterr().out
    )
