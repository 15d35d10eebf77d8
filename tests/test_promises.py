"""Every promise of docs/promises.md is kept by tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"
NODE = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def promises() -> dict[str, list[tuple[str, str]]]:
    """The file and function of each test, by the promise that it keeps."""
    text = PAGE.read_text(encoding="utf-8")
    rows = [
        line.strip("|").split(" | ")
        for table in text.split("| promise | tests |\n|---|---|\n")[1:]
        for line in table.split("\n\n")[0].splitlines()
    ]
    return {row[0].strip(): NODE.findall(row[1]) for row in rows}


@cache
def functions_of(path: Path) -> frozenset[str]:
    """The names of a file's test functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("promise", promises())
def test_a_promise_is_kept_by_tests_that_exist(promise: str) -> None:
    """A promise names at least one test, and each that it names is there."""
    named = promises()[promise]

    assert named
    for file, name in named:
        assert (ROOT / file).is_file(), file
        assert name in functions_of(ROOT / file), f"{file}::{name}"


def test_every_row_is_read() -> None:
    """No promise hides behind a table that is written in another way."""
    rows = re.findall(r"^\| [A-Z].*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(rows) == len(promises())
