"""Every named reason has one sentence, made of the facts that the code gives with it."""

import math
from typing import Any

import pytest

from reports.effects.agreement import RATE, Difference
from reports.effects.reasons import Name, Reason, reason
from reports.page.reasons import all_in_words, both_in_words, fact_in_words, in_words
from reports.statistics.values import Interval

POOLED = {"metric": "latency_s_p50", "kind": "request", "pooled_ratio": 1.3}
SHAPE = {
    "variant": "optimized",
    "baseline": "baseline",
    "kind": "groups",
    "share_before": 0.0,
    "share_after": 0.081,
    "slow_s": 0.038,
    "others_ratio": 0.98,
    "others_interval": Interval(0.97, 0.99, 0.99),
    "groups_before": 1,
    "groups_after": 2,
    "pooled_ratio": None,
}
FEW = reason(Name.TOO_FEW_UNITS, n=1, unit="rounds", rounds_per_unit=1, needed=12)
CONTAMINATED = {"variant": "optimized", "shift": math.log(1.1), "detectable": math.log(1.331)}
DELIVERED = {"rounds": 90, "planned": 100}
FAILED = {"kind": "request", "variant": "optimized", "errors": 3, "requests": 100}
PLACES = {
    "places": (("/sum", "3", "4"), ("line 2", "", "")),
    "count": 1000,
    "counted_all": False,
}
GAINED = {"places": (("/owner", "nothing", '"ann"'),), "count": 1, "counted_all": True}

