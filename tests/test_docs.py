"""The documentation is whole and true: links, tables, terms, paths, commands, options, keys."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer

from contract.metrics import METRICS
from contract.run.reading import read_run
from loadtests.planning.plan import load_plan
from loadtests.tests.repositories import new_repository
from versus import app, main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
INDEX = DOCS / "README.md"
COMMANDS = DOCS / "commands.md"
CONFIGURATION = DOCS / "configuration.md"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(ROOT / "examples").glob("*.md")],
)
README_LINES_MAX = 120

LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
ROOMS = (
    "commands|service|loadtests|reports|contract|benchmarks|calibration|examples|docs|locks|tests"
)
PATH_LITERAL = re.compile(rf"`((?:{ROOMS})/[\w./-]*\w)`")
NAMED_DOC = re.compile(r"docs/[\w-]+\.(?:md|json|png|svg)")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@cache
def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[str]:
    """The blocks of code of a page."""
    return FENCE.findall(page.read_text(encoding="utf-8"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return frozenset(
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    )


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """File and anchor of each link that stays within the repository."""
    for target in LINK.findall(prose(page)):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def tables(page: Path) -> Iterator[list[str]]:
    """The tables of a page, each as its lines; an empty line ends one."""
    for paragraph in prose(page).split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line.startswith("|")]
        if lines:
            yield lines


def cells(row: str) -> int:
    """How many cells a table's row has."""
    return len(re.split(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", row).strip().strip("|")))


def tracked() -> list[str]:
    """Every file that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


@every_page
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    """A relative link names a file that exists, and its anchor a heading of that file."""
    for path, anchor in links(page):
        assert path.exists(), path
        if anchor:
            assert anchor in anchors(path), f"{path.name}#{anchor}"


@every_page
def test_every_table_is_whole(page: Path) -> None:
    """A table starts with a header and its line, and every row has as many cells."""
    for header, *rest in tables(page):
        assert rest, f"{header}: a row without a header"
        assert re.fullmatch(r"[|:\- ]+", rest[0]), f"{header}: a row without a header"
        for row in rest:
            assert cells(header) == cells(row), row


@every_page
def test_every_path_in_prose_exists(page: Path) -> None:
    """A path of a room that stands in a page exists."""
    for path in PATH_LITERAL.findall(prose(page)):
        assert (ROOT / path).exists(), path


def test_every_class_of_the_architecture_exists() -> None:
    """Each class that docs/architecture.md names is defined in the code."""
    code = "\n".join(
        (ROOT / name).read_text(encoding="utf-8") for name in tracked() if name.endswith(".py")
    )
    named = re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", prose(DOCS / "architecture.md"))

    assert {"Observation", "Paired", "Effect", "Page"} <= set(named)
    for name in named:
        assert re.search(rf"^class {name}\b", code, re.MULTILINE), name


def test_every_page_that_code_names_exists() -> None:
    """A page of docs/ that code, comments or settings mention exists."""
    for name in tracked():
        if name.endswith((".py", ".toml", ".yml", ".j2", ".sh", "Makefile")):
            for page in NAMED_DOC.findall((ROOT / name).read_text(encoding="utf-8")):
                assert (ROOT / page).exists(), f"{name}: {page}"


def test_every_page_is_reachable_from_the_index() -> None:
    """docs/README.md links every page but README.md and itself, and links each once."""
    linked = [path for path, _ in links(INDEX) if path.suffix == ".md"]

    assert [page for page in PAGES if page not in {INDEX, ROOT / "README.md"}] == sorted(linked)


def test_every_glossary_term_is_unique() -> None:
    """No term of the glossary has two meanings."""
    rows = [row for _, _, *body in tables(DOCS / "glossary.md") for row in body]
    terms = [term.strip() for row in rows for term in row.split("|")[1].split(",")]

    assert sorted(set(terms)) == sorted(terms)


DIALECT = re.compile(
    r"\b(told|whoever|cannot speak|(?:hold|held) against|one another)\b", re.IGNORECASE
)


@every_page
def test_every_page_uses_standard_words(page: Path) -> None:
    """No page falls back into the words that CONTRIBUTING.md replaces."""
    if page.name != "CONTRIBUTING.md":
        assert [] == DIALECT.findall(prose(page))


def test_the_readme_is_short() -> None:
    """README.md has at most 120 lines; figures and details are in docs/."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES_MAX


def test_every_entry_of_the_root_has_a_reason_in_the_readme() -> None:
    """The map of the house names each file and folder of the root, and nothing else."""
    entries = {name.split("/")[0] for name in tracked()}
    house = prose(ROOT / "README.md").split("## Map of the house")[1].split("\n## ")[0]
    mapped = [name.rstrip("/") for name in re.findall(r"^\| \[([^\]]+)\]", house, re.MULTILINE)]

    assert sorted(entries) == sorted(mapped)


def test_every_command_and_option_is_documented() -> None:
    """docs/commands.md names each command, and each option beside that command."""
    page = prose(COMMANDS)
    command = typer.main.get_command(app)
    for name, part in command.commands.items():  # type: ignore[attr-defined] # a group has them
        assert f"`versus {name}`" in page, name
        for parameter in part.params:
            option = max(parameter.opts, key=len)
            if option.startswith("--") and option != "--help":
                rows = re.findall(rf"^\|.*`{option}`.*$", page, re.MULTILINE)
                assert any(re.search(rf"\b{name}\b", row) for row in rows), f"{name} {option}"


def test_every_target_and_variable_is_documented() -> None:
    """docs/commands.md names each target of the Makefile and each variable that it reads."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    variables = re.findall(r"--[a-z]+ \"\$\(([A-Z_]+)\)\"", makefile)

    assert {"bench", "gate", "test"} <= set(targets)
    for target in {*targets} - {"help"}:
        assert f"`make {target}`" in prose(COMMANDS), target
    assert {"CONFIG", "SEED"} <= set(variables)
    for variable in variables:
        assert f"| `{variable}` |" in prose(COMMANDS), variable


def test_every_metric_is_documented() -> None:
    """docs/configuration.md names each metric of the table."""
    for metric in METRICS:
        assert f"`{metric.name}`" in section(CONFIGURATION, "## Metrics"), metric.name


def test_every_margin_and_unit_is_documented() -> None:
    """The tables of margins and of paired units hold what the list of metrics says."""
    margins = section(CONFIGURATION, "## `[margins]`")
    units = section(DOCS / "method.md", "## The unit is the round, never the request")
    for metric in METRICS:
        if metric.margin is not None:
            assert f"| `{metric.name}` | {metric.margin:g} |" in margins
            (row,) = re.findall(rf"^\|.*`{metric.name}`.*$", units, re.MULTILINE)
            assert row.endswith(f"| {metric.rounds_per_stretch} |"), row


def section(page: Path, heading: str) -> str:
    """What stands below a heading, up to the next one of the same or a higher level."""
    mark = heading.split(" ", maxsplit=1)[0]
    text = prose(page).split(f"\n{heading}\n")[1]
    return re.split(rf"^#{{1,{len(mark)}}} ", text, flags=re.MULTILINE)[0]


SECTIONS = {
    "TargetConfig": "## `[target]`",
    "VariantConfig": "## `[variants.NAME]`",
    "SuiteVariantConfig": "## `[suite_variants.NAME]`",
    "SetupConfig": "## `[[setup]]`",
    "ScenarioConfig": "## `[[scenarios]]`",
    "RequestConfig": "## `[[scenarios]]`",
    "PartConfig": "### Parts of a `form`",
    "RowsConfig": "### Rows of a scenario",
    "PageConfig": "## `[[pages]]`",
    "ProfileConfig": "## `[profiles.NAME]`",
    "LoadConfig": "## `[load]`",
    "RevisionsConfig": "## `[revisions]`",
    "Budget": "## `[[budgets]]`",
    "Accepted": "## `[[accepted]]`",
    "Claim": "## `[[claims]]`",
    "Interaction": "## `[[interactions]]`",
}
"""Where docs/configuration.md explains the keys of each table of versus.toml."""


def test_every_table_of_the_schema_has_a_section() -> None:
    """docs/configuration.md explains each table that versus.toml may hold."""
    schema = json.loads((DOCS / "versus.schema.json").read_text(encoding="utf-8"))

    assert sorted(SECTIONS) == sorted(schema["$defs"])
    for key in schema["properties"]:
        assert re.search(rf"^## `\[+{key}[\].]", prose(CONFIGURATION), re.MULTILINE), key


@pytest.mark.parametrize("table", SECTIONS)
def test_every_configuration_key_is_documented(table: str) -> None:
    """docs/configuration.md explains each key in the section of its table."""
    schema = json.loads((DOCS / "versus.schema.json").read_text(encoding="utf-8"))
    for key in schema["$defs"][table]["properties"]:
        assert f"`{key}`" in section(CONFIGURATION, SECTIONS[table]), key


@every_page
def test_every_make_command_in_a_page_works(page: Path) -> None:
    """A page mentions targets that the Makefile has and variables that it reads."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    inline = re.findall(r"`(make [^`]+)`", prose(page))
    typed = re.findall(r"^make .*$", "\n".join(blocks(page)), re.MULTILINE)
    for command in (*inline, *typed):
        target, *options = command.split("#")[0].split()[1:]
        assert f"\n{target}:" in makefile, command
        for option in options:
            variable, is_option, _ = option.partition("=")
            if is_option and variable.isupper():
                assert f"$({variable})" in makefile, command


def readme_configuration() -> str:
    """The example for a service of one's own, as it stands in README.md."""
    (block,) = [block for block in blocks(ROOT / "README.md") if block.startswith("```toml")]
    return block.removeprefix("```toml\n").removesuffix("```")


