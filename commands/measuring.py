"""Commands that measure: check beforehand, bench, load with its workers, and suite."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from commands import steps
from commands.answer import Answer
from commands.options import (
    ConfigOption,
    HistoryOption,
    JsonOption,
    LinkOption,
    ProfileOption,
    QuietOption,
    RedactOption,
    RunsOption,
    ScenariosOption,
    SeedOption,
    VariantsOption,
    VerboseOption,
    runs_folder,
)
from commands.steps import Options, run_steps
from commands.usage import UsageError, check_load, check_users
from commands.users import put_users_to_work


def check(
    base: Annotated[
        str, typer.Option(help="Check HEAD and what it started from in this branch.")
    ] = "",
    config: ConfigOption = None,
    profile: Annotated[str, typer.Option(help="As for bench; with --base, as for gate.")] = "",
    variants: VariantsOption = "",
    scenarios: ScenariosOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send each scenario twice and report, in seconds, what is wrong or cannot be decided.

    Exit codes: 0 nothing, 2 wrong configuration, 3 a budget cannot be decided in the profile's
    time, 4 a server does not start, an answer is wrong, or answers differ.
    """
    profile = profile or ("quick" if base else "default")
    options = Options(
        *("check", config, profile, variants, scenarios, None, None, "", False),
        base=base,
        answer=(answer := Answer("check", as_json, quiet)),
    )
    revisions = (steps.take_revisions,) if base else ()
    raise answer.end(lambda: run_steps(options, steps.make_plan, *revisions, steps.check))


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
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Measure every scenario in every variant, print the table, write the report.

    Exit code 0: the run is valid, whatever it found. `gate` judges it.
    """
    options = Options(
        *("bench", config, profile, variants, scenarios, seed, runs, link, redact, history),
        answer=(answer := Answer("bench", as_json, quiet, verbose)),
    )
    raise answer.end(lambda: run_steps(options, *steps.measuring(steps.stop_when_decided)))


def load(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    context: typer.Context,
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
    locustfile: Annotated[
        Path | None, typer.Option(help="A Locust file, whose users send instead of scenarios.")
    ] = None,
    users: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of its users at a time.")
    ] = 10,
    tags: Annotated[str, typer.Option(help="Only its tasks with these tags, by comma.")] = "",
    user_classes: Annotated[
        str, typer.Option(help="Only users of these classes of it, by comma.")
    ] = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Measure latency under load and capacity in every variant, all scenarios at once.

    With --locustfile, users of that file send in a closed loop, and capacity is not searched.
    Exit code 0: the run is valid, whatever it found. The connection to workers is neither
    encrypted nor authenticated: use a network that you trust.
    """
    of_file = {
        "--locustfile": str(locustfile),
        "--users": str(users),
        "--tags": tags,
        "--user-classes": user_classes,
    }
    more = (of_file if locustfile else {}) | {
        "--processes": str(processes) if processes > 1 else "",
        "--workers": str(workers) if workers else "",
        "--bind": bind if workers else "",
        "--port": str(port) if port else "",
    }
    options = Options(
        *("load", config, profile, variants, scenarios, seed, runs, link, redact),
        more=more,
        answer=(answer := Answer("load", as_json, quiet, verbose)),
    )
    of_users = partial(put_users_to_work, users=users, tags=tags, user_classes=user_classes)
    under_load = partial(
        steps.put_under_load, processes=processes, workers=workers, bind=bind, port=port
    )

    def measure() -> int:
        check_users(context, of_locustfile=locustfile is not None)
        if locustfile:
            return run_steps(options, *steps.measuring(partial(of_users, locustfile=locustfile)))
        check_load(context, is_remote=workers > 0, is_distributed=workers > 0 or processes > 1)
        return run_steps(options, *steps.measuring(under_load))

    raise answer.end(measure)


def worker(
    master: Annotated[str, typer.Option(help="HOST:PORT, as `load` prints it.")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Send load for a `load --workers` on another machine, until that ends."""
    from loadtests.engines.launch import run_worker

    def work() -> int:
        host, _, port = master.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise UsageError(
                f"--master: {master!r:.80} is not HOST:PORT, such as 10.0.0.2:5557. See `versus "
                "worker --help`."
            )
        return run_worker(host, int(port))

    raise Answer("worker", as_json, quiet).end(work)


def suite(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
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
    as_json: JsonOption = False,
    quiet: QuietOption = False,
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

    answer = Answer("suite", as_json, quiet)

    def measure() -> int:
        used = python or find_python(path.absolute())
        variants = [
            parse_variant("before", split_words(before), used),
            parse_variant("after", split_words(after), used),
        ]
        folder, exit_code = measure_alone(
            path, variants, runs_folder(runs), seconds, steps.new_seed(seed), answer.progress
        )
        if (folder / MICRO_NAME).exists():
            answer.found(run=folder, functions=publish_suite(folder, answer.out))
        return exit_code

    raise answer.end(measure)
