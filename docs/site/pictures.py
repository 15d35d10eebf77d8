"""Makes the tutorial's pictures anew: types its commands, and takes what a person sees.

    .venv/bin/python -m docs.site.pictures

It measures for about five minutes; leave the machine alone meanwhile. It needs Chromium, and writes
docs/tutorial-*.png.
"""

import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COLUMNS = 120
TYPED = "\x1e"
"""Begins the line of a command in what the terminal shows."""

TERMINAL = """<style>
body {{ margin: 0; background: {background}; color: {foreground}; }}
pre {{ margin: 0; padding: 12px 16px; font: 13px/1.45 monospace; width: 120ch;
  white-space: pre-wrap; word-break: break-all; }}
{stylesheet}
</style><pre>{code}</pre>"""


def commands() -> str:
    """All that the tutorial tells a person to type."""
    tutorial = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    return "".join(re.findall(r"^```sh\n(.*?)^```$", tutorial, re.MULTILINE | re.DOTALL))


def person(home: Path) -> Mapping[str, str]:
    """The environment of a person who has installed this tree's `versus`, and a name for git."""
    programs = home / "programs"
    programs.mkdir()
    program = programs / "versus"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "versus.py"}" "$@"\n')
    program.chmod(0o755)
    git = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "A person"), ("EMAIL", "person@example.org"))
    }
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **git, "PATH": path, "HOME": str(home)}


def type_in(script: str, home: Path) -> str:
    """Type commands into a terminal; what it shows, with a marked line before each `versus`.

    Raises:
        CalledProcessError: a command failed.
    """
    announced = re.sub(
        r"^(versus [a-z]+[^|\n]*)",
        rf"printf '{TYPED}%s\\n' '\1'; \1",
        script,
        flags=re.MULTILINE,
    )
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", announced],
        cwd=home,
        env={**person(home), "TERM": "xterm-256color"},
        stdin=subprocess.DEVNULL,
        stdout=follower,
    ) as shell:
        os.close(follower)
        shown = b""
        while part := read(leader):
            shown += part
    text = shown.decode().replace("\r\n", "\n")
    if shell.returncode:
        failed = subprocess.CalledProcessError(shell.returncode, "the typed commands", text)
        failed.add_note(text)
        raise failed
    return text


def last_calls(shown: str) -> dict[str, str]:
    """What a terminal shows after each command of `versus`; of equal ones, after the last."""
    parts = (part.partition("\n") for part in shown.split(TYPED)[1:])
    return {command.strip(): after for command, _, after in parts}


def read(leader: int) -> bytes:
    """What came next on a terminal; nothing once it is closed."""
    try:
        return os.read(leader, 65536)
    except OSError:
        return b""


def take_terminal(browser: Browser, command: str, shown: str, picture: Path) -> None:
    """Take a picture of a terminal in which a command was typed."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
    console.print(Text.from_ansi(shown.rstrip()), soft_wrap=True)
    page = browser.new_page(viewport={"width": 1000, "height": 200})
    page.set_content(console.export_html(code_format=TERMINAL))
    page.locator("pre").screenshot(path=picture)
    page.close()


def take_page(browser: Browser, report: Path, picture: Path) -> None:
    """Take a picture of a report's first screen."""
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.goto(report.as_uri())
    bottom = page.locator("table.changes").evaluate("one => one.getBoundingClientRect().bottom")
    page.screenshot(path=picture, clip={"x": 0, "y": 0, "width": 1000, "height": bottom + 12})
    page.close()


def main() -> None:
    """Type the commands, and take the pictures."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("pictures: Chromium is missing")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        shown = last_calls(type_in(commands(), home))
        first, *_, last = sorted((home / "shop" / "runs").glob("2*"))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        take_terminal(browser, "versus bench", shown["versus bench"], DOCS / "tutorial-bench.png")
        take_page(browser, first / "report.html", DOCS / "tutorial-report.png")
        gate = "versus gate --base main"
        take_terminal(browser, gate, shown[gate], DOCS / "tutorial-gate.png")
        take_page(browser, last / "report.html", DOCS / "tutorial-gate-report.png")
        browser.close()


if __name__ == "__main__":
    main()
