"""`versus init` as a whole: what it writes, and what it never overwrites."""

import io
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.errors import ConfigError
from loadtests.discovery.existing import NOTHING, Existing
from loadtests.discovery.init import init
from loadtests.discovery.tests.projects import ALL, FASTAPI, FLASK, new_project
from loadtests.discovery.tests.test_access_log import get
from loadtests.discovery.tests.test_descriptions import answering, serving
from loadtests.discovery.tests.test_har import RECORDED
from loadtests.planning.plan import load_plan

WORKFLOW = ".github/workflows/versus.yml"


def run(
    root: Path, ci: str = "", url: str = "", existing: Existing = NOTHING, *, force: bool = False
) -> str:
    out = io.StringIO()
    assert init(root, ci, url, out, existing, force=force)
    return out.getvalue()


def refused(root: Path, ci: str = "", url: str = "", existing: Existing = NOTHING) -> str:
    with pytest.raises(ConfigError) as caught:
        run(root, ci, url, existing)
    assert 1 == len(str(caught.value).splitlines())
    return str(caught.value)


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ALL)
def test_only_the_configuration_is_new(name: str, tmp_path: Path) -> None:
    """No other file is made or changed, and nothing of the project runs."""
    new_project(tmp_path, ALL[name])
    run(tmp_path)

    assert sorted([*ALL[name], "versus.toml"]) == files(tmp_path)
    assert {"target", "scenarios"} <= set(tomllib.loads((tmp_path / "versus.toml").read_text()))
    for path, text in ALL[name].items():
        assert text == (tmp_path / path).read_text(encoding="utf-8")


def test_an_existing_configuration_is_kept(tmp_path: Path) -> None:
    """Unless the person says that it may go."""
    (tmp_path / "versus.toml").write_text("mine")

    assert "versus.toml exists already and is kept. Pass --force" in refused(tmp_path)
    assert "mine" == (tmp_path / "versus.toml").read_text()
    run(tmp_path, force=True)
    assert "mine" != (tmp_path / "versus.toml").read_text()


def test_a_link_is_neither_followed_nor_overwritten(tmp_path: Path) -> None:
    """With --force the link itself is replaced, not what it leads to."""
    victim = tmp_path / "victim"
    root = new_project(tmp_path / "project", FLASK)
    (root / "versus.toml").symlink_to(victim)

    assert "exists already" in refused(root)
    assert not victim.exists()
    run(root, force=True)
    assert not victim.exists()
    assert not (root / "versus.toml").is_symlink()


def test_a_workflow_is_written_beside_the_configuration(tmp_path: Path) -> None:
    """Both are named in the next commands."""
    new_project(tmp_path, {**FASTAPI, ".git/HEAD": ""})
    text = run(tmp_path, "github")

    assert f"git add versus.toml {WORKFLOW}" in text
    assert "VERSUS_SOURCE" in text
    assert "gate" in yaml.safe_load((tmp_path / WORKFLOW).read_text())["jobs"]


def test_a_job_can_be_added_later(tmp_path: Path) -> None:
    """The configuration is kept as the person has left it."""
    new_project(tmp_path, {".git/HEAD": "", "versus.toml": "mine"})
    text = run(tmp_path, "gitlab")

    assert "kept versus.toml" in text
    assert "mine" == (tmp_path / "versus.toml").read_text()
    assert (tmp_path / ".gitlab" / "versus.yml").exists()


def test_an_existing_workflow_is_kept(tmp_path: Path) -> None:
    """And then nothing at all is written."""
    new_project(tmp_path, {".git/HEAD": "", WORKFLOW: "mine"})

    assert f"{WORKFLOW} exists already and is kept" in refused(tmp_path, "github")
    assert "mine" == (tmp_path / WORKFLOW).read_text()
    assert not (tmp_path / "versus.toml").exists()


def test_a_workflow_counts_only_in_the_top_folder(tmp_path: Path) -> None:
    """Below it, nobody would read it."""
    assert "top folder" in refused(new_project(tmp_path, FLASK), "github")
    assert "Valid: github, gitlab." in refused(tmp_path, "jenkins")


def test_a_folder_that_leads_elsewhere_is_not_written_into(tmp_path: Path) -> None:
    """A link in a foreign repository could name any folder."""
    root = new_project(tmp_path / "project", {".git/HEAD": ""})
    (tmp_path / "elsewhere").mkdir()
    (root / ".github").symlink_to(tmp_path / "elsewhere")

    assert "leads out of this folder" in refused(root, "github")
    assert [] == [*(tmp_path / "elsewhere").iterdir()]
    assert not (root / "versus.toml").exists()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A file stands where the workflow's folder should be."""
    new_project(tmp_path, {".git/HEAD": "", ".github": ""})

    assert "cannot be written" in refused(tmp_path, "github")


def test_a_running_server_says_what_to_request(tmp_path: Path) -> None:
    """Its description counts more than the code."""
    body = b'{"paths": {"/described": {"get": {"responses": {"200": {}}}}}}'
    new_project(tmp_path, FASTAPI)
    with serving(answering(body)) as url:
        run(tmp_path, url=url)
    content = tomllib.loads((tmp_path / "versus.toml").read_text())

    assert [{"request": "GET /described"}] == content["scenarios"]
    assert "/health" == content["target"]["ready"]


def test_a_server_that_nothing_starts_is_measured_where_it_is(tmp_path: Path) -> None:
    """And a server without a description is no error."""
    with serving(answering(b"", 404)) as url:
        text = run(tmp_path, url=f"{url}/")
        content = tomllib.loads((tmp_path / "versus.toml").read_text())

    assert {"url": url} == content["target"]
    assert "describes no GET request" in text


