"""The commands, and how the rooms are joined: service -> measure -> record -> compare -> render.

`python -m versus COMMAND` does what `make COMMAND` does and ends with the verdict's own exit
code: 0 pass, 1 regression, 2 usage or bad input, 3 inconclusive, 4 invalid run, 130 interrupted.
"""

import os
import secrets
import shlex
import sys
import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from contract.run.record import RunRecord
    from loadtests.engines.looks import Look
    from loadtests.planning.plan import Plan

ROOT = Path(__file__).resolve().parent
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="versus",
    help="Says what a change made faster or slower in an HTTP service, and how sure that is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

LATEST = ROOT / "runs" / "latest"
DEFAULT_CONFIG = ROOT / "versus.toml"
LINK_HELP = "Database and store as far away as lan, region, wan or RTTms,Mbit."

RunOption = Annotated[Path, typer.Option(help="The run's folder.")]
RunsOption = Annotated[Path, typer.Option(help="The folder that runs go to.")]
ConfigOption = Annotated[Path, typer.Option(help="What to measure.")]
ProfileOption = Annotated[str, typer.Option(help="How thoroughly: a name in [profiles].")]
VariantsOption = Annotated[str, typer.Option(help="Only the baseline and these, by comma.")]
ScenariosOption = Annotated[str, typer.Option(help="Only these, by comma.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, max=2**31 - 1, help="The coins of an earlier run.")
]
LinkOption = Annotated[str, typer.Option(help=LINK_HELP)]
HistoryOption = Annotated[
    str,
    typer.Option(help="Add what was found to this folder or s3://bucket/prefix, for `history`."),
]
RedactOption = Annotated[
    bool, typer.Option("--redact", help="Record no host name, path or branch.")
]


@dataclass(frozen=True)
class _Asked:
    """What a person typed, common to all commands that measure."""

    config: Path
    profile: str
    variants: str
    scenarios: str
    seed: int | None
    runs: Path
    link: str
    redact: bool
    history: str = ""


@app.command()
def bench(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    config: ConfigOption = DEFAULT_CONFIG,
    profile: ProfileOption = "default",
    variants: VariantsOption = "",
    scenarios: ScenariosOption = "",
    seed: SeedOption = None,
    runs: RunsOption = ROOT / "runs",
    link: LinkOption = "",
    redact: RedactOption = False,
    history: HistoryOption = "",
) -> None:
    """Measure every scenario in every variant, print the table, write the report.

    Ends with 0 when the run is valid, whatever it found; `gate` judges what it found.
    """
    asked = _Asked(config, profile, variants, scenarios, seed, runs, link, redact, history)
    _measure(asked, _plan(asked), "bench", {}, look=_decided)


@app.command()
def load(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    config: ConfigOption = DEFAULT_CONFIG,
    profile: ProfileOption = "default",
    variants: VariantsOption = "",
    scenarios: ScenariosOption = "",
    seed: SeedOption = None,
    runs: RunsOption = ROOT / "runs",
    link: LinkOption = "",
    redact: RedactOption = False,
    processes: Annotated[int, typer.Option(min=1, help="Send from so many processes.")] = 1,
    workers: Annotated[
        int, typer.Option(min=0, help="Send from so many workers on other machines instead.")
    ] = 0,
    bind: Annotated[
        str, typer.Option(help="The address at which workers find this machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port at which they do; 0: any free one.")
    ] = 0,
) -> None:
    """Measure latency under load and capacity in every variant, all scenarios at once.

    Ends with 0 when the run is valid, whatever it found. What workers are told and tell is neither
    encrypted nor proven: let them connect over a network that you trust.
    """
    from loadtests.planning.plan import Crew

    asked = _Asked(config, profile, variants, scenarios, seed, runs, link, redact)
    crew = Crew(processes=processes, remote=workers, bind_host=bind, port=port)
    options = {
        "PROCESSES": str(processes) if processes > 1 else "",
        "WORKERS": str(workers) if workers else "",
        "BIND": bind if workers else "",
        "PORT": str(port) if port else "",
    }
    _measure(asked, _plan(asked).under_load(crew), "load", options)


@app.command()
def worker(
    master: Annotated[str, typer.Option(help="HOST:PORT, as `load` prints it.")],
) -> None:
    """Send load for a `load` that runs on another machine, until that one is done."""
    from loadtests.engines.launch import run_worker

    host, _, port = master.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise typer.BadParameter(f"{master!r} is not HOST:PORT.", param_hint="--master")
    raise typer.Exit(run_worker(host, int(port)))


def _plan(asked: _Asked) -> "Plan":

    from loadtests.planning.plan import load_plan

    return load_plan(
        asked.config,
        profile=asked.profile,
        variants=_names(asked.variants),
        scenarios=_names(asked.scenarios),
        seed=secrets.randbelow(2**31) if asked.seed is None else asked.seed,
        link=asked.link or None,
    )


def _decided(record: "RunRecord", samples: Any) -> Collection[str]:
    """The scenarios of which more measuring would tell nothing that was asked."""
    from reports.verdicts.settings import settings_of
    from reports.verdicts.stopping import decided

    return decided(record, samples, settings_of(record))


def _measure(
    asked: _Asked,
    plan: "Plan",
    command: str,
    more: Mapping[str, str],
    look: "Look | None" = None,
) -> NoReturn:
    """Measure and publish; ends the command.

    Args:
        asked: what a person typed.
        plan: what follows from it.
        command: to type again, with ...
        more: ... the options that only this command has.
        look: says which scenarios are decided; without it all take their time.
    """
    from contract.run.record import shown_path
    from loadtests.runner import measure

    _try_keeping(asked)
    typed = _typed(command, asked, plan.seed, more)
    measured = measure(plan, ROOT, asked.runs, typed, sys.stderr, redact=asked.redact, look=look)
    if measured.exit_code == EXIT_INTERRUPTED or not (measured.samples and measured.closed):
        sys.stderr.write(f"{measured.samples} samples kept in {shown_path(measured.folder)}\n")
        raise typer.Exit(measured.exit_code)
    from reports.publish import publish

    try:
        published = publish(measured.folder, sys.stdout)
        _keep(measured.folder, asked)
    except KeyboardInterrupt:
        shown = shown_path(measured.folder)
        sys.stderr.write(f"interrupted; all is measured: `make report RUN={shown}` renders it\n")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    raise typer.Exit(max(measured.exit_code, published))


def _typed(command: str, asked: _Asked, seed: int, more: Mapping[str, str]) -> str:
    """What a person types to measure the same again."""
    options = {
        "CONFIG": "" if asked.config.resolve() == DEFAULT_CONFIG else str(asked.config),
        "PROFILE": asked.profile,
        "VARIANTS": asked.variants,
        "SCENARIOS": asked.scenarios,
        "SEED": str(seed),
        "LINK": asked.link,
        **more,
        "REDACT": "1" if asked.redact else "",
    }
    words = [f"{name}={shlex.quote(value)}" for name, value in options.items() if value]
    return " ".join([f"make {command}", *words])


@app.command()
def gate(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    run: Annotated[
        list[Path] | None,
        typer.Option(help="The run's folder; given several times, all are judged together."),
    ] = None,
    base: Annotated[
        str, typer.Option(help="Measure HEAD against what it started from in this branch.")
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    profile: ProfileOption = "quick",
    scenarios: ScenariosOption = "",
    seed: SeedOption = None,
    runs: RunsOption = ROOT / "runs",
    link: LinkOption = "",
    redact: RedactOption = False,
    history: HistoryOption = "",
) -> None:
    """Judge a run against the budgets of its configuration; the exit code says how it ended.

    Several runs of one plan are judged by what all of them say, however many somebody measured.
    With --base a run is measured first: HEAD and its base side by side, each from its own worktree
    and environment. Only then the options after --base have a meaning.
    """
    from reports.publish import gate, gate_together

    if base and run:
        raise typer.BadParameter("judges a new run, --run an old one.", param_hint="--base")
    annotate = os.environ.get("GITHUB_ACTIONS") == "true"
    if base:
        asked = _Asked(config, profile, "", scenarios, seed, runs, link, redact, history)
        raise typer.Exit(_gate_change(asked, base, annotate=annotate))
    judged = run or [LATEST]
    if len(judged) == 1:
        raise typer.Exit(gate(judged[0], sys.stdout, annotate=annotate))
    raise typer.Exit(gate_together(judged, sys.stdout, annotate=annotate))


def _gate_change(asked: _Asked, base: str, *, annotate: bool) -> int:
    """Measure HEAD against its base, publish, judge; the exit code."""
    from loadtests.revisions.resolving import check_clean, resolve
    from loadtests.runner import measure
    from reports.publish import gate, publish

    change = resolve(asked.config.resolve().parent, base, _say)
    check_clean(change)
    plan = _plan(asked).between(change)
    _try_keeping(asked)
    # A branch moves on; what was measured stays where it is.
    typed = _typed("gate", asked, plan.seed, {"BASE": change.base.short})
    measured = measure(
        plan,
        ROOT,
        asked.runs,
        typed,
        sys.stderr,
        redact=asked.redact,
        look=_settled,
        failed=_failed,
    )
    if measured.exit_code == EXIT_INTERRUPTED or not measured.closed:
        return measured.exit_code
    publish(measured.folder, sys.stdout)
    sys.stdout.write("\n")
    # A revision that cannot be measured has its own code, and its reason stands on the page.
    code = measured.exit_code or gate(measured.folder, sys.stdout, annotate=annotate)
    _keep(measured.folder, asked)
    return code


def _try_keeping(asked: _Asked) -> None:
    """A history that takes nothing shall be told before measuring, not after."""
    from reports.history.history import parse_place, try_keeping

    if asked.history:
        try_keeping(parse_place(asked.history))


def _keep(run_folder: Path, asked: _Asked) -> None:
    """Leave a run's entry where somebody collects them.

    Where it cannot be left any more, that is told, and what was measured keeps its verdict.
    """
    from contract.run.record import shown_path
    from reports.history.entry import ENTRY_NAME
    from reports.history.history import keep_entry, parse_place
    from reports.model import ReportError
    from reports.surfaces.annotation import history_warning

    if not asked.history:
        return
    try:
        keep_entry(run_folder, parse_place(asked.history))
    except ReportError as error:
        entry = shown_path(run_folder / ENTRY_NAME)
        told = f"{error} The history misses this run; copy {entry} there, under a name of its own."
        _say(f"versus: {told}")
        if os.environ.get("GITHUB_ACTIONS") == "true":
            # The page's path stays the last line of the output; orders are taken from both streams.
            _say(history_warning(told))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _settled(record: "RunRecord", samples: Any) -> Collection[str]:
    """All scenarios once nobody needs more, as the gate judges."""
    from reports.verdicts.settings import settings_of
    from reports.verdicts.stopping import settled

    return settled(record, samples, settings_of(record))


def _failed(record: "RunRecord", samples: Any) -> bool:
    """Whether the gate is lost already."""
    from reports.verdicts.settings import settings_of
    from reports.verdicts.stopping import failed

    return failed(record, samples, settings_of(record))


@app.command()
def suite(
    path: Annotated[Path, typer.Argument(help="A file or folder of pytest-benchmark tests.")],
    before: Annotated[
        str, typer.Option(help="NAME=VALUE, env:NAME=VALUE or rev:NAME, by comma.")
    ] = "",
    after: Annotated[str, typer.Option(help="Likewise, of the other variant.")] = "",
    seconds: Annotated[float, typer.Option(min=1, help="For all processes together.")] = 60.0,
    seed: SeedOption = None,
    runs: RunsOption = ROOT / "runs",
) -> None:
    """Measure any pytest-benchmark suite in two variants, in pairs of fresh processes.

    A variant is a parameter of the tests, a variable of the environment, a revision, or several
    of them. A revision is what rev: names, each with the suite and the code that it has; beside
    one, the variant without rev: is the files as they are. Ends with 0, whatever it found; 2
    where there is no such revision; 4 where a test failed.
    """
    from contract.run.micro import read_micro
    from loadtests.measure_suite import measure_alone
    from loadtests.planning.suite import parse_variant
    from reports.publish import publish_suite

    variants = [
        parse_variant(*one) for one in (("before", _names(before)), ("after", _names(after)))
    ]
    drawn = secrets.randbelow(2**31) if seed is None else seed
    folder, exit_code = measure_alone(path, variants, runs, seconds, drawn, sys.stderr)
    if read_micro(folder) is not None:
        publish_suite(folder, sys.stdout)
    raise typer.Exit(exit_code)


@app.command()
def compare(
    run_a: Annotated[Path, typer.Argument(help="The run before: its folder, or a tool's file.")],
    run_b: Annotated[Path, typer.Argument(help="The run after: likewise.")],
    page: Annotated[Path | None, typer.Option(help="Write it to this HTML file, too.")] = None,
) -> None:
    """Hold two runs against each other that were measured at different times.

    Files of pytest-benchmark, k6, Locust, hyperfine and autocannon are laid side by side. Ends
    with 0, whatever it found: runs that are not paired cannot fail a gate.
    """
    from reports.publish import compare_runs_of

    raise typer.Exit(compare_runs_of(run_a, run_b, sys.stdout, page))


@app.command()
def report(run: RunOption = LATEST) -> None:
    """Render a run's report again."""
    from reports.publish import publish

    raise typer.Exit(publish(run, sys.stdout))


@app.command()
def serve(
    size: Annotated[str, typer.Option(help="Seed data: small, medium or large.")] = "medium",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the data.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    link: Annotated[str, typer.Option(help=LINK_HELP)] = "lan",
) -> None:
    """Start the stack and the reference service, print how to call it, run until Ctrl-C."""
    from service.__main__ import main as serve_main

    options = {"--size": size, "--seed": str(seed), "--port": str(port), "--link": link}
    raise typer.Exit(serve_main([word for option in options.items() for word in option]))


@app.command()
def calibrate(
    live: Annotated[
        int, typer.Option(min=0, help="Live gates of unchanged code; 0: a few minutes in all.")
    ] = 0,
    effects: Annotated[str, typer.Option(help="Only these slowdowns in percent, by comma.")] = "",
    seed: SeedOption = None,
    runs: RunsOption = ROOT / "runs",
) -> None:
    """Prove the harness: gates on unchanged code and on planted slowdowns, against declared bars.

    Ends with 0 when every bar is met, with 1 when one is missed.
    """
    from calibration.conduct import calibrate
    from calibration.scale import EFFECTS, scale_of

    known = {f"{100 * effect:g}": effect for effect in EFFECTS}
    unknown = [name for name in _names(effects) if name not in known]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]!r} is not planted. Valid: {', '.join(known)}.", param_hint="--effects"
        )
    drawn = secrets.randbelow(2**31) if seed is None else seed
    options = {"LIVE": str(live) if live else "", "EFFECTS": effects, "SEED": str(drawn)}
    words = [f"{name}={shlex.quote(value)}" for name, value in options.items() if value]
    scale = scale_of(live, [known[name] for name in _names(effects)])
    typed = " ".join(["make calibrate", *words])
    raise typer.Exit(calibrate(ROOT, runs, scale, drawn, typed, sys.stdout, sys.stderr))


