"""Commands about what was measured: gate, which may measure first, compare, report, history."""

from pathlib import Path
from typing import Annotated

import typer

from commands import steps
from commands.answer import Answer
from commands.jobs import hand_to_job
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
    VerboseOption,
    runs_folder,
)
from commands.steps import Options, run_steps
from commands.usage import check_gate, refuse_idle
from contract.exit_codes import verdict_name
from contract.project import find_project


def gate(  # noqa: PLR0913, PLR0917 - each option of a command is an argument
    context: typer.Context,
    run: Annotated[
        list[Path] | None,
        typer.Option(help="The run's folder; given several times, all are judged together."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="Measure HEAD against what it started from in this branch; auto: that of CI's "
            "event, else the default branch."
        ),
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
    report_url: Annotated[
        str,
        typer.Option(help="Where the run's files will be published; a step's summary links there."),
    ] = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Judge a run against the budgets of its configuration; the exit code is the verdict.

    With --base, first measure HEAD and its base side by side, each from its own worktree and
    environment; what is about measuring needs it. Several runs of one plan are judged together,
    with a correction for their number.
    """
    from contract.run.files import shown_path
    from reports.surfaces import job

    answer = Answer("gate", as_json, quiet, verbose)
    options = Options(
        *("gate", config, profile, "", scenarios, seed, runs, link, redact, history),
        base=base or "",
        github=github,
        answer=answer,
    )
    latest = options.runs_folder / "latest"
    folders = run or [latest]
    earlier = latest.resolve()

    def judge() -> int:
        check_gate(context, is_run_named=bool(run), is_base_named=base is not None)
        job.check_fail_on(fail_on)
        job.check_address(report_url)
        if not github:
            refuse_idle(context, ["report_url"], "works only with --github")
        if base is None:
            if not run:
                answer.say(f"judging the latest run, {shown_path(latest.resolve())}")
            return steps.judge_runs(folders, answer, github=github)
        return run_steps(options, *steps.measuring(steps.compare_revisions, steps.judge))

    def hand_on() -> int:
        code = answer.code_of(judge)
        judged = [one.resolve() for one in folders] if base is None else [latest.resolve()]
        # Several runs have no common report, and an earlier run's report is not this one's.
        new = len(judged) == 1 and judged[0].is_dir() and (base is None or judged[0] != earlier)
        folder = judged[0] if new else None
        answer.found(run=folder, verdict=verdict_name(code))
        return hand_to_job(
            *(code, folder, fail_on, copy_to),
            github=github,
            report_url=report_url,
            error=answer.error,
        )

    raise answer.end(hand_on)


def compare(
    run_a: Annotated[Path, typer.Argument(help="The earlier run: its folder, or a tool's file.")],
    run_b: Annotated[Path, typer.Argument(help="The later run, likewise.")],
    page: Annotated[Path | None, typer.Option(help="Also write this HTML file.")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Compare two runs that were measured at different times.

    Reads files of pytest-benchmark, k6, Locust, hyperfine and autocannon, too. Exit codes: 0
    whatever it found, because runs that are not paired cannot fail a gate; 2 if a run or file
    cannot be used, or they have nothing in common.
    """
    from reports.publish import compare_runs_of

    answer = Answer("compare", as_json, quiet)

    def compare_both() -> int:
        answer.found(comparison=compare_runs_of(run_a, run_b, answer.out, page))
        return 0

    raise answer.end(compare_both)


def report(
    run: Annotated[
        Path | None, typer.Option(help="The run's folder; default: the latest run.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Render a run's report again."""
    answer = Answer("report", as_json, quiet, verbose)
    folder = run or find_project().latest
    raise answer.end(lambda: steps.publish_run(folder, answer))


def history(
    context: typer.Context,
    place: Annotated[
        str,
        typer.Option(
            "--history",
            help="A folder of runs or of entries, or s3://bucket/prefix of entries; default: runs/ "
            "beside the configuration.",
        ),
    ] = "",
    runs: Annotated[Path | None, typer.Option(help="The folder for the page of a bucket.")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Draw effects and latencies from run to run, and mark where they changed."""
    from reports.history.history import publish_history
    from reports.history.places import parse_place

    answer = Answer("history", as_json, quiet)
    folder = runs_folder(runs)

    def publish() -> int:
        if place and not place.startswith("s3://"):
            refuse_idle(context, ["runs"], "works only with a bucket")
        kept_in = parse_place(place or str(folder))
        answer.found(history=publish_history(kept_in, folder, answer.out))
        return 0

    raise answer.end(publish)
