"""Each revision is given its own files, however a word names those of the working tree."""

from pathlib import Path

import pytest

from loadtests.revisions.own_paths import own_environment, own_word


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    """A working tree and a revision's worktree with the same files."""
    top, folder = tmp_path / "shop", tmp_path / "copies" / "head"
    for root in (top, folder):
        (root / "src").mkdir(parents=True)
        (root / "src" / "server.py").touch()
        (root / "my files").mkdir()
    (top / ".venv").mkdir()
    (tmp_path / "link").symlink_to(top)
    return top, folder


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("{top}/src/server.py", "{own}/src/server.py"),
        ("{top}", "{own}"),
        ("{top}/my files", "{own}/my files"),
        ("{top}/../shop/src", "{own}/src"),
        ("{base}/link/src/server.py", "{own}/src/server.py"),
        ("cd {top}; exec python3 src/server.py", "cd {own}; exec python3 src/server.py"),
        ("--app-dir={base}/link/src", "--app-dir={own}/src"),
        ("{top}/src:{top}/lib:/usr/lib", "{own}/src:{top}/lib:/usr/lib"),
        ("{top}/.venv/bin/python", "{top}/.venv/bin/python"),
        ("{top}er/src", "{top}er/src"),
        ("http://127.0.0.1{top}/src", "http://127.0.0.1{top}/src"),
        ("src/server.py", "src/server.py"),
        ("\0{top}", "\0{own}"),
    ],
)
def test_a_word_names_the_revisions_own_files(
    word: str, expected: str, trees: tuple[Path, Path]
) -> None:
    """What the revision lacks, and what lies elsewhere, stays as it is."""
    top, folder = trees
    names = {"top": top, "own": folder, "base": top.parent}

    assert expected.format(**names) == own_word(word.format(**names), top, folder)


def test_variables_that_were_set_before_are_rewritten(trees: tuple[Path, Path]) -> None:
    """Where programs look for code; other variables stay as they are."""
    top, folder = trees
    environment = {
        "PYTHONPATH": f"{top}/src",
        "NODE_PATH": "/usr/lib/node",
        "PATH": f"{top}/.venv/bin:/bin",
        "PWD": str(top),
    }

    assert {"PYTHONPATH": f"{folder}/src"} == own_environment(environment, top, folder)
