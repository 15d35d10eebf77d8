"""Fixtures for the tests of this room."""

from pathlib import Path

import pytest

from loadtests.revisions.tests.shop import new_shop
from loadtests.tests.repositories import Repository


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A change of a server, which answers with the name of its revision."""
    return new_shop(tmp_path / "project")
