"""What keeps code easy to change: mirrored tests, short files, existing paths, plain names."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("commands", "contract", "service", "loadtests", "reports", "calibration")
LINES_MAX = 400

# Modules without a test file of their own, and why.
UNMIRRORED = {
    "commands/judging.py": "tests/test_versus.py runs the commands",
    "commands/measuring.py": "tests/test_versus.py runs the commands",
    "commands/options.py": "texts for --help; tests/test_versus.py runs the commands",
    "commands/tools.py": "tests/test_versus.py runs the commands",
    "contract/version.py": "one value",
    "contract/run/observation.py": "plain values; test_columns.py compares them with the file",
    "loadtests/errors.py": "one class of errors",
    "loadtests/probes/function/plugin/versus_ids.py": "as versus_pairs.py: test_process.py",
    "loadtests/probes/function/plugin/versus_modules.py": "as versus_pairs.py: test_origins.py",
    "loadtests/probes/function/plugin/versus_pairs.py": "its tests must not lie in its folder, "
    "which stands on the path of measured suites: loadtests/probes/function/tests",
    "loadtests/probes/function/plugin/versus_results.py": "as versus_pairs.py: test_process.py",
    "loadtests/probes/probe.py": "a type",
    "reports/foreign/shapes.py": "plain values",
    "reports/page/shapes.py": "plain values",
}

# Words that names in product code must not contain, and what to write instead.
PLAIN_WORDS = {
    "ask": "send, request or check",
    "asked": "sent, requested or present",
    "came": "the result or state itself",
    "course": "progress",
    "crew": "load workers",
    "ear": "listener",
    "hear": "listen or receive",
    "heard": "received",
    "kin": "family",
    "lack": "missing or reason",
    "said": "message, sentence or reported",
    "somebody": "user, caller or person",
    "speak": "print or report",
    "spoken": "printed or reported",
    "stand": "is or lies",
    "stands": "is or lies",
    "swamped": "carry_over",
    "tell": "return, report or print",
    "tells": "returns or reports",
    "thing": "what it is",
    "told": "text, reported or formatted",
    "torn": "pooling",
    "whatever": "any",
    "whoever": "caller, sender, owner or user",
    "whose": "owner",
}

# Names of values in files that older versions wrote.
STORED_NAMES = {"machine_told"}

PATH_LITERAL = re.compile(
    rf"(?<![\w/.<{{-])((?:{'|'.join(ROOMS)}|benchmarks|examples|docs|locks|tests)"
    r"/[\w./-]+\.(?:py|toml|md|json|js|css|j2|sh|sql|lock|in|txt|html|png|svg))\b"
)
CODE = (".py", ".toml", ".yml", ".sh", ".j2", ".js", "Makefile", ".ci/run")

# Put together here, so that this file does not name them.
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("npmjs", "com"),
            ("registry", "yarnpkg", "com"),
            ("conda", "anaconda", "org"),
            ("ghcr", "io"),
            ("docker", "io"),
        )
    )
)


@cache
def tracked() -> tuple[str, ...]:
    """Every file that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return tuple(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


@cache
def text(name: str) -> str:
    """A file's text; bytes that are none are left out."""
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def product_modules() -> list[str]:
    """Every module of product code."""
    return [
        name
        for name in tracked()
        if name.endswith(".py")
        and (name.split("/")[0] in ROOMS or name == "versus.py")
        and "tests" not in name.split("/")
    ]


def test_every_module_has_a_test_file_beside_it() -> None:
    """`room/part.py` is tested in `room/tests/test_part.py`, unless UNMIRRORED says why not."""
    unmirrored = set()
    for name in product_modules():
        path = Path(name)
        mirror = path.parent / "tests" / f"test_{path.stem.strip('_')}.py"
        if path.name not in {"__init__.py", "conftest.py"} and str(mirror) not in tracked():
            unmirrored.add(name)

    assert sorted(UNMIRRORED) == sorted(unmirrored)


def test_no_product_file_is_long() -> None:
    """A file has at most 400 lines; a longer one has two jobs."""
    lines = {name: len(text(name).splitlines()) for name in product_modules()}

    assert {} == {name: count for name, count in lines.items() if count > LINES_MAX}


def test_every_path_in_code_exists() -> None:
    """A path of a room that code, comments or settings mention exists."""
    missing = [
        f"{name}: {path}"
        for name in tracked()
        if name.endswith(CODE)
        for path in PATH_LITERAL.findall(text(name))
        if not (ROOT / path).exists() and "/tests/" not in name and not name.startswith("tests/")
    ]

    assert [] == missing


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the machine's choice; locks hold names and hashes alone."""
    named = [name for name in tracked() if REGISTRY_HOSTS.search(text(name))]
    locks = [name for name in tracked() if name.startswith("locks/") and "://" in text(name)]

    assert [] == named
    assert [] == locks


def test_a_registry_is_recognised() -> None:
    """The check can fail."""
    assert REGISTRY_HOSTS.search("https://" + "pypi" + ".org/simple")
    assert not REGISTRY_HOSTS.search("pypi-org")


def names(module: str) -> Iterator[tuple[int, str]]:
    """Line and name of everything that a module names."""
    for node in ast.walk(ast.parse(text(module))):
        match node:
            case ast.Name(id=name, lineno=line):
                yield line, name
            case ast.FunctionDef(name=name, lineno=line) | ast.ClassDef(name=name, lineno=line):
                yield line, name
            case ast.AsyncFunctionDef(name=name, lineno=line) | ast.arg(arg=name, lineno=line):
                yield line, name
            case ast.AnnAssign(target=ast.Attribute(attr=name), lineno=line):
                yield line, name


def words(name: str) -> list[str]:
    """The words of a name, whether joined by `_` or by capitals."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def test_names_are_made_of_plain_words() -> None:
    """A name says what it stands for in the field's own words."""
    odd = [
        f"{module}:{line}: {name}: write {PLAIN_WORDS[word]} instead of {word}"
        for module in product_modules()
        for line, name in names(module)
        for word in words(name)
        if word in PLAIN_WORDS and name not in STORED_NAMES
    ]

    assert [] == odd


def test_words_of_a_name() -> None:
    """Both ways to join words are taken apart."""
    assert ["latency", "s", "p"] == words("latency_s_p95")
    assert ["html", "page", "whoever"] == words("HTMLPageWhoever")
