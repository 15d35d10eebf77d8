"""Reading a folder within bounds, whatever it holds."""

import os
from pathlib import Path

import pytest

from loadtests.discovery import files
from loadtests.discovery.files import Folder
from loadtests.discovery.tests.projects import folder


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    """A file of 100 MB costs no memory, and a note names it."""
    with (tmp_path / "package.json").open("wb") as file:
        file.truncate(100_000_000)
    read = Folder(tmp_path)

    assert {} == read.read_table("package.json")
    assert ["package.json is too large to be read."] == read.bounds.notes


def test_all_files_together_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand files below the bound are not read either."""
    monkeypatch.setattr(files.Bounds, "__init__", lambda self: setattr(self, "bytes_left", 5))
    read = folder(tmp_path, {"a": "123", "b": "456"})
    read.bounds.notes = []

    assert "123" == read.read("a")
    assert read.read("b") is None


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    """A link may lead out of the folder, and a pipe would wait for its writer."""
    (tmp_path / "Dockerfile").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "Procfile")
    (tmp_path / "elsewhere").symlink_to("/")
    read = Folder(tmp_path)

    for name in ("Dockerfile", "Procfile"):
        assert not read.has(name)
        assert read.read(name) is None
    assert [] == read.children()


def test_a_name_that_a_shell_or_a_terminal_could_take_for_more_is_left_out(tmp_path: Path) -> None:
    """Such a name can be neither copied into a command nor printed."""
    for name in ("a;$(touch x).py", "b c.py", "\x1b[31m.py", "-rf.py", "good.py"):
        (tmp_path / name).touch()
    (tmp_path / 'odd"\x1b').mkdir()

    assert ["good.py"] == Folder(tmp_path).sources(".py")
    assert [] == Folder(tmp_path).children()


def test_sources_lie_here_and_one_level_below(tmp_path: Path) -> None:
    """`src` is no level of its own; tests, packages and deeper folders are left out."""
    names = ("a.py", "app/b.py", "src/c.py", "src/shop/d.py", "src/shop/deep/e.py", "app/x/f.py")
    others = ("tests/g.py", "test_h.py", "node_modules/i.py", ".venv/j.py", "venv/k.py")
    read = folder(tmp_path, dict.fromkeys((*names, *others), ""))

    assert ["a.py", "app/b.py", "src/c.py", "src/shop/d.py"] == read.sources(".py")


def test_only_so_many_sources_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note says that there are more."""
    monkeypatch.setattr(files, "SOURCES_MAX", 2)
    read = folder(tmp_path, dict.fromkeys(("a.py", "b.py", "c.py"), ""))

    assert ["a.py", "b.py"] == read.sources(".py")
    assert 1 == len(read.bounds.notes)


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", "[" * 100_000), ("a.json", "{"), ("a.toml", "= ="), ("a.json", "[1]")],
)
def test_what_cannot_be_parsed_is_empty(name: str, text: str, tmp_path: Path) -> None:
    """Neither broken nor deeply nested files end the command."""
    assert {} == folder(tmp_path, {name: text}).read_table(name)


def test_a_folder_below_names_its_files_from_above(tmp_path: Path) -> None:
    """As a person in the first folder types them; both share one bound."""
    top = folder(tmp_path, {"backend/main.py": ""})
    (below,) = top.children()

    assert "backend/main.py" == below.shown("main.py")
    assert below.bounds is top.bounds


def test_a_missing_folder_is_empty(tmp_path: Path) -> None:
    """It may vanish while it is read."""
    assert [] == Folder(tmp_path / "gone").files()
