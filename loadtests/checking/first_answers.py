"""What the first answers of two revisions show, before anything is measured.

Each revision was asked for every scenario twice. That tells what differs by itself, what is new in
the head, and where base and head say something else; a base that does not work is no base.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from contract.config.judging import BASE
from contract.run.answers import AnswerPair, AnswersRecord, DifferentPlace, shown_hash
from contract.run.record import RunRecord
from loadtests.checking.ignoring import propose_ignore
from loadtests.checking.kinds import Compared, Rules, compare_answers, line_about
from loadtests.checking.noise import UnsteadyError, find_new_fields, find_noise
from loadtests.checking.places import cut, find_places
from loadtests.checking.sending import BODY_KEPT_BYTES_MAX, Sent
from loadtests.planning.disclosure import blanked, printable
from loadtests.planning.plan import Plan, Scenario
from loadtests.planning.pointers import Noise
from loadtests.probes.http.answer import joined_hash
from loadtests.probes.http.body import UnfitError
from loadtests.probes.http.documents import BodyHashes, parse_document
from loadtests.probes.http.exchange import UNKNOWN_STATUSES
from loadtests.revisions.states import RevisionError, State

_BEHIND = DifferentPlace(f"behind the first {BODY_KEPT_BYTES_MAX >> 20} MiB, or not kept", "", "")
_NAMED_MAX = 3
_NOISE_LENGTH_MAX = 80

Answers = Mapping[tuple[int, int], tuple[Sent, ...]]
"""By index of scenario and variant; the base is variant 0, the head 1."""


@dataclass(frozen=True)
class FirstAnswers:
    """What the first answers to one scenario show.

    Attributes:
        scenario: its name.
        new: whether the base does not know the request, and the head does.
        noise: places that are not compared, because they differ by themselves.
        gained: places that only the head has; their values are not compared.
        not_compared: why answers cannot be compared at all; empty where they can.
        ignore: a proposal for the scenario's `ignore`; empty where there is none.
        pair: base and head; None where they are equal or not compared.
        broken: why the base answers wrongly where the head does not; empty otherwise.
        wrong: why the head answers wrongly each time; empty otherwise.
    """

    scenario: str
    new: bool = False
    noise: tuple[Noise, ...] = ()
    gained: tuple[Noise, ...] = ()
    not_compared: str = ""
    ignore: str = ""
    pair: AnswerPair | None = None
    broken: str = ""
    wrong: str = ""
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def compared(self) -> bool:
        """Whether the answers of both revisions are to be compared."""
        return not (self.new or self.not_compared)

    @property
    def shown_noise(self) -> tuple[str, ...]:
        """The places that are not compared, for people."""
        shown = (blanked(one.shown, self.secrets) for one in self.noise)
        return tuple(cut(printable(one), _NOISE_LENGTH_MAX) for one in shown)

    @property
    def record(self) -> AnswersRecord:
        """As the run's record keeps it."""
        return AnswersRecord(
            not_compared=self.not_compared,
            noise=self.shown_noise,
            ignore=self.ignore,
            pairs=(self.pair,) if self.pair else (),
        )


def examine_first_answers(
    plan: Plan, answers: Answers, secrets: Sequence[str]
) -> tuple[FirstAnswers, ...]:
    """Look at the first answers, scenario by scenario.

    Args:
        plan: of two revisions.
        answers: of each scenario and revision two, or one where the first one never came.
        secrets: values that must not be shown.
    """
    return tuple(
        _examined(
            plan, scenario, (answers.get((index, 0), ()), answers.get((index, 1), ())), secrets
        )
        for index, scenario in enumerate(plan.scenarios)
    )


def _with_rows(first: FirstAnswers, found: Sequence[FirstAnswers]) -> FirstAnswers:
    """What the answers to several rows show together."""
    unsteady = next((one for one in found if one.not_compared), None)
    if unsteady:
        return unsteady
    pairs = [one.pair for one in (first, *found) if one.pair]
    pairs.sort(key=lambda pair: pair.kind != "different")
    return replace(
        first,
        noise=tuple(dict.fromkeys(noise for one in (first, *found) for noise in one.noise)),
        gained=tuple(dict.fromkeys(gained for one in (first, *found) for gained in one.gained)),
        ignore=next((one.ignore for one in (first, *found) if one.ignore), ""),
        pair=pairs[0] if pairs else None,
    )