@app.command()
def history(
    place: Annotated[
        str,
        typer.Option(
            "--history", help="A folder of runs, or of entries; or s3://bucket/prefix of these."
        ),
    ] = str(ROOT / "runs"),
    runs: Annotated[Path, typer.Option(help="The folder that the page of a bucket goes to.")] = (
        ROOT / "runs"
    ),
) -> None:
    """Draw how effects and latencies moved from run to run, and say where they changed."""
    from reports.history.history import parse_place, publish_history, publish_prefix

    found = parse_place(place)
    if isinstance(found, Path):
        raise typer.Exit(publish_history(found, sys.stdout))
    raise typer.Exit(publish_prefix(found, runs, sys.stdout))


@app.command()
def doctor(
    runs: RunsOption = ROOT / "runs",
) -> None:
    """Say what on this machine will hurt a measurement, and what to do about it.

    Ends with 0 when nothing serious was found, else with 3.
    """
    from loadtests.machine.doctor import main as doctor_main

    raise typer.Exit(doctor_main(ROOT, runs, sys.stdout))


def _names(option: str) -> list[str]:
    return [name.strip() for name in option.split(",") if name.strip()]


def main(argv: list[str]) -> int:
    """Run one command; anyone's bad input becomes one line and exit code 2.

    So does a mistake of our own, with its traceback: a crash must not look like a verdict.
    """
    from contract.errors import InputError
    from loadtests.course import MeasureError
    from loadtests.planning.suite import SuiteError
    from loadtests.revisions.states import RevisionError

    try:
        app(argv, prog_name="versus")
    except RevisionError as error:
        sys.stderr.write(f"versus: {error}\n")
        return error.state.exit_code
    except (InputError, MeasureError, SuiteError) as error:
        sys.stderr.write(f"versus: {error}\n")
        return EXIT_USAGE
    except SystemExit as ended:
        return int(ended.code or 0)
    except Exception:  # noqa: BLE001 - Python would end with 1, which says "regression"
        traceback.print_exc()
        sys.stderr.write("versus: a mistake of Versus itself, told above; nothing was judged\n")
        return EXIT_USAGE
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
