"""How the browser is started."""

import asyncio
from pathlib import Path

import pytest

from loadtests.errors import MeasureError
from loadtests.probes.page.chromium import _QUIET, BROWSER_LOG, _at_home, running_chromium


@pytest.mark.parametrize(
    ("urls", "at_home"),
    [
        (("http://127.0.0.1:1", "http://localhost:2", "http://[::1]:3"), True),
        (("http://127.0.0.1:1", "https://shop.example"), False),
    ],
)
def test_only_services_elsewhere_open_the_network(urls: tuple[str, ...], *, at_home: bool) -> None:
    """Where all services are on loopback, no other name is resolved; a proxy is used for none."""
    options = " ".join(_at_home(urls))

    assert at_home == ("MAP * ~NOTFOUND" in options)
    assert "--no-proxy-server" in _QUIET


@pytest.mark.slow
def test_a_browser_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    """The message names the program and the log, which holds what it printed."""
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)

    async def start() -> None:
        async with running_chromium(str(program), ["http://127.0.0.1:1"], tmp_path):
            pass

    with pytest.raises(MeasureError, match=rf"the browser {program} does not start; see"):
        asyncio.run(start())
    assert "no display" in (tmp_path / BROWSER_LOG).read_text(encoding="utf-8")
