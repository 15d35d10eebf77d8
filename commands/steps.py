"""The steps of commands that measure: plan, prepare, measure, publish, judge, keep the history.

Each step gets the value of the one before it; an exit code (int) ends the command.
"""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.answer import Answer
from commands.ending import ending_at_once, say, say_command
from commands.jobs import annotate_step
from commands.options import runs_folder
from contract.exit_codes import INTERRUPTED
from contract.project import Project, find_project, require_config
from contract.typed import make_command

if TYPE_CHECKING:
    from loadtests.engines.looks import Failed, Look
    from loadtests.engines.outlook import Predict
    from loadtests.planning.plan import Plan
    from loadtests.runner import Measured
    from reports.effects.comparison import Comparison


@dataclass(frozen=True)
class Options:
    """What a person typed for a command that measures.

    Attributes:
        config, runs: as typed; None: the project's own.
        base: the revision to compare HEAD with; empty for a comparison of variants.
        more: options that only this command has, by name.
    """

    command: str
    config: Path | None
    profile: str
    variants: str
    scenarios: str
    seed: int | None
    runs: Path | None
    link: str
    redact: bool
    history: str = ""
    base: str = ""
    github: bool = False
    answer: Answer = field(default_factory=lambda: Answer(""))
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Project:
        """Where configuration, runs and caches are."""
        return find_project(self.config)

    @property
    def runs_folder(self) -> Path:
        """The folder that takes the run."""
        return runs_folder(self.runs, self.config)


@dataclass(frozen=True)
class Trial:
    """A plan and when to stop measuring it.

    Attributes:
        look: returns the scenarios that need no more measuring; None: all take their time.
        failed: returns whether the gate has already failed, so that nothing else is measured.
        predict: returns what cannot be decided in the plan's time, a line for each metric.
        notes: lines to print before measuring; where the plan cannot be measured, that is what a
            person must read.
    """

    options: Options
    plan: "Plan"
    look: "Look | None" = None
    failed: "Failed | None" = None
    predict: "Predict | None" = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """A measured run and the exit code so far."""

    options: Options
    measured: "Measured"
    exit_code: int


Step = Callable[[Any], Any]


def run_steps(value: Any, *steps: Step) -> int:
    """Give each step the value of the one before it; the first exit code (int) ends it."""
    for step in steps:
        value = step(value)
        if isinstance(value, int):
            return value
    raise AssertionError(f"{steps[-1]} returned no exit code")


def measuring(prepare: Step, *judge: Step) -> tuple[Step, ...]:
    """The steps of every command that measures; they differ in how they prepare and judge."""
    steps = (make_plan, prepare, check_history, measure, publish)
    return (*steps, *judge, keep_history, lambda run: run.exit_code)


def make_plan(options: Options) -> Trial:
    """Read the configuration; a wrong one ends the command before anything is measured."""
    with ending_at_once(lambda: options.answer.write(INTERRUPTED)):
        return _planned(options)


def _planned(options: Options) -> Trial:
    from contract.errors import ConfigError
    from loadtests.planning.plan import load_plan

    if options.command == "gate" and not options.base.strip():
        raise ConfigError(
            "--base is empty. Name the commit, branch or tag to measure against, or auto."
        )
    require_config(options.project, options.config)
    plan = load_plan(
        options.project.config,
        profile=options.profile,
        variants=split_names(options.variants),
        scenarios=split_names(options.scenarios),
        seed=new_seed(options.seed),
        link=options.link or None,
        of_revisions=bool(options.base),
        compared=options.command != "check",
        with_scenarios="--locustfile" not in options.more,
    )
    return Trial(options, plan)


def stop_when_decided(trial: Trial) -> Trial:
    """End each scenario as soon as more measuring cannot change its verdicts."""
    from reports.page.budgets import no_budget_line
    from reports.page.first_verdicts import new_verdicts
    from reports.verdicts.settings import settings_of
    from reports.verdicts.stopping import decided

    note = no_budget_line(trial.plan.config.get("budgets", ()), under_load=False)
    shown: dict[tuple[str, str, str], str] = {}

    def show(comparison: "Comparison") -> None:
        new = new_verdicts(comparison, shown)
        shown.update(new)
        for line in new.values():
            trial.options.answer.say(line)

    return replace(
        trial,
        look=lambda record, found: decided(record, found, settings_of(record), show),
        predict=prediction_of(trial.plan),
        notes=(note,) * bool(note),
    )


