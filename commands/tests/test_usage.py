"""Wrong usage: one line, exit code 2, and no option that silently changes nothing."""

import pytest

from versus import main


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("benhc", "no such command 'benhc'. Did you mean 'bench'? See `versus --help`."),
        ("--confg x", "no such option: --confg. See `versus --help`."),
        (
            "bench --confg x",
            "no such option: --confg. Did you mean --config? See `versus bench --help`.",
        ),
        ("bench more", "got unexpected extra argument (more). See `versus bench --help`."),
        ("bench --profile", "option --profile requires an argument. See `versus bench --help`."),
        ("bench --redact=1", "option --redact does not take a value. See `versus bench --help`."),
        ("compare one", "missing argument 'run_b'. See `versus compare --help`."),
        ("worker", "missing option --master. See `versus worker --help`."),
    ],
)
def test_wrong_usage_is_one_line(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what is wrong, the nearest valid name, and which command's help to read."""
    assert 2 == main(words.split())
    assert ("", f"versus: {expected}\n") == tuple(capsys.readouterr())


def test_a_value_that_is_refused_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Who wrote it in a script does not see what a variable held."""
    assert 2 == main(["bench", "--seed", "seven"])
    assert "--seed: " in (line := capsys.readouterr().err)
    assert "; found 'seven'. See `versus bench --help`.\n" in line


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("gate --base main --run runs/x", "--base measures a new run, and --run names an old one"),
        ("gate --run runs/x --profile quick", "--profile works only with --base, for a new run"),
        ("gate --run runs/x --runs y", "--runs works only without --run"),
        ("gate --seed 3", "--seed works only with --base, for a new run"),
        ("gate --redact", "--redact works only with --base, for a new run"),
        ("load --bind 10.0.0.1", "--bind works only with --workers"),
        ("load --port 5557", "--port works only with --workers, or several --processes"),
        ("load --users 3", "--users works only with --locustfile"),
        ("load --tags a", "--tags works only with --locustfile"),
        ("load --user-classes A", "--user-classes works only with --locustfile"),
        ("load --locustfile l.py --scenarios a", "--scenarios has no meaning with --locustfile"),
        ("load --locustfile l.py --processes 2", "--processes has no meaning with --locustfile"),
        ("history --history runs --runs elsewhere", "--runs works only with a bucket"),
    ],
)
def test_an_option_without_effect_is_refused(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where its value is the default, because whoever typed it expects an effect."""
    assert 2 == main(words.split())
    assert f"versus: {expected}" in capsys.readouterr().err


def test_nothing_typed_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """It lists the commands, and it is no success, because nothing was done."""
    assert 2 == main([])
    assert "Commands:" in capsys.readouterr().err
