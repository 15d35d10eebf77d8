"""A run of users in words: the closed loop is named, and each request has its row."""

import io
import re
from pathlib import Path

from reports.publish import gate, publish
from reports.tests.users import UsersMade, make_users_run

BUDGET = {"scenario": "list", "variant": "after", "metric": "latency_s_p50", "under_load": True}


def published(tmp_path: Path, made: UsersMade) -> tuple[int, str, str]:
    """Exit code, terminal and page of such a run."""
    out = io.StringIO()
    folder = make_users_run(tmp_path / "run", made)
    code = publish(folder, out).exit_code
    publish(folder, out, verbose=True)
    return code, out.getvalue(), (folder / "report.html").read_text(encoding="utf-8")


def test_terminal_and_page_name_the_closed_loop(tmp_path: Path) -> None:
    """And show throughput and failures before and after."""
    made = UsersMade(
        {"list": (0.010, 0.020), "login": (-0.01, -0.01)},
        error_rate=(0.0, 0.0),
        of_users={"tags": ("reading",), "hosts_ignored": ("One",)},
    )
    code, terminal, page = published(tmp_path, made)

    assert 0 == code
    assert terminal.startswith("Closed loop of 4 users: list is ")
    assert re.search(r"\nThroughput: list \S+( %)? fewer\n", terminal)
    assert "How sure: " in terminal
    assert " requests of each variant " in terminal
    for text in (terminal, page):
        assert "Closed loop of 4 users: list is " in text
        assert "A closed loop: users wait for their answers" in text
        assert "From 16 blocks in which the variants took turns twice" in text
        assert "login: not compared: sent to before and after in the burn-in alone" in text
    assert "Sent by 4 users of locustfile.py, tags reading, in 16 blocks of sub-blocks" in page
    assert "The host of One is ignored" in page
    assert "Latency with 4 users at a time, regressions first" in page
    assert "due at the same moment" not in page
    assert "All planned sub-blocks were measured, bodies of answers are not compared" in page
    assert "same answers" not in page
    row = next(line for line in terminal.splitlines() if line.startswith("list  "))
    assert ["list", "fewer"] == row.split()[:2]
    assert " % fewer [" in row


def test_what_is_wrong_is_said_beside_it(tmp_path: Path) -> None:
    """Failures, exceptions, and a request of one variant alone."""
    made = UsersMade(
        {"list": (0.010, 0.010), "gone": (0.01, 0.0)},
        error_rate=(0.0, 0.2),
        of_users={"exceptions": {"after": 1234}, "last_exception": "KeyError: 'x'"},
    )
    _, terminal, _ = published(tmp_path, made)

    assert "the failures differ, so the latencies of the others have no verdict" in terminal
    assert (
        "exceptions left tasks of the Locust file: 1,234 in after; the last: KeyError" in terminal
    )
    assert "; failures differ in list\n" in terminal
    assert "gone: not compared: never sent to after" in terminal


def test_a_busy_process_is_explained(tmp_path: Path) -> None:
    """With what to do."""
    code, terminal, _ = published(tmp_path, UsersMade({"list": (0.01, 0.01)}, cpu_s=2.0))

    assert 4 == code
    assert "the process that runs all users used" in terminal
    assert "use fewer users, a longer wait_time, or FastHttpUser" in terminal


def judged(folder: Path) -> tuple[int, str]:
    """What the gate says of a run."""
    out = io.StringIO()
    return gate(folder, out).exit_code, out.getvalue()


def test_the_gate_judges_requests_by_their_names(tmp_path: Path) -> None:
    """FAIL, PASS, and a name that nobody sent, which is not decided."""
    slower = {"list": (0.010, 0.020)}
    for number, (scenario, limit, latencies, code) in enumerate(
        (
            ("list", 1.1, slower, 1),
            ("list", 3.0, slower, 0),
            ("absent", 1.1, slower, 3),
        )
    ):
        budget = {**BUDGET, "scenario": scenario, "ratio_max": limit}
        made = UsersMade(latencies, config={"budgets": [budget]})
        folder = make_users_run(tmp_path / str(number), made)

        found, text = judged(folder)

        assert code == found, text


def test_the_gate_decides_nothing_where_failures_differ(tmp_path: Path) -> None:
    """Fast failures pass no budget."""
    made = UsersMade(
        {"list": (0.010, 0.010)},
        error_rate=(0.0, 0.1),
        config={"budgets": [{**BUDGET, "ratio_max": 1.5}]},
    )
    code, text = judged(make_users_run(tmp_path / "run", made))

    assert 3 == code
    assert "the failures differ" in text