def prediction_of(plan: "Plan") -> "Predict":
    """What cannot be decided in the plan's time, as `versus check` finds it."""
    from loadtests.opening import planned_record
    from reports.page.checks import impossible_sentences
    from reports.verdicts.forecast import forecast
    from reports.verdicts.settings import settings_of

    record = planned_record(plan, "planned", "").model_copy(update={"looks": True})
    settings = settings_of(record)
    return lambda paces: impossible_sentences(
        plan.profile.measure_s, forecast(record, settings, paces)
    )


def put_under_load(trial: Trial, processes: int, workers: int, bind: str, port: int) -> Trial:
    """Send all scenarios at once, from one or several processes."""
    from loadtests.planning.plan import LoadWorkers
    from reports.page.budgets import no_budget_line

    senders = LoadWorkers(processes=processes, remote=workers, bind_host=bind, port=port)
    note = no_budget_line(trial.plan.config.get("budgets", ()), under_load=True)
    return replace(trial, plan=trial.plan.under_load(senders), notes=(note,) * bool(note))


def take_revisions(trial: Trial) -> Trial:
    """Take HEAD and its base instead of variants."""
    from loadtests.revisions.resolving import check_clean, resolve, untracked, untracked_line

    options = trial.options
    change = resolve(
        trial.plan.service_folder, options.base, options.answer.say, options.project.folder
    )
    check_clean(change)
    if names := untracked(change):
        options.answer.say(untracked_line(names))
    if trial.plan.config.get("variants"):
        options.answer.say(
            f"both revisions are measured as variant {trial.plan.revisions_as!r}; `variant` in "
            "[revisions] names another"
        )
    # A branch moves on; the commit that was measured stays.
    more = {"--base": change.base.short}
    return Trial(replace(options, more=more), trial.plan.between(change))


def compare_revisions(trial: Trial) -> Trial:
    """Measure HEAD and its base instead of variants, until the gate's answer is certain."""
    from reports.page.budgets import default_budgets_line
    from reports.verdicts.settings import settings_of
    from reports.verdicts.stopping import failed, settled

    trial = take_revisions(trial)
    note = default_budgets_line(trial.plan.config["budgets"])
    return replace(
        trial,
        look=lambda record, found: settled(record, found, settings_of(record)),
        failed=lambda record, found: failed(record, found, settings_of(record)),
        predict=prediction_of(trial.plan),
        notes=(note,) * bool(note),
    )


def check(trial: Trial) -> int:
    """Send each scenario twice, and print what can be known before measuring; the exit code."""
    from loadtests.checking.check import check as send_and_compare
    from loadtests.checking.pace import load_parts
    from loadtests.progress import Progress
    from reports.surfaces.checks import check_document, print_check
    from reports.verdicts.forecast import absent_metrics, exit_code_of_check, forecast
    from reports.verdicts.settings import settings_of

    answer = trial.options.answer
    progress = Progress(answer.progress, trial.plan.variants)
    try:
        checked = send_and_compare(trial.plan, progress.say, progress.wait)
    finally:
        progress.done()
    settings = settings_of(checked.planned)
    outlook = forecast(checked.planned, settings, checked.paces, absent_metrics(checked))
    under_load = any(budget.under_load for budget in settings.budgets)
    load_time = load_parts(trial.plan) if under_load else ()
    code = exit_code_of_check(checked, outlook)
    print_check(checked, outlook, load_time, code, answer.out)
    answer.found(**check_document(checked, outlook, load_time))
    return code


def check_history(trial: Trial) -> Trial:
    """Write to the history once, so that one that refuses ends the command before measuring."""
    from reports.history.places import parse_place

    if trial.options.history:
        parse_place(trial.options.history).check_writable()
    return trial


