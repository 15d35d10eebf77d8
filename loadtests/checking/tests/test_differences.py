"""Differences of real answers: between variants, and of one variant from itself."""

from pathlib import Path

import pytest

from contract.check import Difference
from loadtests.checking.tests.checks import checked, configuration


def differences(folder: Path, path: str, more: str = "") -> tuple[Difference, ...]:
    return checked(folder, configuration(path, more=more)).differences


def test_equal_answers_have_none(tmp_path: Path) -> None:
    """Two variants, two answers each."""
    assert () == differences(tmp_path, "same")


def test_variants_differ_by_pointer(tmp_path: Path) -> None:
    """Values are shown, but no secret and nothing that controls a terminal."""
    (found,) = differences(tmp_path, "price")

    assert ("variants", "before", "after") == (found.kind, found.first, found.second)
    places = {place.where: (place.before, place.after) for place in found.places}
    assert {
        "/items/0/price": ("10", "12"),
        "/api_token": ("nothing", "[removed]"),
        "/evil": ("nothing", '"?[31mred?"'),
    } == places
    assert found.harmful


@pytest.mark.slow
def test_what_differs_by_itself_gets_an_expression_that_works(tmp_path: Path) -> None:
    """A time in seconds and an id; with the proposal nothing differs any more."""
    (found,) = differences(tmp_path, "stamp")

    assert ("volatile", "before", "before") == (found.kind, found.first, found.second)
    assert '"at": "[^"]*"|"id": "[^"]*"' == found.ignore
    assert () == differences(tmp_path, "stamp", f"ignore = '{found.ignore}'\n")


def test_hostile_numbers_of_differences_are_bounded(tmp_path: Path) -> None:
    """100,000 places: the first few, and a count that stops."""
    (found,) = differences(tmp_path, "many")

    assert (3, 1000, False) == (len(found.places), found.count, found.counted_all)


@pytest.mark.slow
def test_other_bodies_differ_by_line_or_byte(tmp_path: Path) -> None:
    """Texts by line, all else by byte."""
    (text,) = differences(tmp_path, "lines")
    (binary,) = differences(tmp_path, "binary")

    assert ("line 3", '"<b>old</b>"', '"<b>new</b>"') == (
        text.places[0].where,
        text.places[0].before,
        text.places[0].after,
    )
    assert ("byte 256", "0x00", "0x01") == (
        binary.places[0].where,
        binary.places[0].before,
        binary.places[0].after,
    )


def test_a_difference_behind_what_is_kept_is_one(tmp_path: Path) -> None:
    """Of bodies of 5 MiB the last byte differs, which nobody keeps."""
    (found,) = differences(tmp_path, "huge")

    assert "behind the first 4 MiB, or not kept" == found.places[0].where


def test_values_of_the_environment_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However short, and wherever the service gives them back."""
    monkeypatch.setenv("SHORT_WORD", "pwd7")
    (found,) = differences(tmp_path, "echo", 'headers = { X-Word = "${SHORT_WORD}" }\n')

    assert ('""', "[removed]") == (found.places[0].before, found.places[0].after)
