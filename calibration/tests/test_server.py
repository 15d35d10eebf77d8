"""The server's answers to valid and invalid requests."""

import asyncio

import pytest
from starlette.requests import Request

from calibration.server import EXTRA_HEADER, answer


def request(extra: str) -> Request:
    name = EXTRA_HEADER.lower().encode()
    return Request({"type": "http", "headers": [(name, extra.encode())]})


@pytest.mark.parametrize("extra", ["much", "-0.1", "nan", "inf", "11"])
def test_an_invalid_fraction_is_refused(extra: str) -> None:
    """A slowdown that was not planted must not count as one that was not detected."""
    assert 400 == asyncio.run(answer(request(extra))).status_code


def test_every_request_has_the_same_answer() -> None:
    """Extra work changes nothing that a client can see."""
    answers = [asyncio.run(answer(request(extra))) for extra in ("0", "0.05")]

    assert [(200, b"done\n")] * 2 == [(one.status_code, one.body) for one in answers]
