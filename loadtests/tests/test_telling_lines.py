"""Which line of a log says why a program failed."""

from pathlib import Path

import pytest

from loadtests.telling_lines import LINE_LENGTH_MAX, last_lines, telling_line

PIP = """
Collecting nosuch==9
Looking in indexes: https://joe:hunter22@packages.example/simple
ERROR: Could not find a version that satisfies the requirement nosuch==9 (from versions: none)
ERROR: No matching distribution found for nosuch==9

[notice] A new release of pip is available: 24.0 -> 25.1
[notice] To update, run: pip install --upgrade pip
"""
PIP_BUILD = """
  error: subprocess-exited-with-error
  x Getting requirements to build wheel did not run successfully.
  │ exit code: 1
  ╰─> [3 lines of output]
      Traceback (most recent call last):
        File "setup.py", line 1, in <module>
      ModuleNotFoundError: No module named 'Cython'
      [end of output]
  note: This error originates from a subprocess, and is likely not a problem with pip.
error: subprocess-exited-with-error
"""
NPM = """
npm error code E404
npm error 404 Not Found - GET https://packages.example/nosuch - Not found
npm error 404
npm error A complete log of this run can be found in: /root/.npm/_logs/x-debug-0.log
"""
NPM_OLD = """
npm ERR! code ENOENT
npm ERR! syscall open
npm ERR! path /srv/package.json
npm ERR! errno -2
npm ERR! enoent ENOENT: no such file or directory, open '/srv/package.json'

npm ERR! A complete log of this run can be found in:
npm ERR!     /root/.npm/_logs/x-debug-0.log
"""
TSC = """
> build
> tsc
src/server.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.
src/server.ts(9,1): error TS2304: Cannot find name 'foo'.
npm error Lifecycle script `build` failed with error:
npm error code 2
npm error path /srv
"""
TSC_PRETTY = """
\x1b[96msrc/a.ts\x1b[0m:\x1b[93m3\x1b[0m:\x1b[93m7\x1b[0m - \x1b[91merror\x1b[0m TS2322: Type 'a'.

Found 1 error in src/a.ts:3
"""
CARGO = """
   Compiling shop v0.1.0 (/srv)
error[E0425]: cannot find value `port` in this scope
 --> src/main.rs:4:20
error: aborting due to 1 previous error
For more information about this error, try `rustc --explain E0425`.
error: could not compile `shop` (bin "shop") due to 1 previous error
"""
CARGO_MISSING = """
    Updating index
error: no matching package named `nosuch` found
location searched: registry
required by package `shop v0.1.0 (/srv)`
"""
UV = """
error: Failed to read `tiny @
       file:///srv/tiny.whl`
  cause: Hash mismatch for `tiny`
         Expected:
           sha256:a5cb
"""
GO = """
go: downloading example.org/x v1.2.3
# example.org/shop
./main.go:5:2: undefined: port
./main.go:9:2: undefined: host
make: *** [Makefile:2: build] Error 1
"""
GO_PANIC = """
panic: listen tcp :80: bind: permission denied

goroutine 1 [running]:
main.main()
\t/srv/main.go:7 +0x1d
exit status 2
"""
MAKE = """
cc -c a.c
a.c:3:5: error: unknown type name 'strng'
a.c: In function 'main':
make[1]: *** [Makefile:2: a.o] Error 1
make[1]: Leaving directory '/srv'
make: *** [Makefile:9: all] Error 2
"""
MAKE_RULE = "make: *** No rule to make target 'setup'.  Stop.\n"
MAKE_COMMAND = """
uv sync
make: uv: No such file or directory
make: *** [Makefile:2: setup] Error 127
"""
SHELL = "sh: 1: uv: not found\nmake: *** [Makefile:2: setup] Error 127\n"
PYTHON = """
INFO: starting
Traceback (most recent call last):
  File "server.py", line 9, in <module>
    serve()
KeyError: 'DATABASE_URL'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "server.py", line 12, in <module>
    raise SettingsError("no database") from error
shop.errors.SettingsError: no database
INFO: stopped
"""
PYTHON_OWN = """
Traceback (most recent call last):
  File "server.py", line 12, in <module>
    raise Lost("no database")
shop.Lost: no database
"""
NODE = """
node:internal/modules/cjs/loader:1137
  throw err;
  ^

Error: Cannot find module 'express'
Require stack:
- /srv/server.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1134:15) {
  code: 'MODULE_NOT_FOUND',
}

Node.js v20.11.0
"""
JAVA = """
Exception in thread "main" java.lang.IllegalStateException: cannot start
\tat shop.Main.main(Main.java:5)
Caused by: java.net.BindException: Address already in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
\t... 1 more
"""
RUST = "thread 'main' panicked at src/main.rs:2:5:\nno port\nnote: run with `RUST_BACKTRACE=1`\n"


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (PIP, "ERROR: No matching distribution found for nosuch==9"),
        (PIP_BUILD, "ModuleNotFoundError: No module named 'Cython'"),
        (NPM, "npm error 404 Not Found - GET https://packages.example/nosuch - Not found"),
        (
            NPM_OLD,
            "npm ERR! enoent ENOENT: no such file or directory, open '/srv/package.json'",
        ),
        (
            TSC,
            "src/server.ts(3,7): error TS2322: Type 'string' is not assignable to type 'number'.",
        ),
        (TSC_PRETTY, "src/a.ts:3:7 - error TS2322: Type 'a'."),
        (CARGO, "error[E0425]: cannot find value `port` in this scope"),
        (CARGO_MISSING, "error: no matching package named `nosuch` found"),
        (UV, "cause: Hash mismatch for `tiny`"),
        (GO, "./main.go:5:2: undefined: port"),
        (GO_PANIC, "panic: listen tcp :80: bind: permission denied"),
        (MAKE, "a.c:3:5: error: unknown type name 'strng'"),
        (MAKE_RULE, "make: *** No rule to make target 'setup'.  Stop."),
        (MAKE_COMMAND, "make: uv: No such file or directory"),
        (SHELL, "sh: 1: uv: not found"),
        (PYTHON, "shop.errors.SettingsError: no database"),
        (PYTHON_OWN, "shop.Lost: no database"),
        (NODE, "Error: Cannot find module 'express'"),
        (JAVA, "Caused by: java.net.BindException: Address already in use"),
        (RUST, "thread 'main' panicked at src/main.rs:2:5: no port"),
        ("started\nlistening\nbye\n\n", "bye"),
        ("", ""),
    ],
)
def test_the_line_that_says_why_is_picked(tmp_path: Path, log: str, expected: str) -> None:
    """Of every tool's log, and not what the outermost tool says last."""
    path = tmp_path / "log"
    path.write_text(log, encoding="utf-8")

    assert expected == telling_line(path)


