"""Texts, marks and tones that all charts share."""

from xml.etree import ElementTree as ET

import pytest

from reports.page.charts import drawing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 49, "a" * 47 + "…"),
        ("\x00\x1b\ud800", "\ufffd\ufffd\ufffd"),
        ("_hidden", "_hidden"),
        ("plain", "plain"),
    ],
)
def test_names_are_cleaned(text: str, expected: str) -> None:
    """Short, without what XML forbids, and otherwise as they are."""
    assert expected == drawing.clean(text)


def test_styles_repeat_after_the_last() -> None:
    """So that any number of variants can be drawn."""
    assert drawing.style(0) == drawing.style(12)
    assert not set(drawing.style(0)) & set(drawing.style(1))
    assert "" == drawing.style(0, marked=False).mark


@pytest.mark.parametrize("tone", [*drawing.VARIANT_TONES, drawing.GREY])
@pytest.mark.parametrize("paper", [0.0, 1.0])
def test_tones_stand_out_from_light_and_dark_pages(tone: str, paper: float) -> None:
    """By a contrast of at least 3:1, as WCAG counts it."""
    parts = [int(tone[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    light = sum(
        weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )
    darker, lighter = sorted((light, paper))

    assert 3 <= (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("text", ["", "a", "list_workflows", "漢字" * 9, "MMMM" * 9])
def test_texts_are_cut_to_a_width(text: str) -> None:
    """With an ellipsis; one that fits stays as it is."""
    cut = drawing.fitted(text, 60)

    assert drawing.text_width(cut) <= 60
    assert (cut == text) == (drawing.text_width(text) <= 60)
    assert cut == text or cut.endswith("…")


@pytest.mark.parametrize("number", [0.0, -0.0, -0.04, 12.0, 12.345, 1234.56])
def test_coordinates_are_short_and_never_negative_zero(number: float) -> None:
    """Without an exponent."""
    assert abs(float(drawing.px(number)) - number) <= 0.05
    assert "-0" != drawing.px(number)


@pytest.mark.parametrize("mark", [*drawing.MARKS, "left", "right", "cap"])
def test_each_mark_is_a_path_around_its_middle(mark: str) -> None:
    """No mark draws nothing."""
    assert drawing.mark_at(mark, 10, 20, 3).startswith("M")
    assert "" == drawing.mark_at("", 10, 20, 3)


def test_no_text_breaks_out() -> None:
    """Markup is text, and so is anything else."""
    group = ET.Element("g")
    drawing.add_text(group, 1, 2, "<b> & \x00 ]]> $x$")

    assert "<b> & \ufffd ]]> $x$" == ET.fromstring(ET.tostring(group))[0].text  # noqa: S314 - ours
