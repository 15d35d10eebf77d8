"""The text of a new versus.toml."""

import tomllib
from pathlib import Path

import pytest

from contract.config.schema import read_config
from contract.project import CONFIG_NAME
from loadtests.discovery.configuration import LINES_MAX, write_configuration
from loadtests.discovery.guess import Build, Guess, Route
from loadtests.discovery.project import guess_service
from loadtests.discovery.routes import chosen_routes, ready_route
from loadtests.discovery.tests.projects import ALL, folder

LONGEST = Guess(
    "python",
    "x",
    ("a", 'b "c"', "\\", "ü😀"),
    "",
    Build(("sh", "-c", "x")),
    environment={"A": "1", "B": '"'},
    cwd="backend",
)
FIVE = [Route(f"/{number}", "") for number in range(5)]


@pytest.mark.parametrize("name", ALL)
def test_each_project_gets_a_configuration(name: str, tmp_path: Path) -> None:
    """It can be read as it is, and states a command and a request."""
    guess = guess_service(folder(tmp_path, ALL[name]))
    routes = guess.routes if guess else ()
    text = write_configuration(guess, ready_route(routes), chosen_routes(routes))
    content = tomllib.loads(text)

    assert (list(guess.command) if guess else ["python3", "server.py", "--port", "{port}"]) == (
        content["target"]["command"]
    )
    assert all(one["request"].startswith("GET /") for one in content["scenarios"])
    assert (guess is not None and bool(guess.build.command)) == ("revisions" in content)
    assert "variants" not in content
    assert len(text.splitlines()) <= LINES_MAX


def test_the_longest_one_is_short_and_keeps_every_character() -> None:
    """At most 25 lines; quotes, backslashes and other scripts arrive as they are."""
    text = write_configuration(LONGEST, FIVE[0], FIVE)
    content = tomllib.loads(text)

    assert len(text.splitlines()) <= LINES_MAX
    assert list(LONGEST.command) == content["target"]["command"]
    assert LONGEST.environment == content["target"]["environment"]
    assert ("backend", "/0") == (content["target"]["cwd"], content["target"]["ready"])
    assert [f"GET /{number}" for number in range(5)] == [
        one["request"] for one in content["scenarios"]
    ]


def test_variants_are_completed_by_removing_the_marks() -> None:
    """The example for `bench` is right as it stands."""
    text = write_configuration(LONGEST, None, FIVE)
    example = text[text.index("# [variants.before]") :].replace("# ", "")

    assert {"before": {}, "after": {"environment": {"MY_SETTING": "new"}}} == (
        tomllib.loads(text + example)["variants"]
    )


def test_a_running_service_is_measured_where_it_is() -> None:
    """Only if nothing says how to start it."""
    url = "http://127.0.0.1:8000"

    assert {"url": url} == tomllib.loads(write_configuration(None, None, FIVE, url))["target"]
    assert "url" not in tomllib.loads(write_configuration(LONGEST, None, FIVE, url))["target"]


@pytest.mark.parametrize("name", ALL)
def test_each_configuration_is_valid(name: str, tmp_path: Path) -> None:
    """As it is written, and with the variants of its example."""
    guess = guess_service(folder(tmp_path, ALL[name]))
    routes = guess.routes if guess else ()
    text = write_configuration(guess, ready_route(routes), chosen_routes(routes))
    path = tmp_path / CONFIG_NAME
    path.write_text(text, encoding="utf-8")
    plain = read_config(path)
    head, mark, example = text.partition("# [variants.before]")
    path.write_text(head + (mark + example).replace("# ", ""), encoding="utf-8")

    assert [one["request"] for one in tomllib.loads(text)["scenarios"]] == [
        one.request for one in plain.scenarios
    ]
    assert ["before", "after"] == list(read_config(path).variants)
