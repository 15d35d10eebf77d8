"""The files of running processes, also of those that they have started."""

import subprocess
import sys
from pathlib import Path

from loadtests.revisions.program_files import program_files


def test_a_shells_child_counts(tmp_path: Path) -> None:
    """The file that it has mapped, and the programs of both."""
    mapped = tmp_path / "with a blank"
    mapped.write_bytes(b"x" * 4096)
    code = (
        "import mmap, sys; file = open(sys.argv[1], 'r+b'); m = mmap.mmap(file.fileno(), 0);"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        ["sh", "-c", '"$@"; :', "sh", sys.executable, "-c", code, str(mapped)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()
        found = program_files(process.pid)
        process.stdin.close()

    assert {mapped, Path(sys.executable).resolve(), Path("/bin/sh").resolve()} <= found
    assert frozenset() == program_files(process.pid)