def test_the_line_is_safe_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is short, printable and without secrets, wherever those come from."""
    monkeypatch.setenv("SHOP_TOKEN", "canary-7f3a")
    path = tmp_path / "log"
    path.write_bytes(
        b"ERROR: tried https://joe:hunter22@example.org/ with canary-7f3a and canary-9b1c\x07 \xff"
    )

    assert (
        "ERROR: tried https://[removed]@example.org/ with [removed] and [removed]? \ufffd"
    ) == telling_line(path, ["canary-9b1c"])
    path.write_text("x" * 9999)
    assert "x" * LINE_LENGTH_MAX == telling_line(path)


def test_a_long_log_of_hostile_lines_is_read_at_once(tmp_path: Path) -> None:
    """Only its end is read, and no line keeps an expression busy."""
    path = tmp_path / "log"
    path.write_text(("a" * 500 + ".go:" + "1" * 400 + "Error" * 90 + "\n") * 2000 + "last: fatal\n")

    assert telling_line(path)


def test_what_an_earlier_process_wrote_is_not_shown(tmp_path: Path) -> None:
    """A server that is started again appends to its log."""
    log = tmp_path / "service.log"
    log.write_text("ValueError: of the first start\n", encoding="utf-8")
    first = log.stat().st_size

    assert "" == telling_line(log, since=first)
    with log.open("a", encoding="utf-8") as file:
        file.write("listening\n")
    assert "listening" == telling_line(log, since=first)


def test_the_last_lines_are_as_safe_as_the_telling_one(tmp_path: Path) -> None:
    """Few, not empty, and without what sounds secret."""
    log = tmp_path / "service.log"
    log.write_text("first\n\npassword=hunter2\n\x1b[31mlast\x1b[0m\n", encoding="utf-8")

    assert ["password=[removed]", "last"] == last_lines(log, 2)


def test_the_current_folder_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its variable is named like a password, and logs are full of paths."""
    monkeypatch.setenv("PWD", str(tmp_path))
    log = tmp_path / "service.log"
    log.write_text(f"SyntaxError in {tmp_path}/server.py\n", encoding="utf-8")

    assert f"SyntaxError in {tmp_path}/server.py" == telling_line(log)