def _examined(
    plan: Plan,
    scenario: Scenario,
    sides: tuple[Sequence[Sent], Sequence[Sent]],
    secrets: Sequence[str],
) -> FirstAnswers:
    base, head = sides
    if not (base and head) or _fault(head):
        always = head and all(sent.observation.error for sent in head)
        return FirstAnswers(scenario.name, wrong=printable(_fault(head)) if always else "")
    if not _fault(base):
        first = _Examining(plan, scenario, base, head, secrets).found()
        # A row that either answers wrongly shows nothing of what differs by itself.
        rows = [
            (own, other)
            for own, other in zip(_by_row(base), _by_row(head), strict=False)
            if not (_fault(own) or _fault(other))
        ]
        more = [_Examining(plan, scenario, *one, secrets).found() for one in rows]
        return _with_rows(first, more) if more and first.compared else first
    if all(sent.observation.status in UNKNOWN_STATUSES for sent in base):
        return FirstAnswers(scenario.name, new=True)
    return FirstAnswers(scenario.name, broken=printable(_fault(base)))


def check_base(found: Sequence[FirstAnswers]) -> None:
    """Make sure that there is a base to compare with, and a head to be compared.

    Raises:
        RevisionError: one of them answers wrongly.
    """
    if wrong := _named(found, {one.scenario: one.wrong for one in found}):
        raise RevisionError(
            State.WRONG_ANSWERS,
            f"the head answers wrongly, so nothing is measured ({wrong}). See service_head.log in "
            "the run's folder, or correct `status`, `contains` or `json` of the scenario.",
        )
    if named := _named(found, {one.scenario: one.broken for one in found}):
        raise RevisionError(
            State.UNUSABLE_BASE,
            f"the base answers wrongly and the head rightly ({named}), so there is nothing to "
            "compare with: this change repairs it, or both use data that only the head "
            "understands, which `prepare` and {side} in [revisions] tell apart. Name another base "
            "with --base, or leave these scenarios out with --scenarios.",
        )


def _named(found: Sequence[FirstAnswers], faults: Mapping[str, str]) -> str:
    """The scenarios that have a fault, the first few by name; empty where none has."""
    named = [f"{one.scenario}: {fault}" for one in found if (fault := faults[one.scenario])]
    more = len(named) - _NAMED_MAX
    return "; ".join(named[:_NAMED_MAX]) + (f"; and {more} more" if more > 0 else "")


def plan_with(plan: Plan, found: Sequence[FirstAnswers]) -> Plan:
    """The plan, so that the generator leaves noise out and lets the base not know what is new."""
    by_name = {one.scenario: one for one in found}
    return replace(
        plan,
        scenarios=tuple(
            scenario.model_copy(
                update={
                    "noise": (
                        *by_name[scenario.name].noise,
                        *by_name[scenario.name].gained,
                    ),
                    "new": by_name[scenario.name].new,
                    "compared": by_name[scenario.name].compared,
                }
            )
            for scenario in plan.scenarios
        ),
    )


def record_with(record: RunRecord, found: Sequence[FirstAnswers]) -> RunRecord:
    """The run's record with what was found; measuring adds the answers of its rounds."""
    by_name = {one.scenario: one for one in found}
    return record.model_copy(
        update={
            "scenarios": tuple(
                scenario.model_copy(
                    update={
                        "new": by_name[scenario.name].new,
                        "answers": by_name[scenario.name].record,
                    }
                )
                for scenario in record.scenarios
            )
        }
    )


def lines_about(found: Sequence[FirstAnswers]) -> Iterator[str]:
    """What a person should know before minutes of measuring, one line each."""
    for one in found:
        if one.new:
            yield f"{one.scenario}: new in head, so not compared"
        elif one.not_compared:
            yield f"{one.scenario}: answers are not compared: {one.not_compared}"
        elif one.noise:
            places = ", ".join(one.shown_noise[:_NAMED_MAX])
            more = len(one.noise) - _NAMED_MAX
            yield (
                f"{one.scenario}: two answers of one revision differ at {places}"
                f"{f' and {more} more places' if more > 0 else ''}, so this is not compared"
            )
        if one.pair:
            yield line_about(one.scenario, one.pair, BASE)


def _fault(sent: Sequence[Sent]) -> str:
    return next((one.observation.error for one in sent if one.observation.error), "")


def _by_row(sent: Sequence[Sent]) -> Iterator[tuple[Sent, ...]]:
    """The answers to the rows behind the first one, each row's together."""
    return zip(*(one.others for one in sent), strict=False)


