"""Places outside of the revisions from which both may take code."""

import os
from pathlib import Path

import pytest

from loadtests.revisions.shared import shared_places, states


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An environment of Python, with a program that links into it."""
    for name in ("bin", "lib/python3.11/site-packages", "lib/node_modules"):
        (tmp_path / "env" / name).mkdir(parents=True)
    (tmp_path / "env/bin/gunicorn").touch(0o755)
    return tmp_path / "env"


@pytest.mark.parametrize(
    "command",
    [
        ["{prefix}/bin/gunicorn", "app"],
        ["gunicorn", "app"],
        ["sh", "-c", "cd /; exec '{prefix}/bin/gunicorn' app"],
    ],
)
def test_a_programs_environment_is_found(prefix: Path, command: list[str]) -> None:
    """By its path, by PATH, and within a shell's word."""
    words = [word.replace("{prefix}", str(prefix)) for word in command]
    found = shared_places(words, {"PATH": f"{prefix}/bin:{os.environ['PATH']}"})

    assert {prefix / "lib/python3.11/site-packages", prefix / "lib/node_modules"} <= set(found)


def test_lists_and_mapped_libraries_lead_to_more(prefix: Path, tmp_path: Path) -> None:
    """What does not exist is left out."""
    (tmp_path / "more").mkdir()
    library = prefix / "lib/python3.11/site-packages/x/y.so"
    environment = {"PYTHONPATH": f"{tmp_path}/more:{tmp_path}/missing:", "PATH": ""}

    assert [prefix / "lib/python3.11/site-packages", tmp_path / "more"] == shared_places(
        ["none"], environment, [library]
    )


def test_editable_installs_lead_to_where_the_code_is(prefix: Path, tmp_path: Path) -> None:
    """By a path file, and by a finder's mapping of a package to its folder."""
    packages = prefix / "lib/python3.11/site-packages"
    for name in ("one/src", "two/src/acme"):
        (tmp_path / name).mkdir(parents=True)
    (packages / "one.pth").write_text(f"import x\n{tmp_path}/one/src\n", encoding="utf-8")
    text = f"MAPPING = {{'acme': '{tmp_path}/two/src/acme'}}\n"
    (packages / "__editable___two_finder.py").write_text(text, encoding="utf-8")
    found = shared_places([f"{prefix}/bin/gunicorn"], {})

    assert {tmp_path / "one/src", tmp_path / "two/src", tmp_path / "two/src/acme"} <= set(found)


def test_what_is_installed_or_overwritten_shows(prefix: Path) -> None:
    """A new package, and a file that the command names; bytecode is nothing new."""
    packages, program = prefix / "lib/python3.11/site-packages", prefix / "bin/gunicorn"
    os.utime(program, ns=(1, 1))
    before = states([packages, prefix / "bin"], [str(program)], {})
    (packages / "__pycache__").mkdir()
    assert before == states([packages, prefix / "bin"], [str(program)], {})

    (packages / "acme-1.dist-info").mkdir()
    program.write_text("new", encoding="utf-8")
    after = states([packages, prefix / "bin"], [str(program)], {})

    assert {packages / "acme-1.dist-info", program} == {
        path for path, changed_ns in after.items() if before.get(path) != changed_ns
    }
