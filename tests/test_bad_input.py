"""Bad input to what judges a run: always one clear line or a reason, never a traceback or a pass.

Every run here is one that passes its budget, with one thing changed and its checksum made anew, as
another tool or a fault of our own would leave it.
"""

import json
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.run.files import describe_file
from contract.run.record import RUN_NAME, SCHEMA_VERSION
from contract.run.stream import SAMPLES_NAME
from reports.tests.runs import Behaviour, LoadMade, Made, Scenario, make_load_run, make_run
from versus import main

SAME = {"baseline": Behaviour(0.02), "optimized": Behaviour(0.02)}
LIST = Scenario("list", SAME, rounds=150)
BUDGET = {
    "scenario": "list",
    "variant": "optimized",
    "metric": "latency_s_p50",
    "ratio_max": 1.06,
}
PASSED, USAGE, INCONCLUSIVE, INVALID = 0, 2, 3, 4

FloatArray = npt.NDArray[np.float64]
Change = Callable[[Any], Any]
Capture = pytest.CaptureFixture[str]


def budgets(**changes: Any) -> dict[str, Any]:
    """A configuration with the one budget, or with one like it."""
    return {"budgets": [BUDGET | changes]}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that passes its budget."""
    made = Made((LIST,), config=budgets())
    return make_run(tmp_path_factory.mktemp("runs") / "sound", made)


def changed(sound: Path, folder: Path, change: Change) -> Path:
    """A copy of the run with other samples, closed as if they were its own."""
    shutil.copytree(sound, folder)
    table = change(pq.read_table(folder / SAMPLES_NAME))
    pq.write_table(table, folder / SAMPLES_NAME)
    told = describe_file(folder / SAMPLES_NAME).model_dump()
    return rewritten(folder, {"id": folder.name, "files": {SAMPLES_NAME: told}})


def rewritten(folder: Path, changes: Mapping[str, Any]) -> Path:
    """The run with other entries in its run.json."""
    path = folder / RUN_NAME
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | dict(changes)), "utf-8")
    return folder


def judged(folder: Path, sound: Path, capsys: Capture) -> tuple[int, str]:
    """How the gate ended and what it said; the report and a comparison must bear the run too."""
    gate = main(["gate", "--run", str(folder)])
    said = capsys.readouterr()
    report = main(["report", "--run", str(folder)])
    compare = main(["compare", str(sound), str(folder)])
    rest = capsys.readouterr()
    refused = gate == USAGE

    assert [refused] * 3 == [code == USAGE for code in (gate, report, compare)]
    assert [] == [line for line in (said.err + rest.err).splitlines() if str(folder) not in line]
    assert (1 if refused else 0) == len(said.err.splitlines())
    if not refused:
        assert report == (gate if gate == INVALID else 0)
        found = (folder / "comparison.json").read_text("utf-8")
        json.loads(found, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        assert "</html>" in (folder / "report.html").read_text("utf-8")
    return gate, said.err + said.out


def column(name: str, change: Callable[[Any], Any], where: slice = slice(None)) -> Change:
    """Samples with one column changed, in some rows or in all; also its type."""

    def in_table(table: Any) -> Any:
        values = table[name].to_numpy().copy()
        if where == slice(None):
            values = change(values)
        else:
            values[where] = change(values[where])
        made = pa.array(values)
        if pa.types.is_floating(made.type) or pa.types.is_integer(made.type):
            same = pa.types.is_floating(made.type) == pa.types.is_floating(table[name].type)
            made = made.cast(table[name].type) if same else made
        return replaced(table, name, made)

    return in_table


def replaced(table: Any, name: str, values: Any, metadata: dict[str, str] | None = None) -> Any:
    """The samples with another column in one's place."""
    index = table.schema.get_field_index(name)
    return table.set_column(index, pa.field(name, values.type, metadata=metadata), values)


def without(name: str, value: str, blocks_from: int = 0) -> Change:
    """Samples without those of one scenario or variant, from a block on."""

    def in_table(table: Any) -> Any:
        ours = np.array(table[name].to_pylist()) == value
        return table.filter(pa.array(~ours | (table["block"].to_numpy() < blocks_from)))

    return in_table


def lacking(name: str) -> Change:
    """Samples of which one lacks a value."""

    def in_table(table: Any) -> Any:
        values = table[name].to_pylist()
        values[7] = None
        kind = table[name].type
        made = pa.array(values, pa.string() if pa.types.is_dictionary(kind) else kind)
        return replaced(table, name, made.cast(kind))

    return in_table


