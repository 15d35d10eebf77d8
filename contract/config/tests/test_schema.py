"""A versus.toml is read whole or refused, and its published schema says what may stand in it."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract.config.schema import config_schema, read_config
from contract.config.tests.test_complaints import MINIMAL
from contract.errors import ConfigError

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "versus.schema.json"
CONFIGURATIONS = (ROOT / "versus.toml", *sorted((ROOT / "examples").glob("**/*.toml")))

TEXT = """
[target]
url = "http://127.0.0.1:1"

[variants.before]
[variants.after]

[[scenarios]]
name = "things"
request = "GET /things"
"""


def read(folder: Path, text: str, link: str | None = None) -> Any:
    path = folder / "versus.toml"
    path.write_text(text, encoding="utf-8")
    return read_config(path, link=link)


def as_json(content: dict[str, Any]) -> Any:
    """The content as editors give it to a validator: a date is a text."""
    return json.loads(json.dumps(content, default=date.isoformat))


def is_valid(content: dict[str, Any]) -> bool:
    return bool(Draft202012Validator(config_schema()).is_valid(as_json(content)))


def test_the_published_schema_is_that_of_the_code() -> None:
    """After a change: `python -m contract.config.schema >docs/versus.schema.json`."""
    assert config_schema() == json.loads(PUBLISHED.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "path", CONFIGURATIONS, ids=lambda path: str(path.relative_to(ROOT)).replace("/", ".")
)
def test_every_configuration_here_fits_the_schema_that_its_first_line_names(path: Path) -> None:
    """Editors complete and check it by that line."""
    first, *_ = path.read_text(encoding="utf-8").splitlines()
    content = tomllib.loads(path.read_text(encoding="utf-8"))

    assert first.startswith("#:schema ")
    assert PUBLISHED == (path.parent / first.removeprefix("#:schema ")).resolve()
    assert is_valid(content)
    stated = read_config(path).stated
    # A name that the file leaves out is derived.
    for scenario, named in zip(
        content.get("scenarios", ()), stated.get("scenarios", ()), strict=True
    ):
        scenario.setdefault("name", named["name"])
    assert content == stated


def test_a_command_and_a_request_are_enough(tmp_path: Path) -> None:
    """No variants, names, profiles or budgets; what is derived is part of what is recorded."""
    text = '[target]\ncommand = ["x"]\n[[scenarios]]\nrequest = "GET /things?limit=5"\n'
    config = read(tmp_path, text)

    assert is_valid(tomllib.loads(text))
    assert {} == config.variants
    assert "get_things_limit_5" == config.scenarios[0].name == config.stated["scenarios"][0]["name"]


def test_every_key_has_a_description() -> None:
    """Editors show it beside the key."""
    schema = config_schema()
    sections = [schema, *schema["$defs"].values()]
    keys = [(key, field) for section in sections for key, field in section["properties"].items()]

    assert [] == [key for key, field in keys if not field.get("description")]


@pytest.mark.parametrize(
    "change",
    [
        {"profiles": {"quick": {"warmpu_rounds": 3}}},
        {"scenarios": [{"request": "GET /", "name": ""}]},
        {"margins": {"latency": 0.1}},
        {"budgets": [{"scenario": "things"}]},
        {"load": {"errors_max": 2}},
    ],
)
def test_what_cannot_be_read_does_not_fit_the_schema_either(change: dict[str, Any]) -> None:
    """Unknown and missing keys, and numbers out of range."""
    assert is_valid(MINIMAL)
    assert not is_valid(MINIMAL | change)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT + "[", "is not TOML: "),
        (TEXT.replace("things", "a b", 1), "scenarios 'a b', name: a name of at most 64 letters"),
        (TEXT + '[[pages]]\nname = "things"\npath = "/"', "scenarios and pages: 'things' stands"),
        (TEXT + "[suite_variants.after]", "variants and suite_variants: 'after' stands there"),
        (TEXT + '[revisions]\nvariant = "afte"', "revisions.variant: unknown variant 'afte'; did"),
        (
            TEXT + '[[budgets]]\nscenario = "thing"\nvariant = "after"\nmetric = "wire_bytes"\n'
            "ratio_max = 1.0",
            "budgets 'thing, after, wire_bytes': unknown scenario 'thing'; did you mean 'things'?",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    """In one line that begins with its path."""
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)

    assert str(refused.value).startswith(f"{tmp_path / 'versus.toml'}: {expected}")
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With the option that names another one."""
    with pytest.raises(ConfigError, match=r"none\.toml: no such file\. Pass --config "):
        read_config(tmp_path / "none.toml")


def test_what_is_stated_stays_as_it_is(tmp_path: Path) -> None:
    """Neither defaults nor a caller's changes get into it; a link that is given does."""
    config = read(tmp_path, TEXT, link="lan")
    config.stated["target"].clear()

    assert MINIMAL | {"target": {"url": "http://127.0.0.1:1", "link": "lan"}} == config.stated
