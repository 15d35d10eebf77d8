"""The program `versus`, and what a notebook imports.

Exit codes of all commands: 0 pass, 1 regression, 2 usage or bad input, 3 inconclusive, 4 invalid
run, 130 interrupted.
"""

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

# The rooms lie beside this file, in a checkout as well as installed, and go by plain names. What a
# person's folders hold under the same names, or PYTHONPATH names, must not be imported here.
if Path(sys.argv[0]).name in {"versus", "versus.py"}:
    # While modules load, nothing is there yet that Ctrl-C should stop in order.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    theirs = set(os.environ.get("PYTHONPATH", "").split(os.pathsep)) - {""}
    sys.path = [path for path in sys.path if path not in theirs]
sys.path.insert(0, str(Path(__file__).resolve().parent))

import typer

from commands import judging, measuring, starting, tools
from commands.answer import Answer
from commands.ending import exit_code_of
from commands.usage import parse
from contract.version import VERSION
from reports.surfaces.streams import guard_streams

if TYPE_CHECKING:
    from reports.frames import RunFrames

app = typer.Typer(
    name="versus",
    help="Measures what a change makes faster or slower in an HTTP service, and how sure that is.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _command in (
    starting.init,
    measuring.check,
    measuring.bench,
    judging.gate,
    measuring.load,
    measuring.worker,
    measuring.suite,
    judging.report,
    judging.compare,
    judging.history,
    tools.doctor,
    tools.calibrate,
    tools.serve,
):
    app.command()(_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"versus {VERSION}\n")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Options of every command."""


def read_run(run_folder: Path | str) -> "RunFrames":
    """A run as pandas data frames, for notebooks; docs/notebooks.md describes them.

    Args:
        run_folder: the run's folder, such as "runs/latest".

    Raises:
        InputError: the run cannot be used; the message says why and what to do.
    """
    from reports.judging import read_frames

    return read_frames(Path(run_folder))


def main(argv: list[str]) -> int:
    """Run one command; its exit code."""
    # A command ends its own answer; what goes wrong before one has begun is answered here.
    answer = Answer(argv[0] if argv else "", json="--json" in argv)

    def command() -> int:
        try:
            code = answer.code_of(lambda: parse(app, argv))
            if answer.failed:
                answer.write(code)
            return code
        finally:
            sys.stdout.flush()

    return exit_code_of(command)


def run() -> None:
    """The installed program."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    guard_streams()
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