def repeated(error: str) -> Change:
    """A request that was asked twice, first with this outcome; just after the one before it."""

    def in_table(table: Any) -> Any:
        again = table.slice(100, 1)
        again = replaced(again, "error", pa.array([error]))
        again = replaced(again, "latency_s", pa.array([1e-6]))
        return pa.concat_tables([table.slice(0, 100), again, table.slice(100)])

    return in_table


def test_the_run_that_all_others_are_made_from_passes(
    sound: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Whatever is refused below is refused for what was changed."""
    code, said = judged(changed(sound, tmp_path / "run", lambda table: table), sound, capsys)

    assert (PASSED, "PASS: 1 of 1 budget kept\n") == (code, said)


ROW = slice(40, 41)
"""One sample of a measured round."""


def seconds(value: float, where: slice = ROW) -> Change:
    """Samples of which one took so long, or several."""
    return column("latency_s", lambda values: np.full_like(values, value), where)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (seconds(math.nan), "column 'latency_s', row 40: holds nan, a number of seconds"),
        (seconds(0.0), "column 'latency_s', row 40: holds 0.0"),
        (seconds(-0.02), "column 'latency_s', row 40: holds -0.02"),
        (seconds(math.inf), "column 'latency_s', row 40: holds inf"),
        (seconds(1e300), "column 'latency_s', row 40: holds 1e+300"),
        (seconds(1e-300), "column 'latency_s', row 40: holds 1e-300"),
        (seconds(math.nan, slice(None)), "column 'latency_s', row 0: holds nan"),
        (seconds(5e8), "round 20: sent before the request before it was answered"),
        (column("latency_s", lambda values: 1000 * values), "latency_s are in seconds"),
        (column("latency_s", lambda values: (1e6 * values).astype("int64")), "holds int64, double"),
        (column("latency_s", lambda values: values.astype("str")), "holds string, double"),
        (
            column("latency_s", lambda values: (1e9 * values).astype("datetime64[ns]")),
            "holds timestamp[ns], double",
        ),
        (
            lambda table: replaced(table, "latency_s", table["latency_s"], {"unit": "ms"}),
            "column 'latency_s' says that it holds ms; seconds were expected",
        ),
        (
            lambda table: table.replace_schema_metadata(
                {"versus_schema_version": str(SCHEMA_VERSION + 1)}
            ),
            f"schema version {SCHEMA_VERSION + 1}, but this Versus reads 1 to {SCHEMA_VERSION}",
        ),
        (column("start_s", lambda values: values + math.nan), "column 'start_s', row 0: holds nan"),
        (column("start_s", lambda values: values + 1e300), "column 'start_s', row 0: holds 1e+300"),
        (column("round", lambda values: values - 100), "column 'round' holds -100"),
        (column("block", lambda values: values - 1), "column 'block' holds -1"),
        (column("position", lambda values: values + 9), "column 'position' holds 10"),
        (column("position", lambda values: 0 * values), "its requests are not one for each"),
        (column("round", lambda values: values.max() - values), "sent after one of a later round"),
        (column("block", lambda values: values.max() - values), "sent after one of a later block"),
        (lambda table: pa.concat_tables([table, table]), "its requests are not one for each"),
        (repeated(""), "its requests are not one for each position"),
        (repeated("status 500"), "its requests are not one for each position"),
        *(
            (lacking(name), f"column {name!r} lacks 1 of 310 values")
            for name in ("round", "error", "note", "stall_s", "connections_opened")
        ),
        (lacking("variant"), "column 'variant' lacks 1 of 310 values"),
        (lacking("latency_s"), "column 'latency_s', row 7: holds "),
        (
            lambda table: table.append_column("latency_s", table["latency_s"]),
            "samples.parquet: column 'latency_s' stands there twice",
        ),
    ],
)
def test_samples_that_no_measurement_can_have_written_are_refused(
    change: Change, expected: str, sound: Path, tmp_path: Path, capsys: Capture
) -> None:
    """One line names the file, the place, and what was expected."""
    code, said = judged(changed(sound, tmp_path / "run", change), sound, capsys)

    assert code == USAGE
    assert f"{SAMPLES_NAME}: " in said
    assert expected in said
    assert said.rstrip().endswith("Measure again.") or "Use the Versus" in said


def test_rows_in_another_order_are_the_same_run(
    sound: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Rounds carry numbers and times; where a row stands in its file says nothing."""
    folder = changed(
        sound,
        tmp_path / "run",
        lambda table: table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows))),
    )
    code, _ = judged(folder, sound, capsys)
    again = json.loads((folder / "comparison.json").read_text("utf-8"))
    assert main(["report", "--run", str(sound)]) == PASSED
    first = json.loads((sound / "comparison.json").read_text("utf-8"))

    assert code == PASSED
    assert first["comparison"] == again["comparison"]


