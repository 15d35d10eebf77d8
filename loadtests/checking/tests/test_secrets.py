"""What was sent or given to servers is not shown again."""

from pathlib import Path

import pytest

from loadtests.checking.secrets import secrets_of
from loadtests.planning.plan import load_plan

CONFIG = """
[target]
url = "http://127.0.0.1:1"
headers = { Authorization = "Bearer ${TOKEN}" }
[variants.one]
[variants.two]
headers = { X-Key = "long-enough-key" }
[[scenarios]]
name = "x"
request = "POST /x"
body = "${INSIDE}"
"""


def test_headers_and_the_environments_values_are_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole and without the word before a token; short words are none."""
    monkeypatch.setenv("TOKEN", "0123456789")
    monkeypatch.setenv("INSIDE", "in the body")
    config = tmp_path / "versus.toml"
    config.write_text(CONFIG, encoding="utf-8")
    found = secrets_of(load_plan(config, seed=1), ["added-header"])

    assert {"0123456789", "in the body", "long-enough-key", "added-header"} <= set(found)
    assert "Bearer" not in found
