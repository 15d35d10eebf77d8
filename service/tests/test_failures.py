import pytest

from service.failures import DependencyError, status_of


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        (302, 502),
        (400, 502),
        (401, 502),
        (404, 502),
        (429, 503),
        (500, 503),
        (503, 503),
        (599, 503),
    ],
)
def test_what_a_status_means_for_our_callers(answered: int, expected: int) -> None:
    """Waiting helps against overload and failures; only an operator against all else."""
    assert expected == status_of(answered)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (None, "1"),
        ("7", "7"),
        (" 120 ", "120"),
        ("Tue, 01 Dec 2026 12:00:00 GMT", "Tue, 01 Dec 2026 12:00:00 GMT"),
        ("0", "1"),
        ("-1", "1"),
        ("1.5", "1"),
        ("soon", "1"),
        ("", "1"),
        ("\u0661", "1"),
        ("1234567", "1"),
        ("7\r\nX-Evil: 1", "1"),
    ],
)
def test_retry_after_is_passed_on_if_it_is_one(sent: str | None, expected: str) -> None:
    """Seconds and dates are; anything else becomes a second."""
    assert {"Retry-After": expected} == DependencyError(503, "down", "", sent).headers


def test_only_a_503_can_be_retried() -> None:
    """A 502 will not pass by itself, so it has no Retry-After."""
    assert {} == DependencyError(502, "odd", "", "7").headers
