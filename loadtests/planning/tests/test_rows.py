"""What a scenario draws is planned with it, and what cannot work is named before."""

import os
from pathlib import Path

import pytest

from contract.errors import ConfigError
from loadtests.planning.plan import LoadWorkers, Plan, load_plan
from loadtests.planning.rows import Draws, Rows, open_rows, shown_row

HEAD = """
[target]
url = "http://127.0.0.1:1"
[load]
rate_per_s = 10
[variants.before]
[variants.after]
"""
ONE = '[[scenarios]]\nname = "one"\nrequest = "GET /{row.id}"\n'
TAKEN = """
[[scenarios]]
name = "s"
[[scenarios.sequence]]
request = "GET /"
take = { unique = "/id" }
"""


def planned(folder: Path, text: str, files: dict[str, str] | None = None, head: str = HEAD) -> Plan:
    for name, content in (files or {"ids.csv": "id,token\n1,a\n2,b\n"}).items():
        (folder / name).write_text(content, encoding="utf-8")
    config = folder / "versus.toml"
    config.write_text(head + text, encoding="utf-8")
    return load_plan(config, seed=1, environment={})


def draws(folder: Path, text: str, files: dict[str, str] | None = None) -> Draws:
    found = planned(folder, text, files).scenarios[0].draws
    assert found is not None
    return found


def fault_in(folder: Path, text: str, head: str = HEAD) -> str:
    with pytest.raises(ConfigError) as refused:
        planned(folder, text, head=head)
    assert "\n" not in str(refused.value)
    return str(refused.value).removeprefix(f"{folder / 'versus.toml'}: ")


def test_a_scenario_without_gaps_draws_nothing(tmp_path: Path) -> None:
    """Braces that are no gap of a draw stay as they are."""
    text = ONE.replace("{row.id}", "a") + 'body = "{rows} {x.y}"\nliteral = ["rows", "x.y"]\n'

    assert planned(tmp_path, text).scenarios[0].draws is None


def test_gaps_are_found_wherever_a_value_may_stand(tmp_path: Path) -> None:
    """In path, query, headers, body, texts of a form, `contains` and expected JSON."""
    text = """
[[scenarios]]
name = "one"
rows = "ids.csv"
[[scenarios.sequence]]
request = "POST /{row.a}?q={row.b}"
headers = { X-A = "{row.c}" }
body = { list = ["{row.d}"] }
contains = "{row.e}"
json = { "/x" = { y = ["{row.f}"] } }
[[scenarios.sequence]]
request = "POST /"
form = [{ name = "a", text = "{row.g}{round}{random}{unique}" }]
"""
    found = draws(tmp_path, text, {"ids.csv": "a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n"})

    assert found.rows is not None
    assert {*(f"row.{name}" for name in "abcdefg"), "round", "random", "unique"} == found.names
    assert {f"row.{name}": str(number) for number, name in enumerate("abcdefg", 1)} == (
        found.rows.values(0)
    )


def test_only_used_columns_are_read(tmp_path: Path) -> None:
    """Others may hold anything; numbers of JSON lines are sent as JSON writes them."""
    lines = '{"id": 1.5, "x": [1]}\n{"id": true}\n'
    found = draws(
        tmp_path, ONE + 'rows = { file = "ids.jsonl", order = "file" }\n', {"ids.jsonl": lines}
    )

    assert found.rows is not None
    assert ({"row.id": "1.5"}, {"row.id": "true"}) == (found.rows.values(0), found.rows.values(1))
    assert [0, 1, 0] == [found.row(1, 0, draw) for draw in range(3)]


def test_numbers_are_rows_without_a_file(tmp_path: Path) -> None:
    """Their column is n."""
    text = ONE.replace("row.id", "row.n") + "rows = { from = 5, to = 7 }\n"
    found = draws(tmp_path, text)

    assert found.rows is not None
    assert (3, {"row.n": "5"}, {"row.n": "7"}) == (
        found.rows.count,
        found.rows.values(0),
        found.rows.values(2),
    )
    assert "row 2 of 3: n = 6" == shown_row(found, 1)
    assert "" == shown_row(None, -1)


