"""Variants that nothing tells apart."""

from pathlib import Path

import pytest

from contract.check import Alike
from loadtests.checking.alike import find_alike
from loadtests.checking.tests.checks import configuration, plan_of

SAME = "[variants.before]\n[variants.after]\n"


def alike(folder: Path, variants: str, urls: tuple[str, str] = ("one", "one")) -> tuple[Alike, ...]:
    return find_alike(plan_of(folder, configuration("same", variants=variants)), urls)


def test_the_same_requests_to_the_same_server_are_alike(tmp_path: Path) -> None:
    """Whatever the variants are called."""
    assert (Alike("before", "after", "one"),) == alike(tmp_path, SAME)


@pytest.mark.parametrize(
    "difference", ['headers = { X = "1" }', 'query = { x = "1" }', 'flags = { fast = "1" }']
)
def test_other_requests_are_not_alike(tmp_path: Path, difference: str) -> None:
    """By header, query or flag."""
    assert () == alike(tmp_path, SAME + difference)


def test_servers_of_the_same_command_are_alike(tmp_path: Path) -> None:
    """Unless their environment differs."""
    urls = ("one", "two")
    own = '[variants.%s]\nenvironment = { A = "%s" }\n'
    both = own % ("before", "1") + own.replace("%s", "after", 1)

    assert (Alike("before", "after", "command"),) == alike(tmp_path, both % "1", urls)
    assert () == alike(tmp_path, both % "2", urls)
