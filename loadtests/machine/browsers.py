"""Which browser this machine has."""

import shutil

from contract.extras import has_extra

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

HOW_TO_GET = "install it so that it is on PATH (Debian, Ubuntu: apt install chromium)"


def lacking_for_pages() -> str | None:
    """What is missing to load pages, and how to get it; None: nothing."""
    if not has_extra("pages"):
        return "Playwright is missing; install Versus again with its extra 'pages': `versus[pages]`"
    if find_chromium() is None:
        return f"Chromium is missing; {HOW_TO_GET}"
    return None


def find_chromium() -> str | None:
    """The program of Chromium or Chrome; None where neither is installed."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)