def test_a_row_is_shown_without_secrets(tmp_path: Path) -> None:
    """A column whose name sounds secret holds secrets."""
    text = ONE + 'headers = { Authorization = "Bearer {row.token}" }\nrows = "ids.csv"\n'
    plan = planned(tmp_path, text)

    shown = shown_row(plan.scenarios[0].draws, 1)
    assert "row 2 of 2, line 3: id = 2, token = [removed]" == shown
    assert "Bearer {row.token}" == plan.config["scenarios"][0]["headers"]["Authorization"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ONE, "scenarios 'one': {row.id} needs rows, and the scenario has none. Give it rows ="),
        (
            ONE.replace("{row.id}", "") + 'rows = "ids.csv"\n',
            "scenarios 'one', rows: no request uses one. Write {row.column} where",
        ),
        (
            ONE.replace("row.id", "row.i d").replace("GET /", "GET /x") + 'rows = "ids.csv"\n',
            "scenarios 'one', request: a space in the path is written %20",
        ),
        (
            ONE.replace("{row.id}", "") + 'body = "{row.i d}"\nrows = "ids.csv"\n',
            "scenarios 'one': {row.i d} names no column. In a gap,",
        ),
        (
            ONE.replace("row.id", "row.ids") + 'rows = "ids.csv"\n',
            "scenarios 'one', rows: 'ids.csv', line 1: no column 'ids'; did you mean 'id'?",
        ),
        (
            ONE + "rows = { from = 1, to = 2 }\n",
            "scenarios 'one', rows: numbers from 1 to 2 have no column 'id'; ",
        ),
        (ONE + 'rows = "none.csv"\n', "scenarios 'one', rows: 'none.csv' is not a file."),
        (ONE + 'rows = "."\n', "scenarios 'one', rows: '.' is not a file."),
        (ONE + 'rows = "pipe.csv"\n', "scenarios 'one', rows: 'pipe.csv' is not a file."),
        (ONE + 'rows = "../x.csv"\n', "scenarios 'one', rows: '../x.csv' is not in the folder"),
        (ONE + 'rows = "/etc/passwd"\n', "scenarios 'one', rows: '/etc/passwd' is not in the"),
        (ONE + 'rows = "loop.csv"\n', "scenarios 'one', rows: 'loop.csv' "),
        (
            ONE.replace("row.id", "rows.id") + 'rows = "ids.csv"\n',
            "scenarios 'one', rows: no request uses one.",
        ),
        (
            TAKEN,
            "scenarios 's', take: {unique} has a meaning already. Rename it.",
        ),
    ],
)
def test_what_cannot_work_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    """A pipe or a device would be waited for; a file elsewhere may be somebody else's."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")

    assert fault_in(tmp_path, text).startswith(expected)


@pytest.mark.parametrize(
    ("shared", "where"),
    [
        ('[target]\nheaders = { X-Id = "{row.id}" }\n', "target.headers.X-Id"),
        ('[variants.after]\nheaders = { X-Id = "{row.id}" }\n', "variants.after.headers.X-Id"),
        ('[variants.after]\nquery = { id = "{row.id}" }\n', "variants.after.query.id"),
    ],
)
def test_what_all_scenarios_share_has_no_row(tmp_path: Path, shared: str, where: str) -> None:
    """It would be sent as it stands, or with another scenario's row."""
    section = shared.splitlines()[0]
    head = HEAD.replace(f"{section}\n", shared)
    line = fault_in(tmp_path, ONE + 'rows = "ids.csv"\n', head)

    assert line.startswith(f"{where}: {{row.id}} belongs to a scenario. Put it into")
    line = fault_in(tmp_path, ONE + 'rows = "ids.csv"\n', head.replace("{row.id}", "{token}"))
    assert line.startswith(f"{where}: {{token}} belongs to a scenario. Put it into")


@pytest.mark.parametrize(
    ("stated", "key"), [('json = { "/{row.id}" = 1 }', "json"), ("ignore = '{row.id}'", "ignore")]
)
def test_what_is_not_filled_in_has_no_gap(tmp_path: Path, stated: str, key: str) -> None:
    """It would be taken literally, and match nothing."""
    line = fault_in(tmp_path, f'{ONE}rows = "ids.csv"\n{stated}\n')

    assert f", {key}: '" in line
    assert "a gap such as 'id' is filled in values, not here" in line


def test_workers_elsewhere_have_no_file(tmp_path: Path) -> None:
    """Processes of this machine read it; numbers need none."""
    plan = planned(tmp_path, ONE + 'rows = "ids.csv"\n')
    numbers = planned(tmp_path, ONE.replace("row.id", "row.n") + "rows = { from = 1, to = 2 }\n")

    with pytest.raises(ConfigError, match="'one', rows: workers on other machines cannot read"):
        plan.under_load(LoadWorkers(remote=2))
    assert plan.under_load(LoadWorkers(processes=2)).workers
    assert numbers.under_load(LoadWorkers(remote=2)).workers


def test_a_file_that_changes_after_planning_is_refused(tmp_path: Path) -> None:
    """Its rows were not checked."""
    found = draws(tmp_path, ONE + 'rows = "ids.csv"\n')
    (tmp_path / "ids.csv").write_text("id,token\n1,a\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"ids.csv: changed after it was checked"):
        open_rows(found)
    open_rows(None)
    open_rows(Draws(frozenset({"row.n"}), Rows("random", 3)))
