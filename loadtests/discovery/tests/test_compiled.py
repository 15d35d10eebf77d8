"""Services in Go and Rust."""

from pathlib import Path

import pytest

from loadtests.discovery.compiled import guess_go, guess_rust
from loadtests.discovery.guess import Guess
from loadtests.discovery.tests.projects import GO, RUST, folder


def go(root: Path, files: dict[str, str]) -> Guess:
    guessed = guess_go(folder(root, files))
    assert guessed is not None
    return guessed


def rust(root: Path, files: dict[str, str]) -> Guess:
    guessed = guess_rust(folder(root, files))
    assert guessed is not None
    return guessed


def test_go_is_built_and_started_from_its_folder(tmp_path: Path) -> None:
    """Its routes are those of net/http and of routers like it."""
    guessed = go(tmp_path, GO)

    assert ("./server",) == guessed.command
    assert ("go", "build", "-o", "./server", ".") == guessed.build.command
    assert ["/hello", "/healthz"] == [route.path for route in guessed.routes]
    assert () == guessed.start_gaps


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('package main\nvar p = flag.Int("port", 80, "")', ("-port", "{port}")),
        ('package main\nvar p = flag.String("addr", ":80", "")', ("-addr", "127.0.0.1:{port}")),
        ('package main\nfunc f() { flag.StringVar(&a, "listen", "", "") }', ("-listen", None)),
        ("package main\n", ()),
    ],
)
def test_go_gets_its_port_by_a_flag(
    text: str, words: tuple[str | None, ...], tmp_path: Path
) -> None:
    """Or by PORT; a person is warned if the code reads neither."""
    guessed = go(tmp_path, {"go.mod": "", "main.go": text})

    assert tuple(word or "127.0.0.1:{port}" for word in words) == guessed.command[1:]
    assert (not words) == bool(guessed.start_gaps)


def test_a_go_program_below_cmd_is_built(tmp_path: Path) -> None:
    """The folder of packages is not the program's; a folder `server` keeps its name."""
    files = {"go.mod": "", "server/x.go": "package server\n", "cmd/api/main.go": "package main\n"}
    guessed = go(tmp_path, files)

    assert ("go", "build", "-o", "./versus-server", "./cmd/api") == guessed.build.command


def test_a_go_library_is_no_service(tmp_path: Path) -> None:
    """It has no main package."""
    assert guess_go(folder(tmp_path, {"go.mod": "", "x.go": "package x\n"})) is None


def test_rust_is_built_for_release(tmp_path: Path) -> None:
    """The program's name is the package's; the lock counts."""
    guessed = rust(tmp_path, RUST)

    assert ("target/release/tiny",) == guessed.command
    assert ("cargo", "build", "--release", "--quiet", "--locked") == guessed.build.command
    assert ["/items"] == [route.path for route in guessed.routes]
    assert () == guessed.start_gaps


def test_of_several_rust_programs_the_default_is_started(tmp_path: Path) -> None:
    """And the person is told that there was a choice."""
    cargo = '[package]\nname = "x"\ndefault-run = "b"\n[[bin]]\nname = "a"\n[[bin]]\nname = "b"\n'
    guessed = rust(tmp_path, {"Cargo.toml": cargo})

    assert ("target/release/b",) == guessed.command
    assert any("several programs" in gap for gap in guessed.start_gaps)


@pytest.mark.parametrize(
    "cargo",
    [
        '[package]\nname = "x"\n',
        '[workspace]\nmembers = ["x"]\n',
        "package = 3\n",
        '[package]\nname = "$(touch x)"\n[[bin]]\nname = "../../x"\n',
    ],
    ids=["library", "workspace", "odd", "hostile"],
)
def test_a_rust_package_without_a_program_is_no_service(cargo: str, tmp_path: Path) -> None:
    """Nor is one with a name that is none."""
    assert guess_rust(folder(tmp_path, {"Cargo.toml": cargo})) is None
