"""The embedded Postgres server: created, started and queried with the wheel's own programs."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from service.stack import account, binaries
from service.stack.errors import StackError
from service.stack.ports import LOOPBACK
from service.stack.process import Command, Process

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 5.0

SUPERUSER = "postgres"
# Every user of the machine can reach the port, and a superuser can run any program as the user who
# runs the server. So every role needs a password.
_ACCESS = f"host all all {LOOPBACK}/32 scram-sha-256\n"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_preload_libraries": "pg_stat_statements,auto_explain",
    "track_io_timing": "on",
    "jit": "off",
    # The data are deleted with the instance, so they need not survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Keeps the template small, because every start copies it.
    "min_wal_size": "32MB",
}


@dataclass(frozen=True)
class Psql:
    """Runs SQL as the superuser of the server on one port."""

    port: int
    password: str = field(repr=False)

    def run(self, *arguments: str, script: Iterable[bytes] = ()) -> str:
        """The output of psql, unaligned and without headings.

        Args:
            arguments: psql's options.
            script: streamed to its standard input, COPY data included.

        Raises:
            StackError: a statement failed; the rest was not run.
        """
        command = [str(binaries.postgres_bin() / "psql"), "-X", "-q", "-A", "-t"]
        command += ["-v", "ON_ERROR_STOP=1", "-h", LOOPBACK, "-p", str(self.port)]
        command += ["-w", "-U", SUPERUSER, "-d", "postgres", *arguments]
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            # Other users can see a program's arguments, but not its environment.
            env={**os.environ, "PGPASSWORD": self.password},
        ) as psql:
            assert psql.stdin is not None
            # psql exits at a failing statement; its own message says more than a broken pipe.
            with suppress(BrokenPipeError):
                psql.stdin.writelines(script)
            output, errors = psql.communicate()
        if psql.returncode != 0:
            lines = errors.decode(errors="replace").strip().splitlines()
            raise StackError(f"psql: {' '.join(lines[:2]) or f'exit code {psql.returncode}'}")
        return output.decode()

    def query(self, sql: str) -> list[list[str]]:
        """The rows of one statement, every value as text."""
        return [line.split("|") for line in self.run("-c", sql).splitlines()]


class Postgres:
    """A server on one data directory and one port.

    Attributes:
        port: where it listens.
        psql: runs SQL as the superuser.
    """

    name = "postgres"

    def __init__(self, directory: Path, port: int, passwords: Mapping[str, str], log: Path) -> None:
        """Start the server.

        Args:
            directory: the data directory.
            port: a free port.
            passwords: of each role that may connect, the superuser included; valid for this start.
            log: takes its output.
        """
        self._directory = directory
        self.port = port
        self.psql = Psql(port, passwords[SUPERUSER])
        prefix, uid = _owned_by_server(directory)
        _set_access(directory, passwords)
        argv: list[str | Path] = [binaries.postgres_bin() / "postgres", "-D", directory]
        for key, value in (_SETTINGS | {"port": str(port)}).items():
            argv += ["-c", f"{key}={value}"]
        command = Command(
            argv,
            prefix=prefix,
            uid=uid,
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
        )
        self.process = Process(self.name, command, log)

    def is_ready(self) -> bool:
        """Whether the server has written so into postmaster.pid."""
        try:
            lines = (self._directory / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # A killed server may have left the file behind; the pid shows that it is ours.
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"


def create(directory: Path) -> None:
    """Create an empty data directory: superuser postgres, UTF-8, no connections allowed yet."""
    directory.mkdir(parents=True)
    options = ["-U", SUPERUSER, "-A", "reject", "--encoding=UTF8", "--locale=C"]
    _run("initdb", directory, [*options, "--no-sync", "--no-instructions"])


def _set_access(directory: Path, passwords: Mapping[str, str]) -> None:
    """Set the only passwords that are accepted, before a server listens.

    The single-user mode needs no password and opens no port. Statements on its standard input
    appear in no log, no statistics and no process list.
    """
    (directory / "pg_hba.conf").write_text(_ACCESS)
    script = "".join(f"alter role {role} password '{text}'\n" for role, text in passwords.items())
    # Without exit_on_error it would continue after an error and exit with 0.
    options = ["-c", "exit_on_error=on", "-c", "fsync=off", "-c", "log_min_error_statement=panic"]
    _run("postgres", directory, [*options, "postgres"], script, mode=["--single"])


def _run(
    program: str, directory: Path, options: Sequence[str], script: str = "",
    mode: Sequence[str] = (),
) -> None:  # fmt: skip  # one line an argument would hide the short body
    prefix, uid = _owned_by_server(directory)
    done = subprocess.run(
        [*prefix, binaries.postgres_bin() / program, *mode, "-D", directory, *options],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        user=uid,
        group=uid,
        extra_groups=None if uid is None else [],
    )
    if done.returncode != 0:
        output = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[:3])
        raise StackError(
            f"{program} -D {directory} failed with exit code {done.returncode}: {output}"
        )


def _owned_by_server(directory: Path) -> tuple[list[str], int | None]:
    """Give the directory to the user who runs the server; a command prefix and a user id."""
    prefix, uid = account.unprivileged()
    if uid is not None:
        account.hand_over(directory, binaries.postgres_bin(), uid)
    return prefix, uid
