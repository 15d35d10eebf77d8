"""Messages between master and workers survive their dictionaries."""

import pytest

from loadtests.engines.messages import Assignment, Hello, MessageError, Order, Report

MESSAGES = [
    Hello("abc"),
    Assignment("{}"),
    Order("switchback", 1, 2, half=1, position=3, rate_per_s=60.0, workers=2),
    Report(3, 1, 10, 9, 1.5, 0.5, b"\x00\xff", "OSError: full"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.TYPE)
def test_a_message_survives_its_dictionary(
    message: Hello | Assignment | Order | Report,
) -> None:
    """What is read equals what was sent."""
    assert message == type(message).of(message.content())


def test_each_class_has_a_type_of_its_own() -> None:
    """Locust hands messages out by type."""
    assert len(MESSAGES) == len({message.TYPE for message in MESSAGES})


@pytest.mark.parametrize("content", [{}, {"code_version": "abc", "more": 1}])
def test_other_keys_are_an_error(content: dict[str, object]) -> None:
    """Missing and unknown keys are named, with the message's type."""
    with pytest.raises(MessageError, match=r"versus_hello: .*(code_version|more)"):
        Hello.of(content)