def measure(trial: Trial) -> Run | int:
    """Measure the plan into a folder of its own; an interrupted run ends the command."""
    from contract.run.files import shown_path
    from loadtests import runner

    measured = runner.measure(
        trial.plan,
        trial.options.runs_folder,
        typed_command(trial),
        trial.options.answer.progress,
        redact=trial.options.redact,
        look=trial.look,
        failed=trial.failed,
        predict=trial.predict,
        notes=trial.notes,
    )
    # The page of a revision that cannot be measured says why.
    publishable = measured.closed and (measured.samples or trial.plan.change)
    if measured.exit_code == INTERRUPTED or not publishable:
        options = trial.options
        options.answer.found(run=measured.folder, reasons=measured.reasons)
        shown = shown_path(measured.folder)
        again = make_command("report", {"--run": shown})
        more = f"; `{again}` renders their report" if publishable else ""
        options.answer.say(f"{measured.samples} samples kept in {shown}{more}")
        return measured.exit_code
    return Run(trial.options, measured, measured.exit_code)


def publish(run: Run) -> Run | int:
    """Write the report and the files for other tools; print the table."""
    from contract.run.files import shown_path

    folder = run.measured.folder
    try:
        published = publish_run(folder, run.options.answer)
    except KeyboardInterrupt:
        again = make_command("report", {"--run": shown_path(folder)})
        say(f"interrupted; the run is complete: `{again}` renders its report")
        return INTERRUPTED
    return replace(run, exit_code=run.exit_code or published)


def publish_run(folder: Path, answer: Answer) -> int:
    """Write the files of a run and print its table; 0, or 4 for a partial or invalid run."""
    from reports import publish as reports

    published = reports.publish(folder, answer.out, verbose=answer.verbose)
    answer.found(run=folder, comparison=published.findings)
    if published.calibrated:
        answer.found(calibrated=published.calibrated)
    return published.exit_code


def judge(run: Run) -> Run:
    """Judge the run against its budgets; one that could not be measured has its own exit code."""
    answer = run.options.answer
    answer.out.write("\n")
    if run.measured.exit_code:
        if run.options.github:
            annotate_step(run.measured.exit_code, run.measured.reasons)
        return run
    code = judge_runs([run.measured.folder], answer, github=run.options.github)
    return replace(run, exit_code=code)


def judge_runs(folders: Sequence[Path], answer: Answer, *, github: bool) -> int:
    """Judge one run, or several of one plan together; the exit code."""
    from reports.publish import gate, gate_together

    # An annotation is a line of text for the job's log.
    annotate = github and not answer.json
    judged = (
        gate(folders[0], answer.out, annotate=annotate)
        if len(folders) == 1
        else gate_together(folders, answer.out, annotate=annotate)
    )
    answer.found(comparison=judged.findings)
    return judged.exit_code


def keep_history(run: Run) -> Run:
    """Add the run to the history; where that fails, warn, and keep the verdict."""
    from contract.errors import ReportError
    from contract.run.files import shown_path
    from reports.history.entry import ENTRY_NAME
    from reports.history.history import keep_entry
    from reports.history.places import parse_place
    from reports.surfaces.annotation import history_warning

    if not run.options.history:
        return run
    folder = run.measured.folder
    try:
        keep_entry(folder, parse_place(run.options.history))
    except ReportError as error:
        entry = shown_path(folder / ENTRY_NAME)
        warning = f"{error} The history lacks this run; copy {entry} there under a new name."
        say(f"versus: {warning}")
        if os.environ.get("GITHUB_ACTIONS") == "true":
            # Standard output ends with the path of the report.
            say_command(history_warning(warning))
    return run


def typed_command(trial: Trial) -> str:
    """What a person types to measure the same again."""
    options = trial.options
    return make_command(
        options.command,
        {
            "--config": str(options.config or ""),
            "--profile": options.profile,
            "--variants": options.variants,
            "--scenarios": options.scenarios,
            "--seed": str(trial.plan.seed),
            "--link": options.link,
            **options.more,
            "--redact": options.redact,
        },
    )


def split_names(option: str) -> list[str]:
    """The names in a list separated by commas."""
    return [name.strip() for name in option.split(",") if name.strip()]


def new_seed(seed: int | None) -> int:
    """The seed that was typed, or a random one."""
    return secrets.randbelow(2**31) if seed is None else seed
