"""Which browser this machine has."""

import shutil

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

HOW_TO_GET = "install it so that it is on PATH (Debian, Ubuntu: apt install chromium)"


def find_chromium() -> str | None:
    """Chromium's program, or that of its kin; None where there is none."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)
