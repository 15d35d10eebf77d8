"""The embedded Postgres server: made, started and spoken to with the wheel's own programs."""

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
# Who may connect. A superuser runs any program as whoever runs the server, and every user of the
# machine can reach the port: nobody comes in without a password.
_ACCESS = f"host all all {LOOPBACK}/32 scram-sha-256\n"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_preload_libraries": "pg_stat_statements,auto_explain",
    "track_io_timing": "on",
    "jit": "off",
    # The data are thrown away with the instance: nothing is gained by surviving a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Keeps the template, which every start copies, small.
    "min_wal_size": "32MB",
}


@dataclass(frozen=True)
class Psql:
    """Runs SQL as the superuser of the server on one port."""

    port: int
    password: str = field(repr=False)

    def run(self, *arguments: str, script: Iterable[bytes] = ()) -> str:
        """What psql prints, unaligned and without headings; the first failing statement ends it.

        `script` is streamed to its standard input, COPY data included.
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
            # Other users see a program's arguments, not its environment.
            env={**os.environ, "PGPASSWORD": self.password},
        ) as psql:
            assert psql.stdin is not None
            # On a failing statement psql leaves early; its own words say more than a broken pipe.
            with suppress(BrokenPipeError):
                psql.stdin.writelines(script)
            answer, complaint = psql.communicate()
        if psql.returncode != 0:
            lines = complaint.decode(errors="replace").strip().splitlines()
            raise StackError(f"psql: {' '.join(lines[:2]) or f'exit code {psql.returncode}'}")
        return answer.decode()

    def query(self, sql: str) -> list[list[str]]:
        """The rows of one statement, every value as text."""
        return [line.split("|") for line in self.run("-c", sql).splitlines()]


class Postgres:
    """A server on one data directory and one port.

    Only who knows a role's password may connect, and only the roles in `passwords` have one, the
    superuser among them. They hold for this start.
    """

    name = "postgres"

    def __init__(self, directory: Path, port: int, passwords: Mapping[str, str], log: Path) -> None:
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
        """Whether the server says so in the file that it keeps."""
        try:
            lines = (self._directory / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # The pid tells our server's file from one that a killed server left behind.
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"


def create(directory: Path) -> None:
    """Make an empty data directory: superuser postgres, UTF-8, closed to everybody as yet."""
    directory.mkdir(parents=True)
    options = ["-U", SUPERUSER, "-A", "reject", "--encoding=UTF8", "--locale=C"]
    _run("initdb", directory, [*options, "--no-sync", "--no-instructions"])


def _set_access(directory: Path, passwords: Mapping[str, str]) -> None:
    """Admit roles by these passwords only, before a server listens.

    The single-user mode asks for no password and opens no port, and what it is told on its
    standard input stands in no log, no statistics and no process list.
    """
    (directory / "pg_hba.conf").write_text(_ACCESS)
    script = "".join(f"alter role {role} password '{word}'\n" for role, word in passwords.items())
    # Otherwise it would go on after an error, and end well.
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
        said = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[:3])
        raise StackError(
            f"{program} -D {directory} failed with exit code {done.returncode}: {said}"
        )


def _owned_by_server(directory: Path) -> tuple[list[str], int | None]:
    """Make the directory fit for who runs the server: a command prefix and a user id."""
    prefix, uid = account.unprivileged()
    if uid is not None:
        account.hand_over(directory, binaries.postgres_bin(), uid)
    return prefix, uid
