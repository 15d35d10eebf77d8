"""What is opened in a folder is seen, whoever opens it."""

import asyncio
from pathlib import Path

from loadtests.revisions.watching import folders_below, source_of, watching


def opened(folders: list[Path], *commands: list[str]) -> tuple[set[Path], bool]:
    async def seen() -> tuple[set[Path], bool]:
        with watching(folders) as watch:
            for command in commands:
                process = await asyncio.create_subprocess_exec(*command)
                await process.wait()
        return watch.opened, watch.complete

    return asyncio.run(seen())


def test_files_that_another_process_opens_are_seen(tmp_path: Path) -> None:
    """By their own path and through a link, but not those that are only looked at."""
    for name in ("a/one", "a/two", "a/three", "a/b/four"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x\n", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "a/two")
    found, complete = opened(
        [tmp_path / "a", tmp_path / "missing"],
        ["cat", str(tmp_path / "a/one"), str(tmp_path / "link"), str(tmp_path / "a/b/four")],
        ["stat", "-c", "%s", str(tmp_path / "a/three")],
    )

    assert ({tmp_path / "a/one", tmp_path / "a/two"}, True) == (found, complete)


def test_folders_are_walked_from_the_top_down(tmp_path: Path) -> None:
    """Links and git's own folder are left out; what comes first stays first."""
    for name in ("b/c", "a", ".git/objects"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "b")
    found = folders_below(tmp_path, [tmp_path / "b/c"])

    assert ["b/c", ".", "a", "b"] == [str(one.relative_to(tmp_path)) for one in found]


def test_what_python_compiled_stands_for_its_source() -> None:
    """A program that was compiled before opens no source."""
    assert Path("/p/web.py") == source_of(Path("/p/__pycache__/web.cpython-311.pyc"))
    assert Path("/p/web.pyc") == source_of(Path("/p/web.pyc"))


def test_a_folder_without_files_costs_nothing() -> None:
    """Nothing is watched."""
    assert (set(), True) == opened([], ["true"])
