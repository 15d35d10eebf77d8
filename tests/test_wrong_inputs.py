"""Wrong inputs of every command: one line that says what, where and what to do, and nothing else.

No run's folder, no file, no traceback is left behind, and nothing is printed that a script could
take for a result.
"""

import os
from pathlib import Path

import pytest

from versus import main

GOOD = """
[target]
url = "http://127.0.0.1:9"

[variants.before]
[variants.after]
headers = { X-After = "1" }

[[scenarios]]
name = "things"
request = "GET /things"

[[budgets]]
scenario = "things"
variant = "after"
metric = "latency_s_p50"
ratio_max = 1.1

[[budgets]]
scenario = "things"
variant = "after"
metric = "latency_s_p50"
ratio_max = 1.1
under_load = true

"""
COMMAND = GOOD.replace('url = "http://127.0.0.1:9"', 'command = ["sh", "-c", "exit 1"]')


def changed(old: str, new: str, text: str = GOOD) -> str:
    """The good configuration with one mistake."""
    assert old in text
    return text.replace(old, new, 1)


CONFIGURATIONS = {
    # What is wrong: the file, and what the line must say.
    "no table": ("target = 3", "target: a table is expected"),
    "no target": (changed("[target]\nurl", "[targt]\nurl"), "did you mean 'target'?"),
    "unclosed": (GOOD + "[", "is not TOML: "),
    "twice": (GOOD + "[target]", "is not TOML: "),
    "own path": (changed("GET /things", "GET things"), "the path must begin with /: GET /things"),
    "small method": (changed("GET", "get"), "a method is written in capitals: GET /things"),
    "no method": (changed("GET ", ""), "the method is missing: GET /things"),
    "whole address": (changed("GET /", "GET http://h/"), "the address belongs to target.url"),
    "space": (changed("/things", "/th ings"), "a space in the path is written %20"),
    "letter": (changed("/things", "/caf\u00e9"), "is written %C3%A9"),
    "scheme": (changed("http:", "ftp:"), "target.url: an http or https address"),
    "port": (changed(":9", ":99999"), "target.url: "),
    "password": (changed("127", "me:s3cret@127"), "target.url: holds a password"),
    "no variant": (
        changed("[variants.before]\n", ""),
        "the baseline against itself is always 1",
    ),
    "header": (changed('X-After = "1"', 'X-After = "1\\n"'), "variants.after.headers"),
    "variable": (changed('"1"', '"${NOT_SET_HERE}"'), "variable NOT_SET_HERE is not set"),
    "status": (changed("GET /things", 'GET /things"\nstatus = "2'), "'things', status: "),
    "timeout": (changed(":9", ':9"\ntimeout_s = 0\nready = "/x'), "target.timeout_s: "),
    "ca in the clear": (changed(':9"', ':9"\nca = "x.pem"'), "target.ca: is for an https address"),
    "ca missing": (
        changed('http://127.0.0.1:9"', 'https://127.0.0.1:9"\nca = "x.pem"'),
        "x.pem: no such file",
    ),
    "budget": (
        GOOD + '[[budgets]]\nscenario = "thing"\nvariant = "after"\nmetric = "ttfb_s_p50"\n'
        "ratio_max = 1.1",
        "budgets 'thing, after, ttfb_s_p50': unknown scenario 'thing'; did you mean 'things'?",
    ),
    "claim": (
        GOOD + '[[claims]]\nid = "fast"\ntext = "x"\nsource = "y"\nscenario = "things"\n'
        'variant = "aftr"\nmetric = "ttfb_s_p50"\nratio_expected = 0.5',
        "claims 'fast': unknown variant 'aftr'; did you mean 'after'?",
    ),
    "page": (GOOD + '[[pages]]\nname = "p"\npath = "p"', "pages 'p', path: the path must begin"),
    "program": (changed('"sh"', '"no-such-program"', COMMAND), "is no program that can be run"),
    "folder": (changed("[variants.b", 'cwd = "none"\n[variants.b', COMMAND), "is no folder"),
    "nobody": (GOOD, "nothing answers at http://127.0.0.1:9 (connection refused). Start the"),
}

