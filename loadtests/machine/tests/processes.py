"""A service for tests whose CPU time is known, with forks where they are wanted."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Each line asks for one thing and is answered by a line when it is done.
PROGRAM = """
import os, subprocess, sys, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def serve(ask, tell):
    for line in ask:
        what, _, number = line.strip().partition(" ")
        if what == "burn": burn(float(number))
        if what == "sleep": time.sleep(float(number))
        if what == "keep": kept.append(os.urandom(int(number)))
        if what == "open": kept.extend(open(os.devnull) for _ in range(int(number)))
        if what == "run": subprocess.run([sys.executable, "-c", ""])
        if what == "end": os._exit(0)
        tell.write("done\\n"); tell.flush()
kept = []
if "--fork" in sys.argv:
    # The parent hands everything on to its child, as the master of a pool of workers does.
    child = subprocess.Popen([sys.executable, *sys.orig_argv[1:-1]], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    for line in sys.stdin:
        child.stdin.write(line); child.stdin.flush()
        answer = child.stdout.readline()
        if not answer: child.wait()
        sys.stdout.write(answer or "ended\\n"); sys.stdout.flush()
serve(sys.stdin, sys.stdout)
"""


class Worker:
    """A process that does what it is asked to."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.pid = process.pid

    def do(self, request: str) -> None:
        """Ask, and wait for the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{request}\n")
        self.process.stdin.flush()
        self.process.stdout.readline()


@contextmanager
def worker(*, forks: bool = False) -> Iterator[Worker]:
    """A worker that lives as long as the block; with `forks`, its child does the work."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *["--fork"] * forks],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        started = Worker(process)
        started.do("sleep 0")
        yield started
        assert process.stdin is not None
        process.stdin.close()
