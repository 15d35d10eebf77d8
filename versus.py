"""The commands: each is a short list of steps, and an exit code ends it.

`python -m versus COMMAND` does what `make COMMAND` does. Exit codes: 0 pass, 1 regression,
2 usage or bad input, 3 inconclusive, 4 invalid run, 130 interrupted.
"""

import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

# The rooms lie beside this file, in a checkout as well as installed, and go by plain names. What a
# person's folders hold under the same names, or PYTHONPATH names, must not be imported here.
if Path(sys.argv[0]).name in {"versus", "versus.py"}:
    theirs = set(os.environ.get("PYTHONPATH", "").split(os.pathsep)) - {""}
    sys.path = [path for path in sys.path if path not in theirs]
sys.path.insert(0, str(Path(__file__).resolve().parent))

import typer

import steps
from contract.errors import InputError
from contract.extras import check_extra
from contract.project import find_project
from contract.typed import make_command
from contract.version import VERSION
from reports.surfaces.streams import guard_streams
from steps import Options, run_steps, say

if TYPE_CHECKING:
    from reports.frames import RunFrames

EXIT_USAGE = 2

app = typer.Typer(
    name="versus",
    help="Measures what a change makes faster or slower in an HTTP service, and how sure that is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

LINK_HELP = "Distance of database and store: lan, region, wan or RTTms,Mbit."
ConfigOption = Annotated[
    Path | None, typer.Option(help="The configuration; default: versus.toml here or above.")
]
ProfileOption = Annotated[str, typer.Option(help="How thoroughly: a name in [profiles].")]
VariantsOption = Annotated[str, typer.Option(help="Only the baseline and these, by comma.")]
ScenariosOption = Annotated[str, typer.Option(help="Only these scenarios and pages, by comma.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, max=2**31 - 1, help="Repeat the random draws of a run.")
]
RunsOption = Annotated[
    Path | None, typer.Option(help="The folder for runs; default: runs/ beside the configuration.")
]
LinkOption = Annotated[str, typer.Option(help=LINK_HELP)]
RedactOption = Annotated[
    bool, typer.Option("--redact", help="Record no host name, path or branch.")
]
HistoryOption = Annotated[
    str, typer.Option(help="Add the result to this folder or s3://bucket/prefix.")
]


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


@app.command()
def bench(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    config: ConfigOption = None,
    profile: ProfileOption = "default",
    variants: VariantsOption = "",
    scenarios: ScenariosOption = "",
    seed: SeedOption = None,
    runs: RunsOption = None,
    link: LinkOption = "",
    redact: RedactOption = False,
    history: HistoryOption = "",
) -> None:
    """Measure every scenario in every variant, print the table, write the report.

    Exit code 0: the run is valid, whatever it found. `gate` judges it.
    """
    options = Options(
        "bench", config, profile, variants, scenarios, seed, runs, link, redact, history
    )
    raise typer.Exit(run_steps(options, *steps.measuring(steps.stop_when_decided)))


@app.command()
def load(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    config: ConfigOption = None,
    profile: ProfileOption = "default",
    variants: VariantsOption = "",
    scenarios: ScenariosOption = "",
    seed: SeedOption = None,
    runs: RunsOption = None,
    link: LinkOption = "",
    redact: RedactOption = False,
    processes: Annotated[
        int, typer.Option(min=1, help="Number of sending processes on this machine.")
    ] = 1,
    workers: Annotated[
        int, typer.Option(min=0, help="Number of sending workers on other machines instead.")
    ] = 0,
    bind: Annotated[
        str, typer.Option(help="Address at which this machine listens for workers.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port at which it listens; 0: any free one.")
    ] = 0,
) -> None:
    """Measure latency under load and capacity in every variant, all scenarios at once.

    Exit code 0: the run is valid, whatever it found. The connection to workers is neither
    encrypted nor authenticated: use a network that you trust.
    """
    more = {
        "--processes": str(processes) if processes > 1 else "",
        "--workers": str(workers) if workers else "",
        "--bind": bind if workers else "",
        "--port": str(port) if port else "",
    }
    options = Options(
        "load", config, profile, variants, scenarios, seed, runs, link, redact, more=more
    )
    under_load = partial(
        steps.put_under_load, processes=processes, workers=workers, bind=bind, port=port
    )
    raise typer.Exit(run_steps(options, *steps.measuring(under_load)))


@app.command()
def worker(
    master: Annotated[str, typer.Option(help="HOST:PORT, as `load` prints it.")],
) -> None:
    """Send load for a `load --workers` on another machine, until that ends."""
    from loadtests.engines.launch import run_worker

    host, _, port = master.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{master!r} is not HOST:PORT.", param_hint="--master")
    raise typer.Exit(run_worker(host, int(port)))


@app.command()
def gate(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    run: Annotated[
        list[Path] | None,
        typer.Option(help="The run's folder; given several times, all are judged together."),
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Measure HEAD against what it started from in this branch.")
    ] = None,
    config: ConfigOption = None,
    profile: ProfileOption = "quick",
    scenarios: ScenariosOption = "",
    seed: SeedOption = None,
    runs: RunsOption = None,
    link: LinkOption = "",
    redact: RedactOption = False,
    history: HistoryOption = "",
    fail_on: Annotated[
        str, typer.Option(help="Exit with 0 after other verdicts than these, by comma.")
    ] = "regression,inconclusive,invalid",
    copy_to: Annotated[
        Path | None, typer.Option(help="Copy the run's files to this folder.")
    ] = None,
    github: Annotated[
        bool,
        typer.Option(
            "--github",
            envvar="GITHUB_ACTIONS",
            help="Write outputs, summary and annotations of a GitHub step; default: in a step.",
        ),
    ] = False,
) -> None:
    """Judge a run against the budgets of its configuration; the exit code is the verdict.

    With --base, first measure HEAD and its base side by side, each from its own worktree and
    environment. The options from --profile to --history apply only with --base. Several runs of
    one plan are judged together, with a correction for their number.
    """
    from contract.run.files import shown_path
    from reports.surfaces import job

    if base is not None and run:
        raise typer.BadParameter("judges a new run, --run an old one.", param_hint="--base")
    options = Options(
        *("gate", config, profile, "", scenarios, seed, runs, link, redact, history),
        base=base or "",
        github=github,
    )
    latest = options.runs_folder / "latest"
    folders = run or [latest]
    earlier = latest.resolve()

    def judge() -> int:
        job.check_fail_on(fail_on)
        if base is None:
            if not run:
                say(f"judging the latest run, {shown_path(latest.resolve())}")
            return steps.judge_runs(folders, github=github)
        return run_steps(options, *steps.measuring(steps.compare_revisions, steps.judge))

    code = exit_code_of(judge)
    judged = [one.resolve() for one in folders] if base is None else [latest.resolve()]
    # Several runs have no common report, and an earlier run's report is not this one's.
    new = len(judged) == 1 and judged[0].is_dir() and (base is None or judged[0] != earlier)
    folder = judged[0] if new else None
    raise typer.Exit(steps.hand_on(code, folder, fail_on, copy_to, github=github))


@app.command()
def suite(
    path: Annotated[Path, typer.Argument(help="A file or folder of pytest-benchmark tests.")],
    before: Annotated[
        str, typer.Option(help="NAME=VALUE, env:NAME=VALUE or rev:NAME, by comma.")
    ] = "",
    after: Annotated[str, typer.Option(help="The same for the other variant.")] = "",
    seconds: Annotated[float, typer.Option(min=1, help="Time for all processes together.")] = 60.0,
    python: Annotated[
        str,
        typer.Option(
            help="The Python that has the suite's packages; default: that of VIRTUAL_ENV, or of "
            ".venv beside the suite or above."
        ),
    ] = "",
    seed: SeedOption = None,
    runs: RunsOption = None,
) -> None:
    """Measure any pytest-benchmark suite in two variants, in pairs of fresh processes.

    A variant is a parameter of the tests, an environment variable, a revision, or several of
    these. With rev:NAME, suite and code come from that revision; a variant without rev: is the
    working tree as it is. Exit codes: 0 whatever it found, 2 unknown revision or parameter, 4 a
    test failed.
    """
    from contract.run.micro import MICRO_NAME
    from loadtests.measure_suite import measure_alone
    from loadtests.planning.suite import find_python, parse_variant, split_words
    from reports.publish import publish_suite

    used = python or find_python(path.absolute())
    variants = [
        parse_variant("before", split_words(before), used),
        parse_variant("after", split_words(after), used),
    ]
    folder, exit_code = measure_alone(
        path, variants, _runs_folder(runs), seconds, steps.new_seed(seed), sys.stderr
    )
    if (folder / MICRO_NAME).exists():
        publish_suite(folder, sys.stdout)
    raise typer.Exit(exit_code)


@app.command()
def compare(
    run_a: Annotated[Path, typer.Argument(help="The earlier run: its folder, or a tool's file.")],
    run_b: Annotated[Path, typer.Argument(help="The later run, likewise.")],
    page: Annotated[Path | None, typer.Option(help="Also write this HTML file.")] = None,
) -> None:
    """Compare two runs that were measured at different times.

    Reads files of pytest-benchmark, k6, Locust, hyperfine and autocannon, too. Exit codes: 0
    whatever it found, because runs that are not paired cannot fail a gate; 2 if a run or file
    cannot be used, or they have nothing in common.
    """
    from reports.publish import compare_runs_of

    raise typer.Exit(compare_runs_of(run_a, run_b, sys.stdout, page))


@app.command()
def report(
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; default: the latest run.")
    ] = None,
) -> None:
    """Render a run's report again."""
    from reports.publish import publish

    raise typer.Exit(publish(run or find_project().latest, sys.stdout))


@app.command()
def serve(
    size: Annotated[str, typer.Option(help="Seed data: small, medium or large.")] = "medium",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the data.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    link: Annotated[str, typer.Option(help=LINK_HELP)] = "lan",
) -> None:
    """Start the stack and the reference service, print how to call it, run until Ctrl-C."""
    check_extra("reference", "The reference service")
    from service.__main__ import main as serve_main

    options = {"--size": size, "--seed": str(seed), "--port": str(port), "--link": link}
    raise typer.Exit(serve_main([word for option in options.items() for word in option]))


@app.command()
def calibrate(
    live: Annotated[
        int, typer.Option(min=0, help="Live gates of unchanged code; 0: a few minutes in all.")
    ] = 0,
    effects: Annotated[
        str, typer.Option(help="Only these planted slowdowns, in percent, by comma.")
    ] = "",
    seed: SeedOption = None,
    runs: RunsOption = None,
) -> None:
    """Measure the gate's error rates on unchanged code and on planted slowdowns.

    Exit code 0: every declared bar is met; 1: one is missed.
    """
    check_extra("calibration", "Calibration")
    from calibration.conduct import calibrate
    from calibration.scale import EFFECTS, scale_of

    known = {f"{100 * effect:g}": effect for effect in EFFECTS}
    chosen = steps.split_names(effects)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]!r} is not planted. Valid: {', '.join(known)}.", param_hint="--effects"
        )
    drawn = steps.new_seed(seed)
    typed = make_command(
        "calibrate",
        {"--live": str(live) if live else "", "--effects": effects, "--seed": str(drawn)},
    )
    scale = scale_of(live, [known[name] for name in chosen])
    raise typer.Exit(calibrate(_runs_folder(runs), scale, drawn, typed, sys.stdout, sys.stderr))