SENTENCES: list[tuple[Reason, str]] = [
    (
        reason(
            Name.FAILURES_DIFFER,
            variant="after",
            errors=30,
            requests=1200,
            baseline="before",
            baseline_errors=0,
            baseline_requests=1100,
        ),
        (
            "30 of 1,200 requests failed in after, 0 of 1,100 in before: the failures differ, so "
            "the latencies of the others have no verdict"
        ),
    ),
    (
        reason(Name.TASKS_FAILED, exceptions={"before": 1, "after": 2}, last="KeyError: 'x'"),
        (
            "exceptions left tasks of the Locust file: 1 in before, 2 in after; the last: "
            "KeyError: 'x'"
        ),
    ),
    (
        reason(Name.REQUEST_NOT_COMPARED, never=["a"], early=[], wrong=["b", "c"]),
        "not compared: never sent to a; always failed in b and c",
    ),
    (
        reason(Name.REQUEST_NOT_COMPARED, never=[], early=[], wrong=[]),
        "not compared: never answered by all variants in one half-block",
    ),
    (
        reason(Name.USERS_BUSY, share=0.97, share_max=0.9),
        (
            "the process that runs all users used 97 % of a core (more than 90 %), so latencies "
            "and throughput may be its own; use fewer users, a longer wait_time, or FastHttpUser"
        ),
    ),
    (
        reason(Name.CANARY_CPU_CHANGED, shift=math.log(1.05), detectable=math.log(1.16)),
        (
            "the canary's CPU time differs by 5 %, though its code is the same; only a change "
            "over 16 % can be detected"
        ),
    ),
    (
        reason(Name.AS_ONE_FACTOR, metric="latency_s_p95", needed=140),
        "as all requests; 140 rounds would tell p95 alone",
    ),
    (FEW, "only 1 round; a verdict needs 12"),
    (
        reason(Name.TOO_FEW_UNITS, n=4, unit="blocks", rounds_per_unit=200, needed=12),
        "only 4 blocks of 200 rounds; a verdict needs 12",
    ),
    (
        reason(Name.CARRY_OVER, shift=math.log(1.1), detectable=math.log(1.331)),
        "contaminated: carry-over of 10.0 %; only a change over 33.1 % can be detected",
    ),
    (
        reason(Name.POOLING_DISAGREES, ratio=0.9, **POOLED),
        (
            "medians over all requests: 30.0 % slower, too far from 10.0 % faster in pairs "
            "for a verdict"
        ),
    ),
    (
        reason(Name.NOT_SYMMETRIC),
        ("the units are evidence for more and for less, so their ratios are not symmetric"),
    ),
    (
        reason(Name.NO_RUN_LONG_ENOUGH, rounds_per_unit=200),
        "no run is long enough for a block of 200 rounds; increase measure_s",
    ),
    (
        reason(Name.SHAPE_CHANGED, **SHAPE),
        (
            "the shape changed: 8.1 % of requests are slow (about 38.0 ms) in optimized, none in "
            "baseline; the others are 2.0 % faster [1.0, 3.0]; 2 groups of latencies instead of 1"
        ),
    ),
    (reason(Name.POOLED_RATIO, **POOLED), "medians over all requests: 30.0 % slower"),
    (
        reason(Name.POOLED_RATIO, metric="data_shown_s", kind="page", pooled_ratio=0.5),
        "medians over all loads: 2.00x faster",
    ),
    (
        reason(Name.POOLED_RATIO, metric="call_s", kind="function", pooled_ratio=0.5),
        "medians over all processes: 2.00x faster",
    ),
    (
        reason(Name.SMALL_CARRY_OVER, shift=math.log(1.01)),
        "carry-over of 1.0 %, small compared with this",
    ),
    (
        reason(Name.DECIDED_BY_HOLM),
        (
            "decided by stepping down (Holm), because most other comparisons are decided; "
            "the interval allows for all of them"
        ),
    ),
    (
        reason(Name.LIKELY_CHANGE, share=0.05, effects=40),
        (
            "likely a change: at most 5 % of the 40 advisory effects marked so are expected"
            " to be none"
        ),
    ),
    (
        reason(Name.EFFECT_STEPPED, variant="optimized", before=0.5, after=1.0, block=7),
        (
            "the effect of optimized changed during the run: 2.00x faster before block 7, "
            "no change afterwards; its overall number describes neither"
        ),
    ),
    (
        reason(Name.EFFECT_DRIFTED, variant="optimized", before=0.5, after=1.0, block=None),
        (
            "the effect of optimized drifted during the run: 2.00x faster in the first "
            "third, no change in the last; its overall number describes neither"
        ),
    ),
    (
        reason(
            Name.REQUESTS_CARRY_OVER, **CONTAMINATED, rounds_after_other=40, rounds_after_own=41
        ),
        (
            "contaminated: requests of optimized are 10.0 % slower right after another "
            "variant's (40 rounds) than right after their own (41 rounds); changes up to "
            "33.1 % cannot be separated from that"
        ),
    ),
    (
        reason(Name.REVISIONS_CARRY_OVER, **CONTAMINATED, pairs=14),
        (
            "contaminated: requests of optimized are 10.0 % slower after the other "
            "revision's, compared with the reverse (14 pairs of starts); changes up to 33.1 % "
            "cannot be separated from that"
        ),
    ),
    (
        reason(
            Name.VALUES_MISSING,
            metric="stage_sign_s",
            missing=3,
            rounds=100,
            baseline="baseline",
            variant="optimized",
        ),
        ("3 of 100 rounds have no sign stage in baseline or optimized, so it is not compared"),
    ),
    (
        reason(
            Name.VALUES_MISSING,
            metric="stage_sign_s",
            missing=100,
            rounds=100,
            baseline="baseline",
            variant="optimized",
        ),
        "no round has sign stage",
    ),
    (
        reason(
            Name.CONNECTIONS_DIFFER,
            variant="optimized",
            share=0.652,
            baseline="baseline",
            baseline_share=0.0,
            shared=False,
        ),
        (
            "optimized opened a connection for 65.2 % of its requests, baseline for 0 %; opening "
            "one is part of the latency. Let the service keep connections open for longer"
        ),
    ),
    (
        reason(
            Name.CONNECTIONS_DIFFER,
            variant="optimized",
            share=0.652,
            baseline="baseline",
            baseline_share=0.238,
            shared=True,
        ),
        (
            "optimized opened a connection for 65.2 % of its requests, baseline for 23.8 %; "
            "opening one is part of the latency. The variants share connections, so answers of "
            "the other one may have closed them"
        ),
    ),
    (
        reason(Name.SIDES_NOT_PROVEN, sides=["head"]),
        "Not proven that the sides differ: nothing shows that head runs its own code",
    ),
    (
        reason(Name.SIDES_NOT_PROVEN, sides=["base", "head"]),
        "Not proven that the sides differ: nothing shows that base and head run their own code",
    ),
    (
        reason(Name.ROWS_WARMED, factor=12.34),
        (
            "whichever variant asks first for a row waits 12.3x as long as the others, so one "
            "process remembers rows for all of them. Give each variant a server of its own: "
            "`command`, `environment` or `url`"
        ),
    ),
    (
        reason(Name.ANSWERS_STALL, variant="optimized", share=0.541),
        (
            "54.1 % of the answers of optimized paused between two pieces for as long as an "
            "acknowledgement is delayed (40 ms). The service writes an answer in pieces with "
            "Nagle's algorithm on; one write, or TCP_NODELAY, ends that"
        ),
    ),
    (
        reason(Name.CARRY_OVER_UNCHECKED, pairs=3, needed=12),
        "carry-over could not be checked: only 3 of the 12 pairs of starts needed",
    ),
    (
        reason(Name.CARRY_OVER_UNCHECKED, rounds={"baseline": 3, "optimized": 0}, needed=12),
        (
            "carry-over could not be checked: only 3 for baseline, 0 for optimized of the "
            "12 rounds needed"
        ),
    ),
    (
        reason(Name.CANARY_UNDECIDED, "canary", variant="optimized"),
        (
            "canary: the canary is undecided: it is open whether the measurement treats "
            "optimized like the baseline"
        ),
    ),
    (
        reason(Name.SEPARATE_SERVERS, share=0.02),
        (
            "each variant ran in a process of its own, and processes that run the same code"
            " may differ by up to 2 %, and by much more while other work competes for the"
            " CPUs: such a change may be no more than that"
        ),
    ),
    (
        reason(Name.SERVERS_DISTURBED),
        (
            "another measurement ran beside processes that were started once each, and may have "
            "slowed one of them alone"
        ),
    ),
    (
        reason(Name.MEASURED_TOGETHER, commands=["bench", "check", "bench"]),
        (
            "3 other measurements ran on this machine at the same time (bench, check), so they "
            "disturbed each other"
        ),
    ),
    (
        reason(Name.RATE_NOT_CARRIED, variant="baseline", rate_per_s=9.0, overran=5, steps=28),
        (
            "baseline does not carry the 9 requests per second that are compared: 5 of 28 "
            "steps took half as long again to answer, so its latency depends on the length "
            "of a step; lower rate_per_s or utilization"
        ),
    ),
    (
        reason(Name.CPU_STOLEN, "list", share=0.08, share_max=0.05),
        (
            "list: in the worst block 8 % of the CPU time was stolen by other machines "
            "(more than 5 %); measure again when the host is quieter"
        ),
    ),
    (
        reason(Name.GENERATOR_BUSY_IN_BLOCK, "list", share=0.97, share_max=0.9),
        (
            "list: in the worst block the generator used 97 % of a core (more than 90 %), "
            "so latencies may be its own; increase gap_ms"
        ),
    ),
    (reason(Name.STATED, text="stopped by Ctrl-C"), "stopped by Ctrl-C"),
    (reason(Name.CLOSED_AS, state="partial"), "the generator closed the run as partial"),
    (
        reason(Name.GENERATOR_BUSY, share=0.97, share_max=0.9),
        (
            "the generator used 97 % of a core (more than 90 %), so latencies may be its "
            "own; increase gap_ms"
        ),
    ),
    (
        reason(Name.WORKER_SENT_LESS, worker=2, sent=950, planned=1000),
        "worker 2 sent 950 of 1,000 planned requests, 5 % too few",
    ),
    (reason(Name.OBSERVATIONS_LOST, requests=8), "8 requests were sent but not recorded"),
    (
        reason(Name.SENT_LATE, lag_s_p99=0.02, lag_s_max=0.01),
        (
            "1 in 100 requests was sent 20.0 ms late or more (more than 10 ms), so "
            "latencies may be the generator's; use more workers or a lower rate"
        ),
    ),
    (
        reason(Name.WORKER_BUSY, share=0.8, share_max=0.7),
        (
            "a worker used 80 % of a core (more than 70 %), so latencies may be its own; "
            "use more workers or a lower rate"
        ),
    ),
    (
        reason(Name.BLOCKS_MISSING, blocks=11, planned=14),
        "11 of 14 planned switchback blocks delivered",
    ),
    (
        reason(Name.BODIES_DIFFER, "list", differing=3, rounds=100, places=(), count=0),
        "list: the variants answered with different bodies in 3 of 100 rounds",
    ),
    (
        reason(Name.BODIES_DIFFER, "list", differing=3, rounds=100, **PLACES),
        (
            "list: the variants answered with different bodies in 3 of 100 rounds: /sum: 3 / 4, "
            "line 2 and at least 998 more"
        ),
    ),
    (
        reason(Name.ANSWERS_DIFFER, differing=1, rounds=1, only_more=False, **PLACES),
        "answers differ in 1 of 1 round: /sum: 3 / 4, line 2 and at least 998 more",
    ),
    (
        reason(Name.ANSWERS_DIFFER, differing=9, rounds=9, only_more=True, **GAINED),
        'answers gained fields in 9 of 9 rounds, and added_fields is "fail": /owner',
    ),
    (
        reason(Name.ANSWERS_DIFFER_ELSEWHERE, "list", **PLACES),
        (
            "list: answers differ outside the compared rounds, such as after a start: "
            "/sum: 3 / 4, line 2 and at least 998 more"
        ),
    ),
    (
        reason(Name.ANSWERS_GAINED, **GAINED),
        "answers gained fields: /owner (allowed)",
    ),
    (
        reason(Name.ANSWERS_NOT_COMPARED, "list", why="no JSON", ignore=""),
        "list: answers are not compared: no JSON",
    ),
    (
        reason(Name.ANSWERS_NOISY, "list", places=("/a", "/b", "/c", "/d"), ignore="x"),
        (
            "list: two answers of one revision differ at /a, /b, /c and 1 more places, so this is "
            "not compared; to make them equal: ignore = 'x'"
        ),
    ),
    (
        reason(Name.NEW_IN_HEAD, "list"),
        "list: new in head: the base does not know the request",
    ),
    (
        reason(Name.SCENARIO_INVALID),
        "answers differ, so latencies prove nothing",
    ),
    (
        reason(Name.SIZE_FOLLOWS_ANSWERS),
        "it grew because the answers say something else",
    ),
    (
        reason(Name.ROUNDS_LOST, "list", rounds=90, stated=100),
        "list: the run states 100 rounds, but its observations hold 90",
    ),
    (
        reason(Name.ENDED_WITHOUT_CAUSE, "list", **DELIVERED, ended=""),
        "list: 90 of 100 planned rounds delivered; stop reason not recorded",
    ),
    (
        reason(Name.ENDED_WITHOUT_CAUSE, "list", **DELIVERED, ended="luck"),
        "list: 90 of 100 planned rounds delivered; ended by luck",
    ),
    (
        reason(Name.ROUNDS_MISSING, "list", **DELIVERED, ended="rounds"),
        "list: 90 of 100 planned rounds delivered, though it ended as if all were",
    ),
    (
        reason(Name.STARTS_MISSING, "list", starts=14, planned=28),
        "list: 14 of 28 planned pairs of starts, though it ended as if all were",
    ),
    (reason(Name.NO_ROUND, "list"), "list: no round was measured"),
    (
        reason(Name.NO_ROUND_COMPARABLE, "list", rounds=300),
        "list: none of 300 rounds could be compared",
    ),
    (
        reason(Name.NO_ROUND_COMPARABLE, "dashboard", rounds=0),
        "dashboard: no round could be compared",
    ),
    (
        reason(
            Name.UNEQUAL_COUNTS,
            "list",
            kind="request",
            counts={"baseline": 1200, "optimized": 1199},
        ),
        (
            "list: the variants have different numbers of requests: 1,200 of baseline, "
            "1,199 of optimized"
        ),
    ),
    (
        reason(Name.ROUNDS_INCOMPLETE, "list", incomplete=5, rounds=295, share_max=0.01),
        (
            "list: 5 of 295 rounds have no observation of some variant, more than 1 %, and "
            "no error explains it"
        ),
    ),
    (
        reason(
            Name.ORDER_NOT_RANDOM, "list", kind="request", variant="baseline", first=40, rounds=40
        ),
        ("list: baseline was requested first in 40 of 40 rounds, so their order was not random"),
    ),
    (
        reason(
            Name.ORDER_NOT_RANDOM, "dashboard", kind="page", variant="baseline", first=40, rounds=40
        ),
        ("dashboard: baseline was loaded first in 40 of 40 rounds, so their order was not random"),
    ),
    (
        reason(Name.NO_ANSWER, "list", variant="optimized", requests=1),
        "list: optimized: 1 request got no answer at all",
    ),
    (
        reason(Name.ERROR_RATE, "list", **FAILED, share_max=0.01, example="HTTP 500"),
        ("list: optimized: 3 of 100 requests failed, more than 1 %, for example: HTTP 500"),
    ),
    (
        reason(Name.ERROR_RATE, "list", **FAILED, share_max=0.01, example=""),
        "list: optimized: 3 of 100 requests failed, more than 1 %",
    ),
    (
        reason(
            Name.ERROR_RATES_DIFFER,
            "list",
            **FAILED,
            baseline="baseline",
            baseline_errors=0,
            baseline_requests=100,
        ),
        (
            "list: optimized: 3 of 100 requests failed, but 0 of 100 in baseline: the error"
            " rates differ"
        ),
    ),
    (
        reason(
            Name.CANARY_CHANGED,
            "canary",
            variant="optimized",
            metric="latency_s_p50",
            ratio=1.1,
            interval=Interval(1.05, 1.15, 0.99),
        ),
        (
            "canary: the canary runs the same code in every variant, but optimized is 10.0 "
            "% slower [5.0, 15.0] in typical latency, so other effects cannot be trusted "
            "either"
        ),
    ),
    (reason(Name.VALUE_UNBOUNDED), "too few requests to bound the value"),
    (reason(Name.COUNT_VARIES), "more in some rounds, which chance may have made"),
    (
        reason(Name.PAGES_NOT_LOADED),
        "no page was loaded; pages need Chromium on PATH and pages_s in the profile",
    ),
    (reason(Name.SUITE_NOT_MEASURED), "no suite was measured"),
    (
        reason(Name.FUNCTION_LEFT_OUT, "it.gpu", variant="head", text="skipped: needs CUDA"),
        "it.gpu: not measured in head: skipped: needs CUDA",
    ),
    (
        reason(Name.FUNCTION_ABSENT, "it.old", variant="head", others=["base"]),
        "it.old: only in base, so it is not compared: head has no such function",
    ),
    (
        reason(Name.FEW_COMPARED_ROUNDS, rounds=20, needed=100),
        "only 20 compared rounds, 100 are needed",
    ),
    (reason(Name.CLAIM_NOT_TESTABLE, text="no browser"), "no browser"),
    (reason(Name.CLAIM_NEEDS_LOW_LOAD), "claims are tested at low load, by `versus bench`"),
    (reason(Name.NOT_IN_THIS_RUN), "not measured in this run"),
    (
        reason(Name.LESS_THAN_CLAIMED),
        "not as much as claimed; whether there is a smaller change is undecided",
    ),
    (reason(Name.NOT_FEWER_IN_EVERY_ROUND), "not fewer in every round"),
    (reason(Name.IN_RUN, run="B", reason=FEW), "in run B: only 1 round; a verdict needs 12"),
    (
        reason(
            Name.RUN_NOT_COMPLETE,
            run="B",
            state="partial",
            reasons=(reason(Name.STATED, text="cut off"),),
        ),
        "run B is partial: cut off",
    ),
    (
        reason(Name.RUNS_DIFFER, differences=["profile", "machine, cpu"]),
        "the runs differ in profile; machine, cpu",
    ),
    (
        reason(Name.FEW_STRETCHES, run="B", stretches=0, requests=20, needed=6),
        "run B has 0 stretches of 20 requests or more; 6 are needed",
    ),
    (reason(Name.NO_CONTROL), "no canary shows what the machine did between the runs"),
    (reason(Name.CONTROL_CHANGED, canary="", ratio=8.0), "the baseline changed too: 8.00x slower"),
    (
        reason(Name.CONTROL_CHANGED, canary="health", ratio=1.05),
        "the canary health changed too: 5.0 % slower",
    ),
    (
        reason(Name.BASELINE_CHANGED, baseline=1.2, ratio=None),
        "the baseline is 20.0 % slower in run B, by more time than the variant took",
    ),
    (
        reason(Name.BASELINE_CHANGED, baseline=1.2, ratio=1.1),
        (
            "the baseline is 20.0 % slower in run B; if that time is added to every "
            "request, the change is: 10.0 % slower"
        ),
    ),
    (
        reason(Name.EXCEEDED_ALONE, runs=["B"]),
        "run B alone exceeds it; find out why before measuring again",
    ),
    (
        reason(Name.EXCEEDED_ALONE, runs=["A", "C"]),
        "runs A and C each exceed it; find out why before measuring again",
    ),
    (
        reason(Name.GROWTH_UNBOUNDED, needed=6),
        (
            "too few readings of the memory to bound its growth: one start needs 6 after the first "
            "fifth of its requests, and there is one between two blocks. Raise measure_s of the "
            "profile"
        ),
    ),
    (
        reason(Name.NOT_READ),
        "it could not be read of the service's processes in this run",
    ),
    (
        reason(Name.OF_PART, part="postgres"),
        "of postgres, a part of the target beside the service; it grows most",
    ),
    (
        reason(Name.ONE_SERVER),
        "all variants are served by one server, whose memory they share",
    ),
    (
        reason(Name.ONE_START),
        (
            "each variant's server was started once, and two processes of one code differ; compare "
            "revisions, or give value_max"
        ),
    ),
    (reason(Name.RUNS_DECIDE_DIFFERENTLY), "the runs by themselves decide differently"),
    (
        reason(Name.MORE_RUNS_NEEDED, runs=1, short=True),
        "at least 1 more run like these before a verdict is possible",
    ),
    (
        reason(Name.MORE_RUNS_NEEDED, runs=3, short=False),
        "about 3 more runs like these should decide it",
    ),
]