def test_the_readme_shows_a_configuration_of_twelve_lines() -> None:
    """The example is short enough to copy by hand."""
    assert len(readme_configuration().splitlines()) <= 12


@pytest.mark.parametrize(
    ("page", "variants"), [("README.md", ("before", "after")), ("docs/tutorial.md", ("head",))]
)
def test_the_pages_of_a_start_show_valid_configurations(
    page: str, variants: tuple[str, ...], tmp_path: Path
) -> None:
    """Each complete configuration is a plan; what `build` makes need not be there."""
    shown = [block for block in blocks(ROOT / page) if block.startswith("```toml")]
    for number, block in enumerate(shown):
        path = tmp_path / f"{number}.toml"
        path.write_text(block.removeprefix("```toml\n").removesuffix("```"), encoding="utf-8")

        assert variants == load_plan(path, seed=1, of_revisions=True).variants
    assert shown


@pytest.mark.parametrize("option", ["--openapi", "--access-log"])
def test_the_examples_of_what_exists_become_what_is_shown(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/own-service.md shows a source, and the scenarios that `versus init` makes of it."""
    page = (DOCS / "own-service.md").read_text(encoding="utf-8")
    part = page.split("## Scenarios from what exists\n")[1].split("\n## ")[0]
    sources = [block.split("\n", 1)[1][:-3] for block in FENCE.findall(part)[1:]]
    description, described, log, logged = sources
    source, scenarios = {
        "--openapi": (description, described),
        "--access-log": (log, logged),
    }[option]
    (tmp_path / "source").write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert 0 == main(["init", option, "source"])
    assert f"\n\n{scenarios}\n# Two settings" in (tmp_path / "versus.toml").read_text("utf-8")


@pytest.mark.slow
def test_the_readme_example_measures_and_passes_its_gate(tmp_path: Path) -> None:
    """A reader who copies the example gets a valid run, and its budget is kept."""
    repository = new_repository(tmp_path / "mine")
    shutil.copytree(ROOT / "examples" / "shop", repository.folder / "examples" / "shop")
    config = repository.folder / "mine.toml"
    short = "\n[profiles.default]\nmeasure_s = 4\n[profiles.quick]\nmeasure_s = 7\npairs = [14]\n"
    config.write_text(readme_configuration() + short)
    repository.commit("The example")
    runs = tmp_path / "runs"

    assert 0 == main(["bench", "--config", str(config), "--runs", str(runs)])
    assert 0 == main(["gate", "--run", str(runs / "latest")])
    assert (runs / "latest" / "report.html").exists()
    # The same file in a repository; what two starts of one commit differ by may stay undecided.
    options = ("--config", str(config), "--runs", str(runs))
    assert main(["gate", "--base", "main", *options]) in {0, 3}
    assert "restarts" == read_run(runs / "latest").record.design