class _Examining:
    """One scenario that both revisions answer rightly."""

    def __init__(
        self,
        plan: Plan,
        scenario: Scenario,
        base: Sequence[Sent],
        head: Sequence[Sent],
        secrets: Sequence[str],
    ) -> None:
        self._variant = plan.variants[1]
        self._scenario = scenario
        self._base, self._head = base, head
        self._rules = Rules.of(scenario, secrets)

    def found(self) -> FirstAnswers:
        """Everything about it."""
        name = self._scenario.name
        if not all(sent.whole for sent in (*self._base, *self._head)):
            return self._of_long_answers()
        requests = range(1, len(self._scenario.sequence) + 1)
        try:
            noise = tuple(one for request in requests for one in self._noise(request))
            gained = tuple(one for request in requests for one in self._gained(request))
        except UnsteadyError as error:
            why = f"two answers of one revision differ: {error}"
            return FirstAnswers(name, not_compared=why, ignore=self._proposal())
        return FirstAnswers(
            name,
            noise=noise,
            gained=gained,
            ignore=self._proposal() if noise else "",
            pair=self._pair(replace(self._rules, noise=noise), (*noise, *gained)),
            secrets=tuple(self._rules.secrets),
        )

    def _of_long_answers(self) -> FirstAnswers:
        """Of what is not kept whole, only hashes are known."""
        base = [sent.observation.body_hash for sent in self._base]
        head = [sent.observation.body_hash for sent in self._head]
        name = self._scenario.name
        if len(set(base)) > 1:
            return FirstAnswers(
                name, not_compared=f"two answers of the base differ {_BEHIND.where}"
            )
        pairs = zip(base, head, strict=False)
        unequal = next(((one, other) for one, other in pairs if one != other), None)
        if unequal is None:
            return FirstAnswers(name)
        found = Compared("different", (_BEHIND,), 1, counted_all=False)
        return FirstAnswers(name, pair=self._recorded(found, *unequal))

    def _noise(self, request: int) -> tuple[Noise, ...]:
        """What differs by itself in the answers to one request of the sequence.

        Raises:
            UnsteadyError: pointers cannot say where.
        """
        hashes = BodyHashes(self._rules.ignored)
        base, head = (
            [sent.bodies[request - 1] for sent in side] for side in (self._base, self._head)
        )
        is_steady = hashes.of(base[0], request) == hashes.of(base[-1], request)
        documents = self._documents(base)
        if documents is None:
            if is_steady:
                return ()
            raise UnsteadyError("they are no JSON")
        noise: tuple[Noise, ...] = ()
        if not is_steady:
            # What grows is comparable while it is equal in base and head each time.
            growing = all(
                hashes.of(one, request) == hashes.of(other, request)
                for one, other in zip(base, head, strict=False)
            )
            noise = find_noise(*documents, request, growing=growing)
        return noise

    def _gained(self, request: int) -> tuple[Noise, ...]:
        base, head = (
            self._documents([sent.bodies[request - 1] for sent in side])
            for side in (self._base, self._head)
        )
        if base is None or head is None:
            return ()
        return find_new_fields(list(zip(base, head, strict=True)), request)

    def _documents(self, bodies: Sequence[bytes]) -> tuple[Any, Any] | None:
        """Of a first and a last answer; None where one is no JSON once `ignore` is applied."""
        ignored = self._rules.ignored
        kept = [ignored.removed_from(body) if ignored else body for body in (bodies[0], bodies[-1])]
        try:
            return parse_document(kept[0]), parse_document(kept[1])
        except UnfitError:
            return None

    def _proposal(self) -> str:
        """An expression for `ignore` that makes the base's own two answers equal."""
        for left, right in zip(self._base[0].bodies, self._base[-1].bodies, strict=False):
            places = find_places(left, right, self._rules.ignored, self._rules.secrets)
            if places.count:
                proposed = propose_ignore(left, right, self._scenario.ignore, places)
                # A key may be a token.
                return proposed if proposed == blanked(proposed, self._rules.secrets) else ""
        return ""

    def _pair(self, rules: Rules, hashed_without: Sequence[Noise]) -> AnswerPair | None:
        """Base and head, in the first or in the last answer: in that which differs more."""
        found = None
        for base, head in zip(self._base, self._head, strict=False):
            compared = compare_answers(base.bodies, head.bodies, rules)
            if compared.kind == "different" or (compared.kind == "added" and found is None):
                hashes = (self._hash(sent, hashed_without) for sent in (base, head))
                found = self._recorded(compared, *hashes)
            if compared.kind == "different":
                break
        return found

    def _hash(self, sent: Sent, without: Sequence[Noise]) -> int:
        """The hash that measuring will find of the same answer."""
        hashes = BodyHashes(self._rules.ignored, without)
        found = [hashes.of(body, request) for request, body in enumerate(sent.bodies, 1)]
        return joined_hash(found) if len(self._scenario.sequence) > 1 else found[0]

    def _recorded(self, compared: Compared, base_hash: int, head_hash: int) -> AnswerPair:
        return AnswerPair(
            variant=self._variant,
            kind=compared.kind,
            base=shown_hash(base_hash),
            head=shown_hash(head_hash),
            places=compared.places,
            count=compared.count,
            counted_all=compared.counted_all,
        )
