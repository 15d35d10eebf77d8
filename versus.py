"""The commands, and how the rooms are joined: service -> measure -> record -> compare -> render.

`python -m versus COMMAND` does what `make COMMAND` does and ends with the verdict's own exit
code: 0 pass, 1 regression, 2 usage or bad input, 3 inconclusive, 4 invalid run, 130 interrupted.
"""

import secrets
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

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

RunOption = Annotated[Path, typer.Option(help="The run's folder.")]
LATEST = ROOT / "runs" / "latest"
DEFAULT_CONFIG = ROOT / "versus.toml"
LINK_HELP = "Database and store as far away as lan, region, wan or RTTms,Mbit."


@app.command()
def bench(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    config: Annotated[Path, typer.Option(help="What to measure.")] = DEFAULT_CONFIG,
    profile: Annotated[str, typer.Option(help="How thoroughly: a name in [profiles].")] = "default",
    variants: Annotated[str, typer.Option(help="Only the baseline and these, by comma.")] = "",
    scenarios: Annotated[str, typer.Option(help="Only these, by comma.")] = "",
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="The coins of an earlier run.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="The folder that runs go to.")] = ROOT / "runs",
    link: Annotated[str, typer.Option(help=LINK_HELP)] = "",
    redact: Annotated[
        bool, typer.Option("--redact", help="Record no host name, path or branch.")
    ] = False,
) -> None:
    """Measure every scenario in every variant, print the table, write the report.

    Ends with 0 when the run is valid, whatever it found; `gate` judges what it found.
    """
    from loadtests.config import PlanError
    from loadtests.plan import load_plan
    from loadtests.runner import measure
    from reports.budgets import parse_settings
    from reports.model import ReportError
    from reports.record import shown_path

    plan = load_plan(
        config,
        profile=profile,
        variants=_names(variants),
        scenarios=_names(scenarios),
        seed=secrets.randbelow(2**31) if seed is None else seed,
        link=link or None,
    )
    # A wrong budget shall be told before measuring, not after.
    stated = {**plan.config, "baseline": plan.baseline}
    try:
        parse_settings(stated, plan.target.stages, plan.target.counters)
    except ReportError as error:
        raise PlanError(f"{config}: {error}") from None
    options = {
        "CONFIG": "" if config.resolve() == DEFAULT_CONFIG else str(config),
        "PROFILE": profile,
        "VARIANTS": variants,
        "SCENARIOS": scenarios,
        "SEED": str(plan.seed),
        "LINK": link,
        "REDACT": "1" if redact else "",
    }
    words = [f"{name}={shlex.quote(value)}" for name, value in options.items() if value]
    command = " ".join(["make bench", *words])
    measured = measure(plan, ROOT, runs, command, sys.stderr, redact=redact)
    if measured.exit_code == EXIT_INTERRUPTED or not (measured.samples and measured.closed):
        sys.stderr.write(f"{measured.samples} samples kept in {shown_path(measured.folder)}\n")
        raise typer.Exit(measured.exit_code)
    from reports.publish import publish

    try:
        published = publish(measured.folder, sys.stdout)
    except KeyboardInterrupt:
        shown = shown_path(measured.folder)
        sys.stderr.write(f"interrupted; all is measured: `make report RUN={shown}` renders it\n")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    raise typer.Exit(max(measured.exit_code, published))


@app.command()
def gate(run: RunOption = LATEST) -> None:
    """Judge a run against the budgets of its configuration; the exit code says how it ended."""
    from reports.publish import gate

    raise typer.Exit(gate(run, sys.stdout))


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
def doctor(
    runs: Annotated[Path, typer.Option(help="The folder that runs go to.")] = ROOT / "runs",
) -> None:
    """Say what on this machine will hurt a measurement, and what to do about it.

    Ends with 0 when nothing serious was found, else with 3.
    """
    from loadtests.doctor import main as doctor_main

    raise typer.Exit(doctor_main(ROOT, runs, sys.stdout))


def _names(option: str) -> list[str]:
    return [name.strip() for name in option.split(",") if name.strip()]


def main(argv: list[str]) -> int:
    """Run one command; anyone's bad input becomes one line and exit code 2."""
    from loadtests.config import PlanError
    from loadtests.runner import MeasureError
    from reports.model import ReportError
    from reports.record import RecordError

    try:
        app(argv, prog_name="versus")
    except (PlanError, MeasureError, ReportError, RecordError) as error:
        sys.stderr.write(f"versus: {error}\n")
        return EXIT_USAGE
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
