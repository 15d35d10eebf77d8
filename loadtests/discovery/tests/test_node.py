"""A Node service."""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.discovery.guess import Guess
from loadtests.discovery.node import guess_node
from loadtests.discovery.tests.projects import EXPRESS, folder

LISTENING = "app.listen(process.env.PORT)\n"


def guess(root: Path, files: dict[str, str], **package: Any) -> Guess | None:
    text = json.dumps(package) if package else files.get("package.json", "{}")
    return guess_node(folder(root, {**files, "package.json": text}))


def started(root: Path, files: dict[str, str], **package: Any) -> tuple[str, ...]:
    guessed = guess(root, files, **package)
    return guessed.command if guessed else ()


def test_express_and_its_routes(tmp_path: Path) -> None:
    """Routers count below where the same file mounts them; comments, logins and clients do not."""
    guessed = guess(tmp_path, EXPRESS)

    assert guessed is not None
    assert ("Express", ("node", "server.js")) == (guessed.title, guessed.command)
    assert ("npm", "ci") == guessed.build.command
    assert ["/api/list", "/", "/users/:id", "/ping"] == [route.path for route in guessed.routes]
    assert () == (*guessed.start_gaps, *guessed.gaps)


@pytest.mark.parametrize(
    ("start", "command"),
    [
        ("node ./dist/main.js", ("node", "./dist/main.js")),
        ("node -r dotenv/config a.js", ("npm", "start")),
        ("next start", ("npm", "start")),
        ("node $(touch x)", ("npm", "start")),
    ],
)
def test_a_plain_start_script_is_started_without_npm(
    start: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    """Npm would stand between Versus and the server."""
    assert command == started(tmp_path, {}, scripts={"start": start})


def test_without_a_script_the_main_file_starts_if_it_listens(tmp_path: Path) -> None:
    """A library has a main file, too."""
    files = {"lib.js": "module.exports = 1\n"}

    assert () == started(tmp_path / "a", files, main="lib.js")
    assert ("node", "lib.js") == started(tmp_path / "b", {"lib.js": LISTENING}, main="lib.js")
    assert ("node", "index.js") == started(tmp_path / "c", {"index.js": LISTENING}, name="x")
    assert () == started(tmp_path / "d", {}, main="../outside.js")


@pytest.mark.parametrize(
    ("lock", "scripts", "command", "gaps"),
    [
        ("package-lock.json", {}, ("npm", "ci"), 0),
        ("yarn.lock", {}, ("yarn", "install", "--frozen-lockfile"), 0),
        ("pnpm-lock.yaml", {"build": "tsc"}, None, 0),
        ("none", {}, ("npm", "install"), 1),
    ],
)
def test_packages_are_installed_as_the_lock_file_says(
    lock: str, scripts: dict[str, str], command: tuple[str, ...] | None, gaps: int, tmp_path: Path
) -> None:
    """Then the project's own build runs; a missing lock file is a warning."""
    package = {"dependencies": {"express": "4"}, "scripts": {"start": "node a.js", **scripts}}
    guessed = guess(tmp_path, {lock: "", "a.js": LISTENING}, **package)
    built = ("sh", "-c", "pnpm install --frozen-lockfile && pnpm run build")

    assert guessed is not None
    assert (built if command is None else command) == guessed.build.command
    assert gaps == len(guessed.gaps)


def test_a_service_without_packages_needs_no_build(tmp_path: Path) -> None:
    """Its copy can be started as it is."""
    guessed = guess(tmp_path, {"server.js": LISTENING}, name="x")

    assert guessed is not None
    assert () == guessed.build.command


def test_a_person_is_warned_of_a_fixed_port_and_of_a_server_for_development(
    tmp_path: Path,
) -> None:
    """Both start, and neither measures what is meant."""
    guessed = guess(tmp_path, {"a.js": "app.listen(3000)"}, scripts={"start": "nodemon a.js"})

    assert guessed is not None
    assert 2 == len(guessed.start_gaps)


def test_a_line_that_a_program_wrote_is_not_searched(tmp_path: Path) -> None:
    """A bundle has lines of megabytes, and a regular expression must not see them."""
    bundle = "const app = express();" + "app.get(" * 200_000 + 'app.get("/x", f)'
    guessed = guess(tmp_path, {"server.js": bundle}, scripts={"start": "node server.js"})

    assert guessed is not None
    assert () == guessed.routes


@pytest.mark.parametrize("text", ["[]", "{", '{"scripts": 3}', '{"scripts": {"start": 1}}'])
def test_an_odd_package_file_is_no_service(text: str, tmp_path: Path) -> None:
    """Any value may be of any type."""
    assert guess_node(folder(tmp_path, {"package.json": text})) is None
