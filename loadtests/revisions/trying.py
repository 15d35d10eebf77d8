"""Starts each revision by itself and sends it everything, before anything is measured.

So it is known what answers of one revision differ in anyhow, whether the base can be compared with
at all, and whether each side runs its own code.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.run.record import EvidenceRecord, RevisionsRecord
from loadtests.checking import sending
from loadtests.checking.first_answers import FirstAnswers, examine_first_answers
from loadtests.checking.sending import Answers, Sender, send_beside
from loadtests.engines.launch import new_job
from loadtests.engines.setting_up import SetupError, set_up
from loadtests.interrupting import while_alive
from loadtests.planning.addresses import Server
from loadtests.planning.disclosure import printable
from loadtests.planning.plan import Plan
from loadtests.revisions.containers import image_ids, runs_container
from loadtests.revisions.making import missing_files_sentence
from loadtests.revisions.program_files import program_files, working_places
from loadtests.revisions.proof import (
    Foreign,
    Trees,
    changed_since,
    evidence_of,
    files_that_differ,
    foreign_opened,
    foreign_programs,
    names_that_differ,
)
from loadtests.revisions.resolving import Change, Side, untracked, untracked_line
from loadtests.revisions.shared import shared_places
from loadtests.revisions.sides import Revision
from loadtests.revisions.states import RevisionError, State
from loadtests.revisions.watching import watching
from loadtests.targets.servers import Servers, TargetError
from loadtests.targets.stack import Stack
from loadtests.targets.target import Target
from loadtests.telling_lines import last_lines

FILES_MAX = 5000
LOG_LINES_MAX = 8
UNWATCHED = (
    "not all files that servers open could be watched, which needs Linux and room for watches "
    "(fs.inotify.max_user_watches)"
)
CONTROL_S = 2.0
"""So long is watched what others open."""

REMEDY = (
    "Let `build` in [revisions] make or install each revision's code in its own copy, and start "
    "the server from there"
)


@dataclass(frozen=True)
class Tried:
    """What both revisions answered, and what was seen meanwhile.

    Attributes:
        found: what their answers show, by scenario.
        record: what shows that each runs its own code.
    """

    found: tuple[FirstAnswers, ...]
    record: RevisionsRecord


@dataclass(frozen=True)
class _Seen:
    """One revision while it started and answered.

    Attributes:
        places: the folders in which its processes ran.
        watched_all: whether nothing that was opened can have been missed.
    """

    answers: Answers
    secrets: tuple[str, ...]
    opened: frozenset[Path]
    programs: frozenset[Path]
    places: frozenset[Path]
    watched_all: bool

    def after(self, earlier: "_Seen") -> "_Seen":
        """Both starts as one: the first answers of the earlier one, the last of this one."""
        answers = {
            place: (*earlier.answers.get(place, ())[:1], *sent[-1:])
            for place, sent in self.answers.items()
        }
        return replace(
            self,
            answers=answers,
            opened=self.opened | earlier.opened,
            programs=self.programs | earlier.programs,
            places=self.places | earlier.places,
            watched_all=self.watched_all and earlier.watched_all,
        )


@dataclass(frozen=True)
class TrialStarts:
    """What trying needs.

    Attributes:
        servers: of base and head.
        stack: of the reference service.
        folder: takes the servers' logs.
        say: takes a line of progress.
        wait: takes a line each second while a server is waited for.
    """

    plan: Plan
    change: Change
    sides: tuple[Revision, Revision]
    servers: tuple[Server, Server]
    stack: Stack | None
    folder: Path
    say: Callable[[str], None]
    wait: Callable[[str], None]

    async def try_both(self) -> Tried:
        """Start and try the base, then the head.

        Raises:
            RevisionError: one does not start, or does not run its own code.
        """
        seen: dict[Side, _Seen] = {}
        evidence: dict[str, EvidenceRecord] = {}
        failures: dict[Side, RevisionError] = {}
        changed = self._changed()
        for revision, server in zip(self.sides, self.servers, strict=True):
            side = revision.side
            self.say(f"trying {self.change.title(side)}: starting it alone")
            trees = self._trees(revision, server, changed)
            try:
                seen[side] = await self._try_side(side, server, trees)
            except SetupError as error:
                for line in error.log:
                    self.say(f"  {server.name} | {line}")
                failures[side] = RevisionError(State.WRONG_ANSWERS, str(error))
                continue
            except TargetError as error:
                failures[side] = self._not_started(server, str(error))
                continue
            if changed:
                evidence[side] = await self._examine(side, server, trees, seen[side])
        # Where neither works, it is not the base that is to blame.
        if "head" in failures:
            raise failures["head"]
        if "base" in failures:
            raise failures["base"].of_base()
        if changed and not all(one.kind for one in evidence.values()):
            evidence |= self._images(evidence)
        answers = {
            (scenario, variant): sent
            for variant, one in enumerate(seen.values())
            for (scenario, _), sent in one.answers.items()
        }
        watched_all = not changed or all(one.watched_all for one in seen.values())
        record = RevisionsRecord(
            commits={side: commit.id for side, commit in self.change.commits.items()},
            changed=self._count_of_changed(changed),
            evidence=evidence,
            notes=(*self._notes(), *([] if watched_all else [UNWATCHED])),
        )
        secrets = tuple(secret for one in seen.values() for secret in one.secrets)
        found = await asyncio.to_thread(examine_first_answers, self.plan, answers, secrets)
        return Tried(found, record)

    async def _try_side(self, side: Side, server: Server, trees: Trees) -> _Seen:
        """The base in two starts, because what a process keeps, such as its port, differs then.

        The head in another one only where an answer is wrong, which may be chance.

        Raises:
            TargetError: as of `_try_one`.
        """
        began_s = time.monotonic()
        earlier = await self._try_one(side, server, trees)
        sent = [one for answers in earlier.answers.values() for one in answers]
        if side == "head" and not any(one.observation.error for one in sent):
            return earlier
        # A time in whole seconds has changed by then.
        await asyncio.sleep(max(0.0, began_s + sending.SECOND_AFTER_S - time.monotonic()))
        return (await self._try_one(side, server, trees)).after(earlier)

    def _changed(self) -> tuple[Path, ...]:
        if self.change.unchanged:
            return ()
        trees: Mapping[Side, Path] = {one.side: one.folder for one in self.sides}
        return tuple(files_that_differ(self.change, trees, FILES_MAX))

    def _count_of_changed(self, changed: Sequence[Path]) -> int:
        return len(changed) if len(changed) < FILES_MAX else len(names_that_differ(self.change))

    def _notes(self) -> tuple[str, ...]:
        """What else to know of the files of both, one line each."""
        names = untracked(self.change)
        linked = ", ".join(printable(one) for one in self.plan.link)
        shared = (
            f"both revisions use the working tree's {linked} (link); what the change does there "
            "is not measured"
        )
        return (
            *dict.fromkeys(note for one in self.sides for note in one.notes),
            *([untracked_line(names)] if names else ()),
            *([shared] if linked else ()),
        )

    def _trees(self, revision: Revision, server: Server, changed: tuple[Path, ...]) -> Trees:
        (other,) = (one for one in self.sides if one.side != revision.side)
        return Trees(
            own=revision.folder,
            other=other.folder,
            top=self.change.top,
            changed=changed,
            linked=revision.links,
            shared=tuple(shared_places(server.command, {**os.environ, **server.environment})),
            built_at_ns=revision.built_at_ns,
        )

    async def _try_one(self, side: Side, server: Server, trees: Trees) -> _Seen:
        """Start a revision, send it everything, and stop it again.

        Raises:
            TargetError: it does not start, or ends meanwhile.
        """
        servers = Servers([server], self.folder, self.plan.seed, report=self.wait)
        with watching(trees.watched if trees.changed else ()) as watch:
            try:
                (started,) = await servers.start()
                target = Target(
                    base_urls=(started.base_url,),
                    headers=self.stack.headers if self.stack else {},
                    died=servers.died,
                    callers=self.stack.callers if self.stack else {},
                    environments=(started.environment,),
                )
                alone = replace(self.plan, variants=(side,), restarts=())
                job = new_job(alone, self.folder, target, looks=False)
                job = await while_alive(target, set_up(alone, job, target.environments))
                answers = await while_alive(target, send_beside(Sender(job, 1, sending.ROWS_TRIED)))
                pid = started.process.pid
                programs, places = program_files(pid), working_places(pid)
            finally:
                await servers.stop()
        return _Seen(
            answers, job.secrets, frozenset(watch.opened), programs, places, watch.complete
        )

    async def _examine(
        self, side: Side, server: Server, trees: Trees, seen: _Seen
    ) -> EvidenceRecord:
        """What shows that it runs its own code.

        Raises:
            RevisionError: it runs other code.
        """
        for foreign in foreign_programs(trees, seen.programs):
            raise self._not_its_own(side, foreign)
        found = evidence_of(trees, seen.opened)
        environment = {**os.environ, **server.environment}
        shared = shared_places(server.command, environment, seen.programs, seen.places)
        more = replace(trees, shared=tuple(shared))
        suspects = set(foreign_opened(trees, seen.opened))
        # What its processes led to was not watched yet.
        if not suspects and more.copies.keys() <= trees.copies.keys():
            return found
        began_ns = time.time_ns()
        again = await self._try_one(side, server, more)
        for file in sorted(more.copies):
            if changed_since(file, began_ns):
                raise self._written_at_start(side, file)
        opened = set(foreign_opened(more, again.opened))
        suspects = suspects & opened if suspects else opened
        if suspects:
            suspects -= await self._opened_by_others(more)
        for foreign in sorted(suspects, key=lambda one: one.file):
            raise self._not_its_own(side, foreign)
        return found

    async def _opened_by_others(self, trees: Trees) -> set[Foreign]:
        """What is opened while no server runs, by an editor or an indexer."""
        with watching(trees.watched) as watch:
            await asyncio.sleep(CONTROL_S)
        return set(foreign_opened(trees, watch.opened))

    def _written_at_start(self, side: Side, file: Path) -> RevisionError:
        return RevisionError(
            State.SAME_CODE,
            f"{self.change.title(side)} writes {printable(str(file))} when it starts, and so does "
            "the other revision, so both would run what was written last. Put {side} into the "
            "path, or start the server from its own copy of the code.",
        )

    def _not_started(self, server: Server, reason: str) -> RevisionError:
        """With the last lines of its log, and with what its copy of the code lacks."""
        log = self.folder / f"{server.name}.log"
        for line in last_lines(log, LOG_LINES_MAX, server.hidden) if log.is_file() else ():
            self.say(f"  {server.name} | {line}")
        copies = [one.folder for one in self.sides]
        causes = missing_files_sentence(self.plan, self.change, copies, self._notes())
        return RevisionError(State.NOT_STARTED, f"{reason.rstrip('.')}{causes}")

    def _not_its_own(self, side: Side, foreign: Foreign) -> RevisionError:
        own = f" instead of its own {printable(foreign.path)}" if foreign.path else ""
        return RevisionError(
            State.SAME_CODE,
            f"{self.change.title(side)} runs {printable(str(foreign.file))}, which is "
            f"{foreign.owner},{own}. {REMEDY}.",
        )

    def _images(self, evidence: Mapping[str, EvidenceRecord]) -> dict[str, EvidenceRecord]:
        """What images of containers show, where nothing else does.

        Raises:
            RevisionError: both run the same one.
        """
        base, head = self.servers
        if not (runs_container(base.command) and runs_container(head.command)):
            return {}
        ids = [
            image_ids(one.command, set(one.command) - set(other.command), one.environment)
            for one, other in ((base, head), (head, base))
        ]
        common = set(ids[0].values()) & set(ids[1].values())
        if base.command == head.command or common:
            image = next((word for word, one in ids[1].items() if one in common), "")
            raise RevisionError(
                State.SAME_CODE,
                f"base and head run one and the same container image{image and ' '}"
                f"{printable(image)}. Build one for each with its name in the tag, such as "
                '["docker", "build", "-t", "app:{commit}", "."], and start "app:{commit}".',
            )
        return {
            one.variant: EvidenceRecord(kind="image", name=printable(next(iter(found.values()))))
            for one, found in zip((base, head), ids, strict=True)
            if found and not evidence[one.variant].kind
        }
