"""What was sent, or given to servers, is known as secret."""

from pathlib import Path

import pytest

from loadtests.checking.secrets import secrets_of
from loadtests.checking.tests.checks import configuration, plan_of


def test_everything_that_was_sent_is_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers whole and by word, but for short words; of the environment also these."""
    monkeypatch.setenv("SHORT_WORD", "pwd7")
    more = 'headers = { X-Word = "${SHORT_WORD}", Authorization = "Bearer abcdefgh" }\n'
    found = secrets_of(plan_of(tmp_path, configuration("same", more=more)), ["from-target"])

    assert {"pwd7", "abcdefgh", "Bearer abcdefgh", "from-target"} <= {*found}
    assert "Bearer" not in found
