"""The steps of a command: how they follow each other, and what a person types to repeat them."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from commands import steps
from commands.steps import Options, Step, Trial, run_steps, split_names, typed_command
from contract.errors import ConfigError, InputError
from loadtests.tests.repositories import new_repository

CONFIG = """
[target]
url = "http://127.0.0.1:1"

[variants.before]
[variants.after]

[[scenarios]]
name = "list"
request = "GET /"
"""


def options(folder: Path, **changes: Any) -> Options:
    """What a person typed for a bench of that configuration."""
    config = folder / "it's.toml"
    config.write_text(CONFIG, encoding="utf-8")
    typed: dict[str, Any] = {
        "command": "bench",
        "config": config,
        "profile": "default",
        "variants": "",
        "scenarios": "",
        "seed": 7,
        "runs": folder,
        "link": "",
        "redact": False,
    }
    return Options(**(typed | changes))


def test_each_step_gets_the_value_of_the_one_before() -> None:
    """The value of the last step is the exit code."""
    assert 4 == run_steps("ab", lambda text: text + text, str.upper, len)


def test_an_exit_code_ends_the_command() -> None:
    """Steps after an exit code do not run."""
    ran: list[str] = []

    assert 4 == run_steps("value", lambda _: 4, ran.append)
    assert [] == ran


def test_steps_without_an_exit_code_are_a_fault() -> None:
    """A command must not end with 0 by accident."""
    with pytest.raises(AssertionError, match="returned no exit code"):
        run_steps("value", str.upper)


def test_a_plan_is_typed_again_with_its_seed_and_quoted(tmp_path: Path) -> None:
    """Empty options are left out; a path is safe to paste into a shell."""
    trial = steps.make_plan(options(tmp_path, redact=True))

    assert (
        f"versus bench --config '{tmp_path}/it'\"'\"'s.toml' --profile default --seed 7 --redact"
        == typed_command(trial)
    )


def test_a_configuration_that_was_found_need_not_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies in a folder above, and so do the runs."""
    (tmp_path / "versus.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    typed = Options(
        *("load", None, "default", "", "", 7, None, "", False), more={"--processes": "2"}
    )

    assert "versus load --profile default --seed 7 --processes 2" == typed_command(
        steps.make_plan(typed)
    )
    assert tmp_path / "runs" == typed.runs_folder


def test_a_command_without_a_configuration_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of where Versus lies stands in for it."""
    monkeypatch.chdir(tmp_path)
    typed = Options("bench", None, "default", "", "", 7, None, "", redact=False)

    with pytest.raises(ConfigError, match="Run `versus init`"):
        steps.make_plan(typed)


def test_a_gate_without_a_base_has_no_plan(tmp_path: Path) -> None:
    """An empty variable in a job is refused before anything is measured."""
    with pytest.raises(ConfigError, match="--base is empty"):
        steps.make_plan(options(tmp_path, command="gate", base=" "))


def test_a_history_that_refuses_ends_the_command_before_measuring(tmp_path: Path) -> None:
    """A file is no folder."""
    (tmp_path / "file").touch()
    trial: Trial = steps.make_plan(options(tmp_path, history=str(tmp_path / "file")))

    with pytest.raises(InputError, match="cannot keep the history there"):
        steps.check_history(trial)


def test_names_are_split_at_commas() -> None:
    """Spaces and empty parts do not matter."""
    assert ["a", "b"] == split_names(" a, b,,")
    assert [] == split_names("")


@pytest.mark.parametrize(
    "prepare",
    [
        steps.stop_when_decided,
        partial(steps.put_under_load, processes=1, workers=0, bind="", port=0),
    ],
)
def test_a_run_that_no_budget_limits_is_announced(tmp_path: Path, prepare: Step) -> None:
    """Before it is measured: afterwards it would have to be measured again."""
    (note,) = prepare(steps.make_plan(options(tmp_path))).notes

    assert "no budget limits this run: `versus gate` will have nothing to judge" == note


def test_default_budgets_are_printed_before_measuring(tmp_path: Path) -> None:
    """A repository with a command and a request; the profile is the gate's own."""
    repository = new_repository(tmp_path / "shop")
    text = '[target]\ncommand = ["true"]\n[[scenarios]]\nrequest = "GET /"\n'
    repository.commit("First", {"versus.toml": text})
    typed = options(tmp_path, command="gate", base="HEAD", profile="quick")
    typed = replace(typed, config=repository.folder / "versus.toml")
    trial: Trial = steps.compare_revisions(steps.make_plan(typed))

    assert trial.notes[0].startswith("default budgets, because no [[budgets]] with")
    assert (("base", "head"), 48.0) == (trial.plan.variants, trial.plan.profile.measure_s)