COMMANDS = {
    # Words of the command: what the line must say. DIR is an empty folder, FILE a text.
    "bench --config none.toml": "none.toml: no such file. Pass --config",
    "bench --config DIR": "is a folder, not a file",
    "bench --config FIFO": "is a pipe, not a file",
    "bench --config UTF16": "is UTF-16 or UTF-32. Save it as UTF-8.",
    "bench --config BINARY": "is binary, not text",
    "bench --config LATIN": "line 2 is not UTF-8",
    "bench --config HUGE": "is larger than 4 MB",
    "bench --config GOOD --profile hasty": "unknown profile 'hasty'",
    "bench --config GOOD --variants aftr": "unknown variant 'aftr'; did you mean 'after'?",
    "bench --config GOOD --variants before": "1 variant, and this command compares at least two",
    "bench --config GOOD --scenarios thing": "unknown scenario 'thing'; did you mean 'things'?",
    "bench --config GOOD --link wan": "target.link: 'wan' puts the stack of 'start'",
    "bench --config GOOD --seed 99999999999": "--seed: ",
    "bench --config GOOD --history gs://b/x": "neither a folder nor s3://BUCKET/PREFIX",
    "bench --config GOOD --history FILE": "cannot keep the history there",
    "load --config GOOD --processes 0": "--processes: ",
    "load --config GOOD --workers 1 --processes 2": "Give one of them.",
    "load --config COMMAND --workers 2": "workers on other machines cannot reach a service",
    "load --config GOOD --processes 2 --port 70000": "--port: ",
    "load --config GOOD --profile hasty": "unknown profile 'hasty'",
    "worker --master nowhere": "--master: 'nowhere' is not HOST:PORT",
    "worker --master host:0": "is not HOST:PORT",
    "gate --run none": "none: no such run",
    "gate --run DIR": "run.json: missing, so this is no run's folder",
    "gate --run DIR --fail-on regresion": "--fail-on has 'regresion'. Valid: regression",
    "gate --run DIR --history x": "--history works only with --base",
    "gate --run DIR --base main": "--base measures a new run, and --run names an old one",
    "gate --base main --config none.toml": "none.toml: no such file",
    "gate --base main --profile default --config COMMAND": "not a git repository: ",
    "gate --config GOOD --base=": "--base is empty",
    "suite none.py --before A=1 --after A=2": "none.py: no such suite",
    "suite FILE --before A=1 --after A=1": "the variants do not differ",
    "suite FILE": "the variants do not differ",
    "suite FILE --before = --after A=1": "before: '='",
    "suite FILE --before rev: --after A=1": "Write rev:NAME once",
    "suite FILE --before rev:main": "not a git repository: ",
    "suite FILE --before A=1 --after A=2 --seconds 0": "--seconds: ",
    "compare none other": "none: no such run",
    "compare DIR FILE": "is a folder and",
    "compare FILE FILE": "not a run's folder, nor a file of",
    "compare FILE": "missing argument 'run_b'",
    "compare EMPTY EMPTY": "is empty",
    "compare BINARY BINARY": "BINARY: ",
    "report --run none": "none: no such run",
    "report --run FILE": "FILE",
    "serve --size huge": "huge",
    "serve --link moon": "moon",
    "serve --port 99999": "--port: ",
    "calibrate --effects 77": "--effects: '77' is not planted",
    "calibrate --live x": "--live: ",
    "calibrate --run none": "none: no such run",
    "calibrate --run DIR --live 4": "--live works only without --run",
    "calibrate --run DIR --effects x": "--effects: 'x' is no slowdown in percent",
    "calibrate --run DIR --effects 0": "--effects: '0' is no slowdown in percent",
    "calibrate --scenario x": "--scenario works only with --run",
    "history --history gs://b": "neither a folder nor s3://BUCKET/PREFIX",
    "history --history none": "none: ",
    "history --history FILE": "FILE: ",
    "doctor --run x": "no such option: --run. Did you mean --runs?",
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files of every kind, in which the command is typed."""
    (tmp_path / "DIR").mkdir()
    os.mkfifo(tmp_path / "FIFO")
    contents = {
        "FILE": b"a text\n",
        "EMPTY": b"",
        "UTF16": "[target]".encode("utf-16"),
        "BINARY": b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
        "LATIN": b"# one\n# caf\xe9\n",
        "GOOD": GOOD.encode(),
        "COMMAND": COMMAND.encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    with (tmp_path / "HUGE").open("wb") as file:
        file.truncate(200 << 20)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def everything(folder: Path) -> set[Path]:
    """Every file and folder."""
    return set(folder.rglob("*"))


def refusal(arguments: list[str], folder: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """The one line of a command that is refused and leaves nothing behind."""
    before = everything(folder)
    code = main(arguments)
    out, err = capfd.readouterr()

    assert (2, "") == (code, out)
    assert 1 == len(err.splitlines()), err
    assert err.startswith("versus: ")
    assert "Traceback" not in err
    assert before == everything(folder)
    return err


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("command", ["bench", "load"])
def test_a_wrong_configuration_is_one_line(
    command: str, name: str, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It names the file, or the address where nobody answers."""
    text, expected = CONFIGURATIONS[name]
    config = place / "mine.toml"
    config.write_text(text, encoding="utf-8")
    line = refusal([command, "--config", "mine.toml"], place, capfd)

    assert expected in line
    assert "mine.toml: " in line or name == "nobody"
    assert "s3cret" not in line


@pytest.mark.parametrize("words", COMMANDS)
def test_a_wrong_word_is_one_line(
    words: str, place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It names the word."""
    assert COMMANDS[words] in refusal(words.split(), place, capfd)


def test_a_hostile_name_is_one_line(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without what controls a terminal."""
    line = refusal(["bench", "--config", "a\n\x1b[2Jb.toml"], place, capfd)

    assert "a ?[2Jb.toml: no such file" in line