@app.command()
def history(
    place: Annotated[
        str,
        typer.Option(
            "--history",
            help="A folder of runs or of entries, or s3://bucket/prefix of entries; default: runs/ "
            "beside the configuration.",
        ),
    ] = "",
    runs: Annotated[Path | None, typer.Option(help="The folder for the page of a bucket.")] = None,
) -> None:
    """Draw effects and latencies from run to run, and mark where they changed."""
    from reports.history.history import publish_history
    from reports.history.places import parse_place

    folder = _runs_folder(runs)
    raise typer.Exit(publish_history(parse_place(place or str(folder)), folder, sys.stdout))


@app.command()
def doctor(runs: RunsOption = None) -> None:
    """Report what on this machine disturbs a measurement, and what to do about it.

    Exit code 0: nothing serious; 3: something is.
    """
    from loadtests.machine.doctor import main as doctor_main

    raise typer.Exit(doctor_main(_runs_folder(runs), sys.stdout))


def _runs_folder(stated: Path | None) -> Path:
    return (stated or find_project().runs).absolute()


def read_run(run_folder: Path | str) -> "RunFrames":
    """A run as pandas data frames, for notebooks; docs/notebooks.md describes them.

    Args:
        run_folder: the run's folder, such as "runs/latest".

    Raises:
        InputError: the run cannot be used; the message says why and what to do.
    """
    from reports.judging import read_frames

    return read_frames(Path(run_folder))


def exit_code_of(work: Callable[[], int]) -> int:
    """Do the work; a person's error becomes one line, a fault of Versus a traceback and 2.

    Python would end with 1 after a traceback, which means "regression".
    """
    try:
        return work()
    except InputError as error:
        say(f"versus: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return steps.EXIT_INTERRUPTED
    except Exception:  # noqa: BLE001 - whatever it is, it is no verdict
        traceback.print_exc()
        say("versus: this is a fault of Versus, shown above; nothing was judged")
        return EXIT_USAGE


def main(argv: list[str]) -> int:
    """Run one command; its exit code."""

    def command() -> int:
        try:
            app(argv, prog_name="versus")
        except SystemExit as ended:
            return int(ended.code or 0)
        finally:
            sys.stdout.flush()
        return 0

    return exit_code_of(command)


def run() -> None:
    """The installed program."""
    guard_streams()
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
