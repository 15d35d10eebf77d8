"""Which browser a machine has."""

from pathlib import Path

import pytest

from loadtests.machine.browsers import find_chromium


def test_the_first_known_program_on_path_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chromium before Chrome; nothing where neither is there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None
    for name in ("google-chrome", "chromium"):
        (tmp_path / name).touch(mode=0o755)
        assert str(tmp_path / name) == find_chromium()
