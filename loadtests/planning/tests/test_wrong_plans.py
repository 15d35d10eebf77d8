"""No wrong configuration ends in anything but one line: valid ones are changed at random."""

import tomllib
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.config.schema import Config, read_config
from contract.errors import ConfigError
from loadtests.planning.plan import load_plan

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "versus.toml").read_text(encoding="utf-8")
CONTENT = tomllib.loads(TEXT)
# Its files lie beside the real one.
CONTENT["target"]["suite"] = str(ROOT / CONTENT["target"]["suite"])
for scenario in CONTENT["scenarios"]:
    scenario.pop("form", None)
RICH: dict[str, Any] = {
    "target": {
        "command": ["sh", "-c", "exit 1"],
        "ready": "/ready",
        "environment": {"A": "${HOME}"},
        "headers": {"X": "${HOME}"},
        "counters": ["rows"],
    },
    "variants": {
        "before": {"page": {"how": "y"}},
        "after": {"environment": {"B": "1"}, "query": {"a": "b"}, "page": {"how": "x"}},
    },
    "scenarios": [
        {"name": "one", "request": "GET /x?a=1", "json": {"/a/0": 1}, "ignore": "x+"},
        {"name": "three", "request": "PUT /f", "form": [{"name": "a", "text": "${HOME}"}]},
        {
            "name": "two",
            "sequence": [
                {"request": "POST /a", "body": {"a": ["${HOME}"]}, "take": {"id": "/id"}},
                {"request": "GET /a/{id}", "status": 404},
            ],
        },
    ],
    "pages": [{"name": "page", "path": "/{how}", "marks": ["seen"]}],
    "budgets": [
        {"scenario": "one", "variant": "after", "metric": "latency_s_p50", "ratio_max": 1.1}
    ],
    "profiles": {"default": {"measure_s": 1.0, "gap_ms": [0, 1], "pairs": [14, 20]}},
    "load": {"rate_per_s": 10.0},
}

ODD = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["", "/", "//", "*", "${HOME}", "${NO_SUCH}", "{id}", "\0", "\ud800", "a" * 70, "(", "[::1"]
    ),
    st.sampled_from(["GET /", "http://[", "http://a:b", "https://h:99999", "url", "/\u00e9", "%"]),
    st.lists(st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=3)), max_size=2),
)


def places(content: Any) -> list[tuple[Any, Any]]:
    """Every table or list with each of its keys or indices."""
    if isinstance(content, dict):
        keys: list[Any] = list(content)
    elif isinstance(content, list):
        keys = list(range(len(content)))
    else:
        return []
    return [(content, key) for key in keys] + [one for key in keys for one in places(content[key])]


@st.composite
def wrong(draw: st.DrawFn) -> dict[str, Any]:
    """A valid configuration with one to three values replaced, removed, repeated or added."""
    content: dict[str, Any] = deepcopy(draw(st.sampled_from([RICH, CONTENT])))
    for _ in range(draw(st.integers(1, 3))):
        all_places = places(content)
        if not all_places:
            break
        table, key = draw(st.sampled_from(all_places))
        match draw(st.sampled_from(["replace", "remove", "add", "swap"])):
            case "replace":
                table[key] = draw(ODD)
            case "remove":
                del table[key]
            case "add" if isinstance(table, dict):
                table[draw(st.sampled_from(["url", "x", "name", "request", "ca", "page"]))] = draw(
                    ODD
                )
            case "add":
                table.append(draw(ODD))
            case "swap":
                other, other_key = draw(st.sampled_from(all_places))
                table[key] = deepcopy(other[other_key])
    return content


def check_refusal(path: Path, error: ConfigError) -> None:
    """It is one line that begins with the file."""
    assert str(error).startswith(str(path))
    assert 1 == len(str(error).splitlines())


def planned(content: dict[str, Any]) -> bool:
    """Whether a configuration of this content is planned; else it is refused in one line."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patching:
        path = Path(folder, "versus.toml")
        path.touch()
        # As parsed; texts that TOML cannot write are tried as well.
        patching.setattr(tomllib, "loads", lambda _: deepcopy(content))
        try:
            load_plan(path, seed=1)
        except ConfigError as error:
            check_refusal(path, error)
            return False
    return True


def test_what_is_changed_is_valid() -> None:
    """Or the changes would test only the first check."""
    assert planned(RICH)
    assert planned(CONTENT)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(wrong())
def test_any_content_is_a_plan_or_one_line(content: dict[str, Any]) -> None:
    """No value, at no place, is a fault of Versus."""
    planned(content)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(TEXT)), st.integers(0, 40), st.binary(max_size=12))
def test_any_text_is_a_configuration_or_one_line(start: int, length: int, put: bytes) -> None:
    """A piece of a file is cut out, and other bytes stand there."""
    data = TEXT.encode()
    with TemporaryDirectory() as folder:
        path = Path(folder, "versus.toml")
        path.write_bytes(data[:start] + put + data[start + length :])
        try:
            assert isinstance(read_config(path), Config)
        except ConfigError as error:
            check_refusal(path, error)
