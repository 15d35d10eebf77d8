import pytest

from calibration import rival_suite
from calibration.work import work


def test_the_environment_sets_the_extra_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite measures the same function as the server runs, with the requested extra work."""
    calls: list[tuple[object, ...]] = []

    def benchmark(*call: object) -> None:
        calls.append(call)

    monkeypatch.setenv(rival_suite.EXTRA_NAME, "0.0500")

    rival_suite.test_work(benchmark)  # type: ignore[arg-type] # all that it needs

    assert [(work, 0.05)] == calls
