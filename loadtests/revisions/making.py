"""Builds and prepares both revisions, and refuses a build that makes one thing for both."""

import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath

from loadtests.planning.addresses import Server
from loadtests.planning.disclosure import printable
from loadtests.planning.gaps import fill, fill_server, own_gaps
from loadtests.planning.plan import Plan
from loadtests.revisions.building import build, build_once
from loadtests.revisions.ignored import missing_in_copies
from loadtests.revisions.own_paths import own_environment, own_word
from loadtests.revisions.resolving import Change, Side
from loadtests.revisions.shared import shared_places, states
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.worktrees import Checkout

_PIP = re.compile(r"pip(?:3(?:\.\d+)?)?")
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")
_ABSOLUTE_PIP = re.compile(
    r"(?<![^\s;&|'\"=(])(/[^\s;&|'\"]+/)(?:pip[\d.]*['\"]?|python[\d.]*['\"]?\s+-m\s+pip)\s(?:[^;&|]*\s)?install\b"
)
_ELSEWHERE = ("--target", "-t", "--prefix", "--root")


def own_server(server: Server, change: Change, side: Side, worktree: Path) -> Server:
    """A server that runs a revision's own files, with its gaps filled."""
    trees = (change.top, worktree)
    filled = fill_server(server, own_gaps(side, change.commits[side].id, str(worktree)))
    return replace(
        filled,
        command=tuple(own_word(word, *trees) for word in filled.command),
        cwd=own_word(filled.cwd, *trees),
        environment={
            **own_environment(os.environ, *trees),
            **{name: own_word(value, *trees) for name, value in filled.environment.items()},
        },
    )


@dataclass(frozen=True)
class Making:
    """How both revisions are made ready to be started.

    Attributes:
        logs: takes the output of commands.
        say: takes a line of progress.
    """

    plan: Plan
    change: Change
    checkout: Checkout
    logs: Path
    say: Callable[[str], None]

    async def build(self) -> None:
        """Build the base, then the head, where the cache has no build of them.

        Raises:
            RevisionError: one does not build, or builds what both would share.
        """
        for side in self.checkout.worktrees:
            self._check_own_environment(side)

        async def built(side: Side) -> None:
            work = partial(self._build_alone, side)
            await build_once(self.checkout, side, self.change.title(side), work, self.say)

        await self._for_both(built)

    async def prepare(self) -> None:
        """Prepare both, as the server of each would run.

        Raises:
            RevisionError: one cannot be prepared.
        """

        async def prepared(side: Side) -> None:
            self.say(f"preparing {self.change.title(side)}")
            server = own_server(self._server, self.change, side, self.checkout.worktrees[side])
            title = f"`prepare` of {self.change.title(side)}"
            await self._run("prepare", title, self.plan.prepare, side, server.environment)

        await self._for_both(prepared)

    async def _for_both(self, work: Callable[[Side], Awaitable[None]]) -> None:
        failures: dict[Side, RevisionError] = {}
        for side in self.checkout.worktrees:
            try:
                await work(side)
            except RevisionError as error:
                if error.state is State.SAME_CODE:
                    raise
                failures[side] = error
        if not failures:
            return
        copies = list(self.checkout.worktrees.values())
        missing = missing_files_sentence(self.plan, self.change, copies, self.checkout.notes)
        # Where neither works, it is not the base that is to blame.
        if "head" in failures:
            raise failures["head"].with_more(missing)
        raise failures["base"].with_more(missing).of_base()

    async def _build_alone(self, side: Side) -> None:
        before = self._shared_state(side)
        await self._run("build", self.change.title(side), self.plan.build, side, {})
        for path, changed_ns in self._shared_state(side).items():
            if before.get(path) != changed_ns:
                raise RevisionError(
                    State.SAME_CODE,
                    f"`build` in [revisions] changed {printable(str(path))}, from which both "
                    "revisions would run. Let it write into its own copy of the code, such as "
                    ".venv or {worktree}/bin, and start the server from there.",
                )

    async def _run(
        self,
        name: str,
        title: str,
        command: Sequence[str],
        side: Side,
        environment: Mapping[str, str],
    ) -> None:
        worktree = self.checkout.worktrees[side]
        folder = own_server(self._server, self.change, side, worktree).cwd
        log = self.logs / f"{name}_{side}.log"
        words = self._own(command, side)
        await build(title, words, Path(folder), log, environment)

    @property
    def _server(self) -> Server:
        (server,) = self.plan.servers
        return server

    def _own(self, command: Sequence[str], side: Side) -> list[str]:
        worktree = self.checkout.worktrees[side]
        gaps = own_gaps(side, self.change.commits[side].id, str(worktree))
        return [own_word(fill(word, gaps), self.change.top, worktree) for word in command]

    def _shared_state(self, side: Side) -> dict[Path, int]:
        """Of what a revision would start from outside of its own files."""
        worktree = self.checkout.worktrees[side]
        server = own_server(self._server, self.change, side, worktree)
        environment = {**os.environ, **server.environment}
        places = [
            place
            for command in (server.command, self._own(self.plan.build, side))
            for place in shared_places(command, environment)
        ]
        return {
            path: changed_ns
            for path, changed_ns in states(places, server.command, environment).items()
            if not path.is_relative_to(worktree)
        }

    def _check_own_environment(self, side: Side) -> None:
        """Refuse to install into an environment of Python that is not the revision's own.

        It would serve both, and lead into a folder that is removed afterwards.
        """
        command, worktree = self._own(self.plan.build, side), self.checkout.worktrees[side]
        place = _pip_of(command)
        if place and not place.is_relative_to(worktree):
            raise RevisionError(
                State.SAME_CODE,
                f"`build` in [revisions] installs into {printable(str(place))}, which both "
                "revisions would share. Make an environment in each copy: "
                'build = ["sh", "-c", "python3 -m venv .venv && .venv/bin/pip install ."], and '
                "start the server by .venv/bin/python.",
            )


def missing_files_sentence(
    plan: Plan, change: Change, copies: Sequence[Path], notes: Sequence[str]
) -> str:
    """The end of a sentence, and what may be the cause; or nothing.

    Args:
        plan: of one server, or of the reference service.
        change: the two commits.
        copies: their worktrees.
        notes: of their files.
    """
    own = change.relative(Path(plan.servers[0].cwd)) if plan.servers else None
    ignored = (
        missing_in_copies(change.top / own, [copy / own for copy in copies])
        if own is not None
        else ""
    )
    causes = [cause.rstrip(".") for cause in (ignored, *notes) if cause]
    return "".join(f". {cause[0].upper()}{cause[1:]}" for cause in causes) + "." * bool(causes)


def _pip_of(command: Sequence[str]) -> Path | None:
    """The absolute folder of the pip that a command installs by; None where none is seen."""
    for text in command:
        if found := _ABSOLUTE_PIP.search(f"{text} "):
            return Path(found[1])
    name = PurePath(command[0]).name
    is_pip = _PIP.fullmatch(name) or (_PYTHON.fullmatch(name) and "pip" in command[1:3])
    elsewhere = any(word.partition("=")[0] in _ELSEWHERE for word in command)
    if is_pip and "install" in command and not elsewhere and command[0].startswith("/"):
        return Path(command[0]).parent
    return None