def test_without_an_answer_nothing_is_written(tmp_path: Path) -> None:
    """The command can be repeated as it is."""
    with serving(answering(b"")) as url:
        pass

    assert "no answer" in refused(tmp_path, url=url)
    assert [] == files(tmp_path)


def test_a_hostile_folder_is_looked_at_and_left(tmp_path: Path) -> None:
    """Nothing odd is printed, and nothing is run."""
    for name in ("a;$(touch ran).py", "\x1b[31m.py", "requirements\x1b.txt"):
        (tmp_path / name).write_text("app = FastAPI()")
    new_project(tmp_path, {"Procfile": "web: \x1b]0;x\x07 `touch ran`\n", "setup.py": "1/0"})
    text = run(tmp_path)

    assert text.replace("\n", "").isprintable()
    assert not (tmp_path / "ran").exists()
    assert "\x1b" not in (tmp_path / "versus.toml").read_text()


def test_an_access_log_says_what_to_request(tmp_path: Path) -> None:
    """Its rows are a file beside the configuration, which is committed too."""
    new_project(tmp_path / "project", FASTAPI)
    log = tmp_path / "access.log"
    log.write_text(get("/items/1") + get("/items/2"))
    text = run(tmp_path / "project", existing=Existing(access_log=str(log)))
    content = tomllib.loads((tmp_path / "project" / "versus.toml").read_text())
    rows = "versus-rows/get_items_id.csv"

    assert [
        {
            "name": "get_items_id",
            "request": "GET /items/{row.id}",
            "rows": rows,
            "weight": 100,
        }
    ] == content["scenarios"]
    assert "uvicorn" in content["target"]["command"][0]
    assert "id\n1\n2\n" == (tmp_path / "project" / rows).read_text()
    assert "request  GET /items/{row.id}  (access.log)" in text
    assert "git add versus.toml versus-rows && git commit" in text


def test_what_exists_may_hold_comments_alone(tmp_path: Path) -> None:
    """The code's own routes are measured then."""
    new_project(tmp_path, FASTAPI)
    described: dict[str, Any] = {"paths": {"/orders": {"post": {"responses": {"200": {}}}}}}
    (tmp_path / "api.json").write_text(json.dumps(described))
    run(tmp_path, existing=Existing(openapi=str(tmp_path / "api.json")))
    text = (tmp_path / "versus.toml").read_text()

    assert '# request = "POST /orders"' in text
    assert "GET /api/items" in str(tomllib.loads(text)["scenarios"])


def test_existing_rows_are_kept(tmp_path: Path) -> None:
    """Then nothing at all is written; a link out of the folder is not followed."""
    log = tmp_path / "access.log"
    log.write_text(get("/items/1") + get("/items/2"))
    root = new_project(tmp_path / "project", {"versus-rows/get_items_id.csv": "mine"})
    existing = Existing(access_log=str(log))

    assert "get_items_id.csv exists already and is kept" in refused(root, existing=existing)
    assert not (root / "versus.toml").exists()
    run(root, existing=existing, force=True)
    assert "id\n1\n2\n" == (root / "versus-rows" / "get_items_id.csv").read_text()

    other = new_project(tmp_path / "other", {})
    (other / "versus-rows").symlink_to(tmp_path)
    assert "leads out of this folder" in refused(other, existing=existing)
    assert not (other / "versus.toml").exists()


def test_a_kept_configuration_takes_no_scenarios(tmp_path: Path) -> None:
    """A job can be added to it, but nothing else."""
    new_project(tmp_path, {".git/HEAD": "", "versus.toml": "mine"})

    assert "versus.toml exists already and is kept" in refused(
        tmp_path, "github", existing=Existing(har=str(RECORDED))
    )
    assert "mine" == (tmp_path / "versus.toml").read_text()
    assert not (tmp_path / WORKFLOW).exists()


@pytest.mark.parametrize("name", ["openapi", "har", "access_log"])
def test_what_is_written_can_be_measured(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole file, and once the marks of its comments are removed, where no rows are missing."""
    for variable in ("COOKIE", "PASSWORD", "AUTHORIZATION", "API_KEY", "CSRF_TOKEN", "KEY"):
        monkeypatch.setenv(variable, "x")
    sources = {"openapi": tmp_path / "api.json", "har": RECORDED, "access_log": tmp_path / "log"}
    key = {"name": "key", "in": "query", "required": True}
    number = {"name": "id", "in": "path", "schema": {"type": "integer"}}
    ok: dict[str, Any] = {"responses": {"200": {}}}
    body = {"content": {"application/json": {"example": {"a": [1, {"b": "c"}]}}}}
    described = {
        "/items/{id}": {"parameters": [number], "get": ok, "delete": ok},
        "/items": {"get": ok, "post": {**ok, "requestBody": body}},
        "/key": {"get": {**ok, "parameters": [key]}},
    }
    sources["openapi"].write_text(json.dumps({"paths": described}))
    sources["access_log"].write_text(get("/i/1?q=a") + get("/i/2?q={b}", 2) + get("/x"))
    root = new_project(tmp_path / "project", {})
    run(root, existing=Existing(**{name: str(sources[name])}))
    path = root / "versus.toml"
    text = path.read_text(encoding="utf-8").partition("\n# Two settings")[0]
    marks = re.compile(r"^# (?=\[\[|[a-z]+ = |  \{|\]$)", re.MULTILINE)
    for scenarios in (text, marks.sub("", text)):
        content = f"{scenarios}\n[variants.a]\n[variants.b]\n"
        path.write_text(content, encoding="utf-8")
        plan = load_plan(path, seed=1)

        assert content.count("\n[[scenarios]]") == len(plan.scenarios)
