"""What opened files prove, without a server."""

from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.revisions.proof import (
    Trees,
    evidence_of,
    files_that_differ,
    foreign_opened,
    foreign_programs,
)
from loadtests.revisions.worktrees import checked_out
from loadtests.tests.repositories import Repository

CHANGED = Path("src/acme/web.py")


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    """Of a base, with an environment beside the repository."""
    for name in ("base", "head", "top"):
        (tmp_path / name / CHANGED).parent.mkdir(parents=True)
        (tmp_path / name / CHANGED).write_text(f"{name}\n", encoding="utf-8")
    (tmp_path / "shared").mkdir()
    return Trees(
        own=tmp_path / "base",
        other=tmp_path / "head",
        top=tmp_path / "top",
        changed=(CHANGED,),
        linked=(Path("vendor"),),
        shared=(tmp_path / "shared",),
    )


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_what_the_build_made_must_differ_but_for_its_own_path(trees: Trees) -> None:
    """Scripts hold the path of their environment, and logs are written by servers."""
    script = put(trees.own / ".venv/bin/run", f"#!{trees.own}/.venv/bin/python\n")
    put(trees.other / ".venv/bin/run", f"#!{trees.other}/.venv/bin/python\n")
    linked = put(trees.own / "vendor/x", "1")
    assert "" == evidence_of(trees, {script, linked}).kind

    put(trees.other / ".venv/bin/run", "other\n")
    assert ("made", ".venv/bin/run") == (
        evidence_of(trees, {script}).kind,
        evidence_of(trees, {script}).name,
    )
    object.__setattr__(trees, "built_at_ns", 0)
    assert "" == evidence_of(trees, {script}).kind


@pytest.mark.parametrize(
    ("where", "owner"),
    [
        ("head/src/acme/web.py", "the other revision's"),
        ("top/src/acme/web.py", "the working tree's"),
        ("shared/acme/web.py", "installed where both revisions find it"),
        ("shared/acme/__pycache__/web.cpython-311.pyc", "installed where both revisions find it"),
    ],
)
def test_a_copy_elsewhere_is_foreign_until_the_own_file_is_opened(
    trees: Trees, where: str, owner: str
) -> None:
    """Compiled or not."""
    put(trees.own.parent / "shared/acme/web.py", "base\nolder\n")
    elsewhere = trees.own.parent / where

    assert [owner] == [one.owner for one in foreign_opened(trees, {elsewhere})]
    assert [] == [*foreign_opened(trees, {elsewhere, trees.own / CHANGED})]


def test_a_file_of_one_name_is_a_copy_only_with_our_words(trees: Trees) -> None:
    """Many packages have a `web.py`."""
    copy = put(trees.shared[0] / "web.py", "another program\n")
    assert [] == [*foreign_opened(trees, {copy})]

    copy.write_text("head\n", encoding="utf-8")
    assert [copy] == [one.file for one in foreign_opened(replace(trees), {copy})]


def test_libraries_of_the_other_side_and_of_the_working_tree_are_foreign(trees: Trees) -> None:
    """Those of an environment are packages, and what is linked is shared on purpose."""
    put(trees.top / "env/pyvenv.cfg", "")
    programs = [
        trees.own / "x.so",
        trees.other / "x.so",
        trees.top / "src/x.so",
        trees.top / "env/lib/x.so",
        trees.top / "node_modules/a/x.node",
        trees.top / "vendor/x.so",
        Path("/usr/lib/x.so"),
    ]

    assert [trees.other / "x.so", trees.top / "src/x.so"] == [
        one.file for one in foreign_programs(trees, programs)
    ]


def test_files_that_differ_are_those_of_the_two_commits(shop: Repository) -> None:
    """Moved files are two, and names are as they are."""
    shop.commit("three", {"ä b\nc": "1", "shop/strange.py": "2"})
    change = shop.change()
    with checked_out(change, print) as checkout:
        found = files_that_differ(change, checkout.worktrees, 10)

        assert [Path("shop/strange.py"), Path("ä b\nc")] == found
        assert 1 == len(files_that_differ(change, checkout.worktrees, 1))
