"""Wrong usage of a command, in one line: which option, what is wrong, where to read more."""

import difflib
import re
import sys
from collections.abc import Sequence

import typer

from contract.errors import InputError


class UsageError(InputError):
    """A command or an option cannot be used; the message is one line."""


def parse(app: typer.Typer, argv: Sequence[str]) -> int:
    """Run the typed command; its exit code.

    Raises:
        UsageError: it cannot be parsed.
    """
    try:
        # The parser's own errors take several lines.
        return int(app(argv, prog_name="versus", standalone_mode=False) or 0)
    except typer.TyperException as error:
        if argv:
            raise UsageError(_explain(error, argv, names_of(app))) from None
        # Nothing was typed, so it is the help.
        sys.stderr.write(f"{error.format_message()}\n")
        return UsageError.exit_code
    except SystemExit as ended:
        return int(ended.code or 0)


def names_of(app: typer.Typer) -> list[str]:
    """The names of all commands."""
    return [one.callback.__name__ for one in app.registered_commands if one.callback]


def _explain(error: typer.TyperException, argv: Sequence[str], commands: Sequence[str]) -> str:
    """What the parser found, in one line, and where the command's options are listed."""
    text = " ".join(error.format_message().split())
    text = re.sub(r"'(--?[a-z][a-z-]*)'", r"\1", text.removeprefix("Invalid value for "))
    text = text.replace(": Input ", ": input ").replace("argument(s)", "argument")
    text, _, valid = text.partition(" (Possible options: ")
    if valid := valid.removesuffix(")"):
        wrong = text.rpartition(" ")[2]
        text += f". Did you mean {difflib.get_close_matches(wrong, valid.split(', '), 1, 0)[0]}?"
    option = text.partition(":")[0]
    if option in argv[:-1]:
        text = f"{text.removesuffix('.')}; found {argv[argv.index(option) + 1]!r:.80}"
    ending = "" if text.endswith((".", "?")) else "."
    command = next((f" {word}" for word in argv[:1] if word in commands), "")
    return f"{text[:1].lower()}{text[1:]}{ending} See `versus{command} --help`."


def check_gate(context: typer.Context, *, is_run_named: bool, is_base_named: bool) -> None:
    """Refuse options of `gate` that would change nothing.

    Raises:
        UsageError: one of them was typed.
    """
    if is_run_named and is_base_named:
        raise UsageError(
            "--base measures a new run, and --run names an old one. Give one of them. See `versus "
            "gate --help`."
        )
    if is_run_named:
        refuse_idle(context, ["runs"], "works only without --run")
    if not is_base_named:
        refuse_idle(context, _OF_A_NEW_RUN, "works only with --base, for a new run")


_OF_A_NEW_RUN = ("profile", "scenarios", "seed", "link", "redact", "history", "verbose")
"""Options of `gate` that change nothing where an old run is judged."""


def check_load(context: typer.Context, *, is_remote: bool, is_distributed: bool) -> None:
    """Refuse options of `load` that would change nothing.

    Raises:
        UsageError: one of them was typed.
    """
    if not is_remote:
        refuse_idle(context, ["bind"], "works only with --workers")
    if not is_distributed:
        refuse_idle(context, ["port"], "works only with --workers, or several --processes")


def check_users(context: typer.Context, *, of_locustfile: bool) -> None:
    """Refuse options of `load` that change nothing with a Locust file, or without one.

    Raises:
        UsageError: one of them was typed.
    """
    if of_locustfile:
        why = "has no meaning with --locustfile, whose users send from this process"
        refuse_idle(context, ["scenarios", "processes", "workers", "bind", "port"], why)
    else:
        refuse_idle(context, ["users", "tags", "user_classes"], "works only with --locustfile")


def refuse_idle(context: typer.Context, options: Sequence[str], why: str) -> None:
    """Refuse options that were typed and would change nothing.

    Args:
        context: of the command.
        options: names of parameters.
        why: what they would need, such as "needs --base".

    Raises:
        UsageError: one of them was typed.
    """
    typed = [
        f"--{name.replace('_', '-')}"
        for name in options
        if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    ]
    if typed:
        raise UsageError(
            f"{typed[0]} {why}. Leave it out, or see `versus {context.info_name} --help`."
        )
