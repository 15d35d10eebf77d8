"""A service in Go or Rust, built from its own folder."""

import re
from collections.abc import Iterator

from loadtests.discovery.files import Folder
from loadtests.discovery.guess import PORT, Build, Guess, Route

_GO_FLAG = re.compile(r'\bflag\.(?:Int|String)(?:Var)?\([^"\n]{0,40}"(port|addr|listen)"')
_GO_ROUTE = re.compile(r'\.(?:HandleFunc|Handle|GET|Get)\(\s{0,9}"(?:GET )?(/[^"\s]{0,200})"')
_RUST_ROUTE = re.compile(
    r'#\[get\("(/[^"\s]{0,200})"|\.route\(\s{0,40}"(/[^"\s]{0,200})",\s{0,40}(?:web::)?get\('
)
_BINARY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")


def guess_go(folder: Folder) -> Guess | None:
    """The service of a Go module; None if there is none."""
    if not folder.has("go.mod"):
        return None
    sources = folder.sources(".go")
    mains = sorted({_level(path) for path in sources if _is_main(folder.read(path))})
    if "" in mains:
        package, source = ".", "go.mod"
    elif len(mains) == 1:
        package, source = f"./{mains[0]}", f"{mains[0]}: package main"
    else:
        commands = Folder(folder.root / "cmd", folder.shown("cmd"), folder.bounds)
        below = [path for path in commands.sources(".go") if _is_main(commands.read(path))]
        names = sorted({path.split("/")[0] for path in below if "/" in path})
        if not names:
            return None
        package, source = f"./cmd/{names[0]}", f"cmd/{names[0]}: package main"
    # With a folder of that name, go would put the program inside of it.
    program = "./versus-server" if (folder.root / "server").is_dir() else "./server"
    texts = [folder.read(path) or "" for path in sources]
    flag = next((match[1] for text in texts if (match := _GO_FLAG.search(text))), "")
    value = PORT if flag == "port" else f"127.0.0.1:{PORT}"
    gaps: tuple[str, ...] = ()
    if not flag and not any('"PORT"' in text for text in texts):
        gaps = (f"No source file reads a flag for the port or PORT; write {PORT} into `command`.",)
    return Guess(
        "go",
        "Go",
        (program, *((f"-{flag}", value) if flag else ())),
        folder.shown(source),
        Build(
            ("go", "build", "-o", program, package),
            folder.shown("go.mod"),
            made=program.removeprefix("./"),
        ),
        routes=tuple(_routes(folder, sources, _GO_ROUTE)),
        start_gaps=gaps,
    )


def guess_rust(folder: Folder) -> Guess | None:
    """The service of a Cargo package; None if it has no program."""
    if not folder.has("Cargo.toml"):
        return None
    cargo = folder.read_table("Cargo.toml")
    package = cargo.get("package")
    if not isinstance(package, dict):
        return None
    programs = cargo.get("bin")
    named = [
        str(program.get("name"))
        for program in (programs if isinstance(programs, list) else [])
        if isinstance(program, dict)
    ]
    own = [str(package.get("name"))] if folder.has("src/main.rs") and not named else []
    default = [str(package["default-run"])] if "default-run" in package else []
    names = [name for name in (*default, *own, *named) if _BINARY.fullmatch(name)]
    if not names:
        return None
    sources = folder.sources(".rs")
    gaps = []
    if not any('"PORT"' in (folder.read(path) or "") for path in sources):
        gaps.append(f"No source file reads PORT; write {PORT} into `command`.")
    if len(set(names)) > 1:
        gaps.append(f"There are several programs; {names[0]} is started.")
    locked = ("--locked",) if folder.has("Cargo.lock") else ()
    return Guess(
        "rust",
        "Rust",
        (f"target/release/{names[0]}",),
        folder.shown("Cargo.toml"),
        Build(
            ("cargo", "build", "--release", "--quiet", *locked),
            folder.shown("Cargo.toml"),
            made="target",
        ),
        routes=tuple(_routes(folder, sources, _RUST_ROUTE)),
        start_gaps=tuple(gaps),
    )


def _level(path: str) -> str:
    return path.rpartition("/")[0]


def _is_main(text: str | None) -> bool:
    return re.search(r"^package main\b", text or "", re.MULTILINE) is not None


def _routes(folder: Folder, sources: list[str], pattern: re.Pattern[str]) -> Iterator[Route]:
    for path in sources:
        for match in pattern.finditer(folder.read(path) or ""):
            yield Route(next(filter(None, match.groups())), folder.shown(path))