@pytest.mark.parametrize(
    ("change", "budget", "code", "expected"),
    [
        (lambda table: table.slice(0, 0), {}, INVALID, "list: no round was measured"),
        (without("variant", "optimized"), {}, INVALID, "150 of baseline, 0 of optimized"),
        (without("variant", "optimized", 2), {}, INVALID, "150 of baseline, 95 of optimized"),
        (
            column("round", lambda values: values + 100),
            {},
            INVALID,
            "100 of 150 rounds have no observation",
        ),
        (
            column("counter_db_rows", lambda values: -values),
            {"metric": "db_rows"},
            INCONCLUSIVE,
            "rows from the database: not measured, limit 1.06x; no round has rows from",
        ),
        *(
            pytest.param(
                column("stage_db_s", lambda values, value=value: 0 * values + value),  # type: ignore[misc]
                {"metric": "stage_db_s"},
                INCONCLUSIVE,
                "db stage: not measured, limit 1.06x; no round has db stage",
                marks=[] if math.isnan(value) else pytest.mark.slow,
            )
            for value in (math.nan, math.inf, -1.0, 1e300, 1e-300)
        ),
        # One block of all rounds is as good as many: rounds are the units, also of a tail.
        (column("block", lambda values: 0 * values), {}, PASSED, "PASS"),
        (column("block", lambda values: 0 * values), {"metric": "latency_s_p95"}, PASSED, "PASS"),
        (
            lambda table: table.slice(0, 110),
            {"metric": "latency_s_p99"},
            INVALID,
            "p99 latency: not measured, limit 1.06x; only 50 compared rounds, 100 are needed",
        ),
    ],
)
def test_samples_that_prove_nothing_pass_nothing(
    change: Change,
    budget: dict[str, Any],
    code: int,
    expected: str,
    sound: Path,
    tmp_path: Path,
    capsys: Capture,
) -> None:
    """What is missing, or is no number that can be compared, is a reason and no pass."""
    folder = changed(sound, tmp_path / "run", change)
    config = json.loads((folder / RUN_NAME).read_text("utf-8"))["config"]
    ended, said = judged(rewritten(folder, {"config": config | budgets(**budget)}), sound, capsys)

    assert code == ended
    assert expected in said


