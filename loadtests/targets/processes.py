"""The processes of the service that is measured, and what can be read of them from outside."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from contract.run.record import ProcessesRecord
from loadtests.machine.cpu_clocks import why_no_clock
from loadtests.machine.trees import find_children, tree_of
from loadtests.planning.plan import Plan
from loadtests.planning.urls import UNIX
from loadtests.targets.servers import TargetError

_FILE_BYTES_MAX = 64

NOT_KNOWN = (
    "Versus did not start the service; give its process as target.pid if it runs on this machine"
)
UNDER_LOAD = "a process serves several requests at once"


def given_pids(plan: Plan) -> tuple[int, ...]:
    """The processes that the configuration names, one for each variant; empty without.

    Raises:
        TargetError: there is no such process, or a file holds none; one line that says what to do.
    """
    return tuple(_found(_read_from(one) if isinstance(one, str) else one, one) for one in plan.pids)


def _read_from(file: str) -> int:
    path = Path(file)
    if "\0" in file:
        raise TargetError(f"target.pid: {file!r:.80} is no path.")
    present = path.exists()
    if path.name.isascii() and path.name.isdigit() and not present:
        raise TargetError(
            f"target.pid: there is no file {file}. An id is a number without quotes: "
            f"pid = {path.name:.20}."
        )
    try:
        # A pipe would be waited for without an end.
        if present and not path.is_file():
            raise TargetError(f"target.pid: {file} is no file. Correct the path.")
        with path.open("rb") as opened:
            text = opened.read(_FILE_BYTES_MAX).strip()
    except OSError as error:
        raise TargetError(
            f"target.pid: {file} cannot be read ({error.strerror}). Start the service, which must "
            "write its process id there, or correct the path."
        ) from None
    if not text.isdigit() or not 0 < int(text) < 2**31:
        raise TargetError(f"target.pid: {file} holds no process id; one number was expected.")
    return int(text)


def _found(pid: int, given: int | str) -> int:
    try:
        ended = psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.AccessDenied:
        ended = False
    except psutil.Error:
        ended = True
    if ended:
        where = f", which {given} names," if isinstance(given, str) else ""
        raise TargetError(
            f"target.pid: there is no process {pid}{where} on this machine. Start the service, or "
            "correct the id; leave it out where the service runs elsewhere."
        )
    ours = psutil.Process()
    if pid in {ours.pid, *(parent.pid for parent in ours.parents())}:
        raise TargetError(
            f"target.pid: Versus itself runs in process {pid} or below it, so its own CPU time and "
            "memory would count. Give the process of the service."
        )
    return pid


def planned_processes(plan: Plan) -> ProcessesRecord:
    """What can be read as far as the plan shows, before anything is started."""
    if plan.urls and not plan.pids:
        return ProcessesRecord(cpu_unknown=NOT_KNOWN, memory_unknown=NOT_KNOWN)
    return ProcessesRecord(cpu_unknown=UNDER_LOAD if plan.workers else why_no_clock(()))


def readable_processes(plan: Plan, pids: Mapping[str, int]) -> ProcessesRecord:
    """What can be read of services that answer.

    Args:
        plan: what is measured.
        pids: of the first process behind each address.
    """
    found = planned_processes(plan)
    absent = "" if plan.urls else next(filter(None, map(_why_absent, pids, pids.values())), "")
    if found.memory_unknown or absent:
        why = found.memory_unknown or absent
        return ProcessesRecord(cpu_unknown=why, memory_unknown=why)
    return ProcessesRecord(cpu_unknown=found.cpu_unknown or why_no_clock([*pids.values()]))


def _why_absent(url: str, pid: int) -> str:
    """Why the service is not among a process and all that it has started; empty where it is."""
    try:
        for member in tree_of(pid, find_children()):
            if _listens(psutil.Process(member), url):
                return ""
    except psutil.Error:
        return ""  # Of another user's processes nobody can tell.
    return "the service runs in none of the processes that its command started, as in a container"


def _listens(process: psutil.Process, url: str) -> bool:
    if url.startswith(UNIX):
        path = url.removeprefix(UNIX)
        return any(path == str(one.laddr) for one in process.net_connections(kind="unix"))
    port = urlsplit(url).port
    return any(
        one.status == psutil.CONN_LISTEN and one.laddr.port == port
        for one in process.net_connections(kind="tcp")
    )
