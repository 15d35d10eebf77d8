"""Whole checks of a real server: what they find, and what they leave behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from loadtests.checking.check import check
from loadtests.checking.tests.checks import SERVER, answer, checked, configuration, plan_of

ROOT = Path(__file__).parents[3]


def test_right_answers_have_status_size_and_times(tmp_path: Path) -> None:
    """Each scenario in each variant; both get the pace of their latencies."""
    found = checked(tmp_path, configuration("same", "price"))

    same = answer(found, "same", "after")
    assert (200, "", 35) == (same.status, same.error, same.body_bytes)
    assert same.ttfb_s is not None
    assert same.latency_s is not None
    assert 0 < same.ttfb_s <= same.latency_s
    assert ["same", "price"] == [pace.scenario for pace in found.paces]
    assert "" == found.failure


def test_a_wrong_answer_has_its_reason(tmp_path: Path) -> None:
    """As measuring would give it."""
    found = checked(tmp_path, configuration("broken"))

    assert "status 500, expected 200" == answer(found, "broken", "before").error
    assert () == found.differences


def test_stages_and_counters_that_no_answer_has_are_named(tmp_path: Path) -> None:
    """As the metrics that budgets would name."""
    target = f"[target]\ncommand = ['{sys.executable}', '{SERVER}']\n"
    names = 'stages = ["db"]\ncounters = ["db_rows"]\n'
    found = checked(tmp_path, configuration("same", target=target + names))

    assert ("stage_db_s", "db_rows") == answer(found, "same", "before").missing


def test_a_stream_of_one_event_has_no_pace(tmp_path: Path) -> None:
    """A budget on its events per second could not be judged; a stream of none is wrong."""
    streams = configuration("same", "broken").replace("\nrequest", '\nevents = "lines"\nrequest')
    found = checked(tmp_path, streams)

    assert ("events_per_s_p50",) == answer(found, "same", "before").missing


NAGLE = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = int(os.environ["BUFFER"])

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.mark.alone
@pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that delays by 40 ms")
@pytest.mark.parametrize(("buffer", "expected"), [(0, True), (-1, False)])
def test_answers_that_wait_for_an_acknowledgement_are_noticed(
    tmp_path: Path, buffer: int, *, expected: bool
) -> None:
    """Head and body in two writes; in one write nothing waits."""
    script = tmp_path / "nagle.py"
    script.write_text(NAGLE, encoding="utf-8")
    target = (
        f"[target]\ncommand = ['{sys.executable}', '{script}']\n"
        f'environment = {{ BUFFER = "{buffer}" }}\n'
    )
    seen = False
    for _ in range(3):
        # A busy machine may make a pause longer than it is elsewhere.
        found = checked(tmp_path, configuration("one", "two", "three", target=target))
        seen = seen or any(answer.stalls for answer in found.answers)

    assert expected == seen


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    """The lines that matter; not a path of a folder that is gone."""
    script = tmp_path / "broken.py"
    script.write_text("print('connecting')\nimport nothing_such\n", encoding="utf-8")
    target = f"[target]\ncommand = ['{sys.executable}', '{script}']\n"
    found = checked(tmp_path, configuration("same", target=target))

    assert "the service exited with 1; output: ModuleNotFoundError" in found.failure
    assert "see " not in found.failure
    assert found.log[-1].startswith("ModuleNotFoundError: No module named 'nothing_such'")
    assert () == found.answers


def test_a_command_of_the_set_up_that_fails_shows_its_log(tmp_path: Path) -> None:
    """Its last lines, also where it ends well and gives nothing, without values it was given."""
    code = (
        "import os, sys; print(*map(str, range(20)), 'key ' + os.environ['KEY'], sep='\\n', "
        "file=sys.stderr); print('{}')"
    )
    step = f"[[setup]]\ncommand = {json.dumps([sys.executable, '-c', code])}\n"
    step += 'take = { token = "/token" }\n'
    target = f"[target]\ncommand = ['{sys.executable}', '{SERVER}']\n"
    target += 'environment = { KEY = "s3cret-value" }\n'
    found = checked(tmp_path, configuration("same", target=target, more=step))

    assert "failed in before: take token from /token: nothing stands there" in found.failure
    assert (*map(str, range(13, 20)), "key [removed]") == found.log


def test_a_request_of_the_set_up_that_fails_shows_the_log_of_the_service(tmp_path: Path) -> None:
    """Without what earlier steps, also those of other variants, have taken."""
    script = tmp_path / "failing.py"
    script.write_text(FAILING, encoding="utf-8")
    target = f"[target]\ncommand = ['{sys.executable}', '{script}']\n"
    steps = (
        '[[setup]]\nrequest = "GET /token"\ntake = { token = "/token" }\n'
        '[[setup]]\nrequest = "GET /ready?key={token}"\n'
    )
    found = checked(tmp_path, configuration("same", target=target, more=steps))

    assert "number 2 (GET /ready?key={token}) failed in after: status 500, exp" in found.failure
    assert ("gave [removed] [removed]",) == found.log
    assert "see " not in found.failure


FAILING = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

tokens = []

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/token":
            tokens.append(f"secret-{len(tokens)}-secret")
            status, body = 200, {"token": tokens[-1]}
        else:
            status, body = 200 if len(tokens) == 1 else 500, {}
        if status == 500:
            print("gave", *tokens, file=sys.stderr, flush=True)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process, no temporary folder, no run."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    checked(tmp_path, configuration("same"))

    assert [] == list((tmp_path / "temporary").iterdir())
    assert [tmp_path / "temporary", tmp_path / "versus.toml"] == sorted(tmp_path.iterdir())
    children = psutil.Process().children(recursive=True)
    assert [] == [child for child in children if str(SERVER) in child.cmdline()]


def test_an_answer_that_never_comes_is_waited_for_once(tmp_path: Path) -> None:
    """The configuration's own time; what came in no time is not sent again."""
    text = configuration("silent").replace("[target]\n", "[target]\ntimeout_s = 0.3\n")
    found = checked(tmp_path, text)

    assert "no whole answer within 0.3 s" == answer(found, "silent", "after").error
    assert None is answer(found, "silent", "after").latency_s
    assert () == found.paces