@pytest.mark.parametrize(("given", "sentence"), SENTENCES)
def test_sentences(given: Reason, sentence: str) -> None:
    """The sentence names the facts as people read them."""
    assert sentence == in_words(given)


def test_every_name_has_a_sentence() -> None:
    """The table above leaves no name out."""
    assert set(Name) == {given.name for given, _ in SENTENCES}


def test_the_subject_comes_first() -> None:
    """What a reason is about stands before it, and nothing where it is the whole run."""
    assert ("list: no round was measured", "no round was measured") == all_in_words(
        (reason(Name.NO_ROUND, "list"), reason(Name.NO_ROUND))
    )


@pytest.mark.parametrize(
    ("fact", "value", "text"),
    [
        ("seed", 7, "7"),
        ("variants", ("baseline", "optimized"), "baseline, optimized"),
        ("code, commit", None, "not stated"),
        (RATE, 9.04, "9.04/s"),
        ("target", "x" * 61, f"{'x' * 59}…"),
    ],
)
def test_facts_of_one_run(fact: str, value: Any, text: str) -> None:
    """A rate has its unit, a missing fact is named so, and a long one is cut."""
    assert text == fact_in_words(Difference(fact, value, value, forbids=False), value)


def test_a_fact_of_two_runs() -> None:
    """The first run's stands left of the second's."""
    assert "1 / not stated" == both_in_words(Difference("seed", 1, None, forbids=False))
