"""Base and head as a target: both built, on one stack, and restarted repeatedly."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from loadtests.planning.plan import Plan
from loadtests.planning.suite import Suite, SuiteVariant, Worktree
from loadtests.revisions.resolving import Change
from loadtests.revisions.sides import Revision, open_revisions, server_of
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.suites import changed_files, files_changed
from loadtests.revisions.trying import TrialStarts
from loadtests.targets.readiness import unreported
from loadtests.targets.servers import Servers, TargetError
from loadtests.targets.stack import open_stack
from loadtests.targets.target import Target, open_target


def open_plan(
    plan: Plan, folder: Path, say: Callable[[str], None], wait: Callable[[str], None]
) -> AbstractAsyncContextManager[Target]:
    """What a plan is about during a `with` block: one service, or both revisions of it.

    Args:
        plan: what is started.
        folder: takes the logs.
        say: takes a line of progress.
        wait: takes a line each second while a server is waited for.

    Raises:
        RevisionError, TargetError: as of `open_both` and `open_target`.
    """
    if plan.change:
        return open_both(plan, plan.change, folder, say, wait)
    return open_target(plan, folder, say, wait)


@asynccontextmanager
async def open_both(
    plan: Plan,
    change: Change,
    folder: Path,
    say: Callable[[str], None],
    wait: Callable[[str], None] = unreported,
) -> AsyncIterator[Target]:
    """Both revisions during a `with` block, ready to answer.

    Args:
        plan: what is started.
        change: the revisions.
        folder: the run's; takes the logs of builds and servers.
        say: takes a line of progress.
        wait: takes a line each second while a server is waited for.

    Raises:
        RevisionError: the two cannot be compared, or one does not work.
        TargetError: the stack did not become ready.
    """
    async with AsyncExitStack() as ending:
        sides = await ending.enter_async_context(open_revisions(plan, change, folder, say))
        stack = None
        if plan.target.start is not None:
            stack = await ending.enter_async_context(open_stack(plan, say))
        base, head = (server_of(plan, change, side, stack) for side in sides)
        trying = TrialStarts(plan, change, sides, (base, head), stack, folder, say, wait)
        tried = await trying.try_both()
        unknown = [side for side, one in tried.record.evidence.items() if not one.kind]
        if unknown:
            say(f"not proven that the sides differ: nothing shows what {' and '.join(unknown)} ran")
        servers = [base, head]
        restarted = Servers(servers, folder, plan.seed, report=wait)
        ending.push_async_callback(restarted.stop)
        try:
            started = await restarted.start()
        except TargetError as error:
            raise RevisionError(State.NOT_STARTED, str(error)) from None
        for line in filter(None, (one.unexpected_address for one in started)):
            say(line)
        if stack is not None:
            stack.died.add_done_callback(restarted.report_death)
        yield Target(
            base_urls=tuple(one.base_url for one in started),
            served_by=tuple(one.process.pid for one in started),
            parts=stack.pids if stack else {},
            environments=tuple(one.environment for one in started),
            headers=stack.headers if stack else {},
            died=restarted.died,
            pids={
                **{one.server.name: one.process.pid for one in started},
                **(stack.pids if stack else {}),
            },
            facts={
                **(stack.facts if stack else {"start": "command"}),
                **{side.side: f"{side.commit[:12]} {side.subject}" for side in sides},
            },
            environment=stack.environment if stack else {},
            restarted=restarted,
            callers=stack.callers if stack else {},
            suite=_suite(plan, change, sides),
            revisions=tried.record,
            first_answers=tried.found,
        )


def _suite(plan: Plan, change: Change, sides: tuple[Revision, Revision]) -> Suite | None:
    """The suite of each revision, in its own worktree."""
    if plan.suite is None:
        return None
    path = _inside(change, plan.suite.path)
    if path is None:
        return None
    return Suite(
        path,
        tuple(
            SuiteVariant(
                side.side,
                python=side.python or plan.suite.variants[0].python,
                cwd=side.folder,
                worktree=Worktree(side.folder, change.top),
            )
            for side in sides
        ),
        plan.suite.excluded,
        files_changed([side.folder for side in sides], Path(path)),
        changed_files(change),
    )


def _inside(change: Change, test: str) -> str | None:
    """A file, or a test in it, as pytest is told in either worktree; None where it has none."""
    file, *names = test.split("::")
    path = change.relative(Path(file).absolute())
    return None if path is None else "::".join((str(path), *names))