@pytest.mark.parametrize(("rounds", "code"), [(11, INCONCLUSIVE), (12, PASSED)])
def test_equal_values_are_equivalent_from_twelve_units_on(
    rounds: int, code: int, sound: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Latencies that are all the same are rare, not wrong: units decide, as they always do."""
    made = Made((replace(LIST, rounds=rounds),), config=budgets())
    run = make_run(tmp_path / "made", made)
    folder = changed(run, tmp_path / "run", seconds(0.001, slice(None)))

    assert code == judged(folder, sound, capsys)[0]


def test_ten_scenarios_without_data_are_one_line(
    sound: Path, tmp_path: Path, capsys: Capture
) -> None:
    """A run that never got to measure says so of how many scenarios, and passes nothing."""
    names = ["list", *(f"other_{number}" for number in range(9))]
    scenarios = [
        replace(LIST, name=name, rounds=0, warmup_rounds=0, ended="time") for name in names
    ]
    folder = make_run(tmp_path / "run", Made(tuple(scenarios), config=budgets()))
    code, said = judged(folder, sound, capsys)

    assert code == INVALID
    assert "list: no round was measured (likewise other_0, other_1 and 7 more)" in said


LISTED = {"name": "list", "request": "GET /", "rounds_max": 150, "rounds": 150, "budget_s": 60.0}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, f"schema version {SCHEMA_VERSION + 1}, but"),
        ({"schema_version": 0}, "run.json: schema version 0, but this Versus reads 1 to"),
        ({"schema_version": True}, "run.json: schema version True, but"),
        ({"variants": ["baseline", "baseline"]}, "damaged at variants: 'baseline' stands there tw"),
        ({"variants": ["baseline", "other"]}, "holds variant 'optimized', which run.json does not"),
        ({"variants": ["baseline"]}, "holds variant 'optimized', which run.json does not name"),
        ({"scenarios": []}, "run.json: damaged at scenarios: "),
        ({"scenarios": [LISTED, LISTED]}, "damaged at scenarios: 'list' stands there twice"),
        ({"scenarios": [LISTED | {"name": "lost"}]}, "holds scenario 'list', which run.json does"),
        ({"scenarios": [LISTED | {"budget_s": math.nan}]}, "damaged at scenarios.0.budget_s: "),
        ({"counters": ["half \ud800"]}, "run.json: cannot be read as JSON ("),
        ({"noise": {"wall_s": math.inf}}, "damaged at noise.wall_s: "),
        ({"counters": ["apples"]}, "columns ['counter_apples'] are missing; run.json names them"),
        (
            {"config": {"scenarios": 5}},
            "its configuration's 'scenarios' is 5, tables were expected",
        ),
        (
            {"config": {"variants": "x"}},
            "its configuration's 'variants' is 'x', tables were expected",
        ),
        (
            {"config": budgets(metric="db_bites")},
            ": unknown metric 'db_bites'; did you mean 'db_bytes'?",
        ),
        ({"config": budgets(scenario="lisd")}, "unknown scenario 'lisd'; did you mean 'list'?"),
        (
            {"config": budgets(ratio_max=math.nan)},
            ", ratio_max: input should be a finite number; found nan",
        ),
        ({"started_at": "yesterday"}, "started_at is 'yesterday', a time such as"),
    ],
)
def test_records_that_contradict_themselves_are_refused(
    changes: dict[str, Any], expected: str, sound: Path, tmp_path: Path, capsys: Capture
) -> None:
    """One line names the run's file or folder, the place in it, and what was expected."""
    folder = changed(sound, tmp_path / "run", lambda table: table)
    folder = rewritten(folder, changes)
    if "started_at" in changes:  # Which only the gate and the report ask for.
        assert main(["gate", "--run", str(folder)]) == USAGE
        said = capsys.readouterr().err
    else:
        code, said = judged(folder, sound, capsys)
        assert code == USAGE

    assert expected in said
    assert str(folder) in said


@pytest.mark.parametrize("name", [SAMPLES_NAME, RUN_NAME, "host.parquet"])
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("known", [True, False])
def test_truncated_files_are_refused(
    name: str, kept: float, sound: Path, tmp_path: Path, capsys: Capture, *, known: bool
) -> None:
    """With a checksum or without one, part of a file is no file."""
    folder = tmp_path / "run"
    shutil.copytree(sound, folder)
    host = pa.table({"scenario": ["list"], "block": [0], "wall_s": [1.0]})
    pq.write_table(host, folder / "host.parquet")
    files = {one: describe_file(folder / one).model_dump() for one in (SAMPLES_NAME, name)}
    files.pop(RUN_NAME, None)
    rewritten(folder, {"files": files if known else {}})
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(kept * len(content))])
    code, said = judged(folder, sound, capsys)

    assert code == USAGE
    assert f"{folder / name}: " in said


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"scenario": ["list"], "wall_s": [1.0]}, "columns ['block'] are missing"),
        ({"scenario": ["list"], "block": [0], "wall_s": ["1 s"]}, "column 'wall_s' holds string"),
    ],
)
def test_host_counters_of_another_make_are_refused(
    host: dict[str, Any], expected: str, sound: Path, tmp_path: Path, capsys: Capture
) -> None:
    """They are told beside the verdicts, so they must be what they seem."""
    folder = changed(sound, tmp_path / "run", lambda table: table)
    pq.write_table(pa.table(host), folder / "host.parquet")
    code, said = judged(folder, sound, capsys)

    assert code == USAGE
    assert f"host.parquet: {expected}" in said


@pytest.mark.parametrize("limit", ["lag_s_max", "worker_cpu_share_max", "errors_max"])
def test_a_limit_that_is_no_number_allows_nothing(
    limit: str, sound: Path, tmp_path: Path, capsys: Capture
) -> None:
    """Nothing is more than NaN, so a run under load with such a limit would keep it."""
    made = LoadMade({"list": SAME}, blocks=2, load={limit: math.nan})
    folder = make_load_run(tmp_path / "run", made)
    path = folder / RUN_NAME
    content = path.read_text("utf-8").replace(f'"{limit}": null', f'"{limit}": NaN')
    path.write_text(content.replace(f'"{limit}":null', f'"{limit}":NaN'), "utf-8")
    assert "NaN" in path.read_text("utf-8")
    code, said = judged(folder, sound, capsys)

    assert code == USAGE
    assert f"run.json: damaged at load.{limit}: " in said


def test_a_mistake_of_our_own_is_no_regression(
    sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Python ends with 1 where nobody catches, and 1 is what a gate says of a regression."""

    def broken(*_: object, **__: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("reports.publish.gate", broken)
    code = main(["gate", "--run", str(sound)])
    said = capsys.readouterr().err

    assert code == USAGE
    assert "ZeroDivisionError" in said
    assert said.splitlines()[-1].startswith("versus: this is a fault of Versus")