def test_a_server_that_ends_while_it_is_asked_is_a_failure(tmp_path: Path) -> None:
    """Its end, not the broken connection, is what matters."""
    script = tmp_path / "short.py"
    script.write_text(
        "import os, socket, sys\n"
        "listening = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\n"
        "while not listening.accept()[0].recv(9): pass\n"
        "sys.exit('out of luck')\n",
        encoding="utf-8",
    )
    target = f"[target]\ncommand = ['{sys.executable}', '{script}']\n"
    found = checked(tmp_path, configuration("same", target=target))

    assert "the service exited with 1; output: out of luck" == found.failure


def test_an_interrupt_stops_everything(tmp_path: Path) -> None:
    """Also while an answer is waited for that never comes."""
    config = tmp_path / "versus.toml"
    config.write_text(configuration("silent"), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "versus", "check", "--config", str(config)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while not process.stderr.readline().startswith("sending"):
            pass
        children = psutil.Process(process.pid).children(recursive=True)
        began_s = time.monotonic()
        process.send_signal(signal.SIGINT)

        assert 130 == process.wait(30)
    assert time.monotonic() - began_s < 25
    assert children
    assert [] == psutil.wait_procs(children, timeout=5)[1]
    assert [config] == list(tmp_path.iterdir())


def test_a_check_imports_no_locust() -> None:
    """Which takes a second and patches sockets."""
    code = (
        "import sys, loadtests.checking.check as c; print({'locust', 'gevent'} & set(sys.modules))"
    )
    out = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)

    assert "set()\n" == out


def test_variants_with_addresses_of_their_own_are_checked(tmp_path: Path) -> None:
    """Nothing is started; where nothing listens, that is the failure."""
    urls = '[variants.before]\nurl = "http://127.0.0.1:1"\n[variants.after]\nurl = "http://127.0.0.1:1"\n'
    plan = plan_of(tmp_path, configuration("same", target="[target]", variants=urls))

    assert check(plan, print).failure.startswith("nothing answers at http://127.0.0.1:1 ")
