"""Commands around measuring: the machine, the reference service, the gate's own error rates."""

import math
import os
from pathlib import Path
from typing import Annotated

import typer

from commands import steps
from commands.answer import Answer
from commands.ending import exit_code_of
from commands.options import (
    LINK_HELP,
    JsonOption,
    QuietOption,
    RunsOption,
    SeedOption,
    runs_folder,
)
from commands.usage import UsageError, refuse_idle
from contract.extras import check_extra
from contract.typed import make_command


def doctor(
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Report what on this machine disturbs a measurement, and what to do about it.

    Exit code 0: nothing serious; 3: something is.
    """
    from loadtests.machine.doctor import main as doctor_main

    answer = Answer("doctor", as_json, quiet)

    def examine() -> int:
        code, findings = doctor_main(runs_folder(runs), answer.out)
        answer.found(findings=findings)
        return code

    raise answer.end(examine)


def serve(
    size: Annotated[str, typer.Option(help="Seed data: small, medium or large.")] = "medium",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the data.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    link: Annotated[str, typer.Option(help=LINK_HELP)] = "lan",
    as_json: JsonOption = False,
) -> None:
    """Start the stack and the reference service, print how to call it, run until Ctrl-C.

    With --json, the document has the address and the headers that authenticate a request.
    """
    options = {"--size": size, "--seed": str(seed), "--port": str(port), "--link": link}
    if as_json:
        # It is closed as soon as the document is written.
        options["--ready-fd"] = str(os.dup(1))

    def serve_until_stopped() -> int:
        check_extra("reference", "The reference service")
        from service.__main__ import main as serve_main

        return serve_main([word for option in options.items() for word in option])

    raise typer.Exit(exit_code_of(serve_until_stopped))


def calibrate(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    context: typer.Context,
    run: Annotated[
        Path | None,
        typer.Option(
            help="Replay gates on this run of your service: of its canary, or of a gate of a "
            "commit against itself."
        ),
    ] = None,
    scenario: Annotated[str, typer.Option(help="With --run: the scenario of unchanged code.")] = "",
    live: Annotated[
        int, typer.Option(min=0, help="Live gates of unchanged code; 0: a few minutes in all.")
    ] = 0,
    effects: Annotated[
        str, typer.Option(help="Only these planted slowdowns, in percent, by comma.")
    ] = "",
    seed: SeedOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Measure the gate's error rates on unchanged code and on planted slowdowns.

    Without --run, on a server of its own: exit code 0 if every declared bar is met, 1 if one is
    missed. With --run, on what a run of your service recorded: exit code 0.
    """
    if run is not None:
        refuse_idle(context, ["live", "runs"], "works only without --run")
        answer = Answer("calibrate", as_json, quiet)
        raise answer.end(lambda: _calibrate_run(run, scenario, effects, seed, answer))
    refuse_idle(context, ["scenario"], "works only with --run")
    check_extra("calibration", "Calibration")
    from calibration.conduct import calibrate
    from calibration.scale import EFFECTS, scale_of

    known = {f"{100 * effect:g}": effect for effect in EFFECTS}
    chosen = steps.split_names(effects)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise UsageError(
            f"--effects: {unknown[0]!r:.80} is not planted. Valid: {', '.join(known)}."
        )
    drawn = steps.new_seed(seed)
    typed = make_command(
        "calibrate",
        {"--live": str(live) if live else "", "--effects": effects, "--seed": str(drawn)},
    )
    scale = scale_of(live, [known[name] for name in chosen])
    answer = Answer("calibrate", as_json, quiet)
    raise answer.end(
        lambda: calibrate(runs_folder(runs), scale, drawn, typed, answer.out, answer.progress)
    )


_EFFECT_MAX = 10.0
"""The largest slowdown that may be planted: eleven times as long."""


def _calibrate_run(run: Path, scenario: str, effects: str, seed: int | None, answer: Answer) -> int:
    """Calibrate gates on a run, and answer with the result."""
    from calibration.own_run import calibrate_run, print_calibrated

    drawn = steps.new_seed(seed)
    typed = make_command(
        "calibrate",
        {"--run": str(run), "--scenario": scenario, "--effects": effects, "--seed": str(drawn)},
    )
    planted = [_effect(word) for word in dict.fromkeys(steps.split_names(effects))]
    found = calibrate_run(run, scenario, planted, drawn, typed, answer.progress)
    print_calibrated(found, run, answer.out)
    answer.found(run=run, calibrated=found)
    return 0


def _effect(word: str) -> float:
    """A planted slowdown as typed, in percent.

    Raises:
        UsageError: it is none.
    """
    try:
        effect = float(word) / 100
    except ValueError:
        effect = math.nan
    if not 0 < effect <= _EFFECT_MAX:
        raise UsageError(
            f"--effects: {word!r:.80} is no slowdown in percent; more than 0 and at most "
            f"{100 * _EFFECT_MAX:g} is needed, such as 5."
        )
    return effect
