"""Which browser this machine has."""

import shutil

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

HOW_TO_GET = "install it so that it is on PATH (Debian, Ubuntu: apt install chromium)"


def find_chromium() -> str | None:
    """The program of Chromium or Chrome; None where neither is installed."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)
