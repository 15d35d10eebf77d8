"""Pairs of files as users had them: what is shown, or why they are refused; one line a case."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.errors import ReportError
from reports.foreign.tests.made import (
    HISTORY_COLUMNS,
    K6_COLUMNS,
    LOCUST_OLD_COLUMNS,
    autocannon,
    benchmarks,
    hyperfine,
    k6_2,
    k6_csv,
    k6_line,
    k6_row,
    k6_summary,
    locust_csv,
    locust_row,
    packed,
    written,
)
from reports.publish import compare_runs_of

NOT_COMPARED = "not compared: failures"
BELOW = "below its resolution"
TENS = [k6_row(10)] * 4
FAILED_ROW = k6_row(1, expected_response="false", status="503")


@dataclass(frozen=True)
class Case:
    """Two files, and pieces of the rows that their comparison shows.

    Attributes:
        rows: parts of one row each, which must stand in it in this order.
        lines: pieces of text anywhere.
    """

    name: str
    first: object
    second: object
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()


def same(name: str, content: object, *rows: tuple[str, ...], lines: tuple[str, ...] = ()) -> Case:
    """A file compared with itself."""
    return Case(name, content, content, rows, lines)


TWICE = hyperfine({"times": [1.0, 1.0]}, {"times": [5.0, 5.0]})
MACHINES: tuple[object, ...] = (None, "Xeon", {"cpu": "Xeon"}, {"cpu": None}, {}, [])
COMPARED = [
    # Told apart, or numbered.
    same(
        "same command twice",
        TWICE,
        ("x #1", "no change", "1.00 s"),
        ("x #2", "no change", "5.00 s"),
    ),
    Case(
        "twice and once",
        TWICE | hyperfine({"times": [1.0]}, {"times": [5.0]}, {"command": "y", "times": [1]}),
        hyperfine({"times": [5.0]}, {"command": "y", "times": [1]}),
        (("x #1", "only in A"), ("x #2", "only in A"), ("x ", "only in B"), ("y", "no change")),
        ("not equally often in both files, so not paired: x",),
    ),
    same(
        "parameters",
        hyperfine(
            {"times": [1], "parameters": {"n": "1"}}, {"times": [5], "parameters": {"n": "2"}}
        ),
        ("x (n=1)", "1.00 s"),
        ("x (n=2)", "5.00 s"),
    ),
    Case(
        "parameters in another order",
        hyperfine(
            {"times": [1], "parameters": {"n": "1"}}, {"times": [5], "parameters": {"n": "2"}}
        ),
        hyperfine(
            {"times": [5], "parameters": {"n": "2"}}, {"times": [1], "parameters": {"n": "1"}}
        ),
        (("x (n=1)", "no change"), ("x (n=2)", "no change")),
    ),
    same(
        "same test twice",
        benchmarks({}, {"stats": {"median": 5}}),
        ("t #1", "1.00 s"),
        ("t #2", "5.00 s"),
    ),
    same(
        "test without ids",
        benchmarks({"params": {"n": 1}}, {"params": {"n": 2}, "group": "g"}),
        ("t (n=1)",),
        ("t (group g; n=2)",),
    ),
    Case(
        "function as a parameter",
        benchmarks({"params": {"f": "<function f at 0x7f01>"}}),
        benchmarks({"params": {"f": "<function f at 0x8f01>"}}),
        (("t (f=<function f>)", "no change"),),
    ),
    Case(
        "another mix of methods",
        k6_csv(k6_row(5), k6_row(500, method="POST")),
        k6_csv(*[k6_row(5)] * 9, k6_row(500, method="POST")),
        (("GET /a", "no change", "5.00 ms"), ("POST /a", "no change", "500 ms")),
    ),
    same(
        "scenario and group",
        k6_csv(k6_row(5, scenario="s", group="::g"), k6_row(7)),
        ("GET /a (scenario s; group ", "5.00 ms"),
        ("GET /a", "7.00 ms"),
    ),
    same("no name", k6_csv(k6_row(5, name="", url="/u")), ("GET /u",)),
    same(
        "no tags at all",
        "metric_name,metric_value\nhttp_req_duration,5\n",
        ("http_req_duration", "5.00 ms"),
    ),
    same(
        "columns in another order",
        "name,metric_value,metric_name,x\n/a,5,http_req_duration,\n",
        ("/a", "5.00 ms"),
    ),
    # Failures.
    *(
        Case(
            f"autocannon {key}",
            autocannon(100),
            autocannon(2, **{key: 100}),
            (("http://x", "typical", NOT_COMPARED, "100 ms", "2.00 ms, 100 of"),),
            (f"100 {key}",),
        )
        for key in ("mismatches", "resets", "non2xx", "errors", "timeouts")
    ),
    *(
        Case(
            f"hyperfine exit code {code}",
            hyperfine({"times": [2, 2], "exit_codes": [0, 0]}),
            hyperfine({"times": [0.01, 0.02], "exit_codes": [code, code]}),
            (("typical", NOT_COMPARED, "15.0 ms, 2 of 2 failed"),),
        )
        for code in (1, None)
    ),
    same(
        "times of failed commands are left aside",
        hyperfine({"times": [2, 9], "exit_codes": [0, 1]}),
        ("typical", NOT_COMPARED, "2.00 s, 1 of 2 failed"),
    ),
    same(
        "exit codes without times",
        hyperfine({"median": 1, "mean": 1, "exit_codes": [1]}),
        ("1.00 s, 1 of 1 failed",),
    ),
    Case(
        "k6 summary",
        k6_summary(100),
        k6_summary(2, 100),
        (("typical", NOT_COMPARED, "2.00 ms, 100 of 100 failed"),),
    ),
    Case(
        "k6 2.x summary",
        k6_2(100),
        k6_2(2, 0.02),
        (("typical", NOT_COMPARED, "2.00 ms, 1 of 50 failed"),),
    ),
    Case("k6 2.x summary, none failed", k6_2(10), k6_2(20), (("typical", "2.00x slower"),)),
    Case(
        "k6 share alone",
        k6_summary(9),
        k6_summary(2, more={"http_req_failed": {"rate": 0.5}}),
        (("some failed",),),
    ),
    same(
        "k6 failed of a name",
        k6_summary(
            5,
            more={
                "http_req_duration{name:a}": {"med": 7},
                "http_req_failed{name:a}": {"passes": 1, "fails": 1, "value": 0.5},
            },
        ),
        ("http_req_duration ", "no change"),
        ("{name:a}", NOT_COMPARED, "7.00 ms, 1 of 2 failed"),
    ),
    Case(
        "k6 checks",
        k6_summary(100),
        k6_summary(2, more={"checks": {"passes": 90, "fails": 10, "value": 0.9}}),
        (("typical", NOT_COMPARED),),
        ("10 of 100 checks failed",),
    ),
    Case(
        "k6 CSV",
        k6_csv(*TENS),
        k6_csv(FAILED_ROW, FAILED_ROW),
        ((NOT_COMPARED, "1.00 ms, 2 of 2 failed"),),
    ),
    same(
        "k6 failed rows are left aside",
        k6_csv(*TENS, FAILED_ROW),
        (NOT_COMPARED, "10.0 ms, 1 of 5 failed"),
    ),
    same(
        "k6 status alone", k6_csv(k6_row(9, expected_response="", status="404")), ("1 of 1 failed",)
    ),
    same(
        "k6 expected 404",
        k6_csv(k6_row(9, status="404", error_code="1404")),
        ("no change", "9.00 ms"),
    ),
    same(
        "k6 without an answer",
        k6_csv(k6_row(0, expected_response="", status="0")),
        ("1 of 1 failed",),
    ),
    same(
        "k6 failures as points",
        "metric_name,metric_value,name\nhttp_req_duration,5,/a\nhttp_req_failed,1,/a\n",
        ("/a", NOT_COMPARED, "1 of 1 failed"),
    ),
    same(
        "k6 CSV checks",
        k6_csv(k6_row(5), k6_row(0, metric="checks")),
        (NOT_COMPARED,),
        lines=("1 of 1 checks failed",),
    ),
    same(
        "k6 gRPC of status 0",
        k6_csv(k6_row(5, metric="grpc_req_duration", status="0", expected_response="")),
        ("grpc_req_duration /a", "no change"),
    ),
    Case(
        "Locust",
        locust_csv(locust_row("/a", 100)),
        locust_csv(locust_row("/a", 2, 100)),
        (("GET /a", NOT_COMPARED, "100 ms", "2.00 ms, 100 of 100 failed"),),
    ),
    Case(
        "Locust history",
        locust_csv("1,2,GET,/a,9,5,5,100,0,10,10,10", columns=HISTORY_COLUMNS),
        locust_csv("1,2,GET,/a,9,5,5,100,1,2,2,9", columns=HISTORY_COLUMNS),
        (("10.0 ms", "2.00 ms, 1 of 100 failed"),),
    ),
    # Below the resolution.
    Case(
        "Locust below 1 ms",
        locust_csv(locust_row("/a", 5)),
        locust_csv(locust_row("/a", 0)),
        (("GET /a", "typical", BELOW, "5.00 ms", "below 1 ms"),),
    ),
    Case(
        "autocannon below 1 ms",
        autocannon(1),
        autocannon(0),
        (("typical", BELOW, "1.00 ms", "below 1 ms"),),
    ),
    same("autocannon all 0", autocannon(0), (BELOW, "below 1 ms", "below 1 ms")),
    same("hyperfine 0", hyperfine({"times": [0, 0, 0]}), ("x", BELOW)),
    same(
        "Locust without requests",
        locust_csv(locust_row("/a", 5), locust_row("/z", 0, count=0)),
        ("GET /z", "no requests"),
    ),
    Case(
        "autocannon without an answer",
        autocannon(5),
        autocannon(0, 0, errors=9),
        ((NOT_COMPARED, "9 of 9 failed"),),
    ),
    # Left out.
    same(
        "negative",
        hyperfine({"times": [1, -1, 1]}),
        ("1.00 s",),
        lines=(
            "A: left out values that are no time (negative, infinite, above 30 years or no ",
            "number): 1.",
            "B: left out",
        ),
    ),
    same(
        "NaN and infinity",
        '{"results": [{"command": "x", "times": [1, NaN, Infinity, "2", null, true]}]}',
        ("1.00 s",),
        lines=("or no number): 5.",),
    ),
    same(
        "text as median",
        benchmarks({"stats": {"median": "1", "mean": 2}}),
        ("mean", "2.00 s"),
        lines=("or no number): 1.",),
    ),
    same("median null", benchmarks({"stats": {"median": None, "mean": 2}}), ("mean", "2.00 s")),
    same(
        "row of no number",
        k6_csv(k6_row("x"), k6_row(5)),
        ("5.00 ms",),
        lines=("or no number): 1.",),
    ),
    same(
        "short row",
        k6_csv(k6_row(5), "http_req_duration,1", k6_row(5)),
        ("5.00 ms",),
        lines=("A: left out rows with more or fewer cells than the header: 1.",),
    ),
    same(
        "broken line",
        k6_line(5) + '{"type":"Po\n' + k6_line(5),
        ("GET /a", "5.00 ms"),
        lines=("A: left out lines that are no whole JSON object: 1.",),
    ),
    # Forms of a file.
    Case(
        "UTF-16 with a mark",
        json.dumps(autocannon(10)).encode("utf-16"),
        autocannon(10),
        (("no change", "10.0 ms"),),
    ),
    Case("gzip", packed(k6_csv(*TENS)), k6_csv(*TENS), (("GET /a", "no change"),)),
    Case("gzip of UTF-16", packed(autocannon(10), "utf-16"), autocannon(10), (("no change",),)),
    Case(
        "UTF-16 without a mark",
        json.dumps(autocannon(10)).encode("utf-16-le"),
        autocannon(10),
        (("no change",),),
    ),
    Case(
        "UTF-8 with a mark",
        ("\ufeff" + locust_csv(locust_row("/a", 5))).encode(),
        locust_csv(locust_row("/a", 5)),
        (("GET /a", "no change"),),
    ),
    Case("CRLF", k6_csv(*TENS).replace("\n", "\r\n"), k6_csv(*TENS), (("GET /a", "no change"),)),
    Case(
        "Locust's rows on Windows",
        locust_csv(locust_row("/a", 5)).replace("\n", "\r\r\n"),
        locust_csv(locust_row("/a", 5)),
        (("GET /a", "no change"),),
    ),
    same(
        "k6 lines",
        '{"type":"Metric","metric":"http_req_duration","data":{}}\n' + k6_line(5),
        ("GET /a", "5.00 ms"),
    ),
    Case("k6 lines and CSV", k6_line(5), k6_csv(k6_row(10)), (("GET /a", "2.00x slower"),)),
    same(
        "Locust JSON",
        [
            {
                "name": "/a",
                "method": "GET",
                "num_requests": 3,
                "num_failures": 0,
                "response_times": {"20": 2, "90": 1},
                "total_response_time": 130.5,
            }
        ],
        ("typical", "no change", "20.0 ms"),
        ("mean", "43.5 ms"),
    ),
    Case(
        "old Locust",
        locust_csv(
            '"GET","/a",10,0,20,22,1.00',
            '"None","Total",10,0,20,22,1.0',
            columns=LOCUST_OLD_COLUMNS,
        ),
        locust_csv(locust_row("/a", 20)),
        (("GET /a", "typical", "no change"),),
    ),
    same(
        "distribution of old Locust",
        '"Name","# requests","50%","95%"\n"GET /a",31,4,5\n"None Total",31,4,4\n',
        ("GET /a", "typical", "4.00 ms"),
    ),
    Case(
        "Locust's sum",
        locust_csv(locust_row("/a", 10), locust_row("Aggregated", 10, kind="")),
        locust_csv(locust_row("Aggregated", 20, kind="")),
        (("GET /a", "only in A"), ("Aggregated", "2.00x slower")),
        ("the sum of all endpoints",),
    ),
    *(
        same(f"machine_info {info!r}", benchmarks({}, machine_info=info), ("t.py", "no change"))
        for info in MACHINES
    ),
    same(
        "no machine_info",
        {"benchmarks": [{"name": "t", "stats": {"median": 1}}], "version": "5"},
        ("t", "1.00 s"),
    ),
    same(
        "k6 without HTTP",
        {"metrics": {"grpc_req_duration": {"med": 2}, "iterations": {"count": 3}}},
        ("grpc_req_duration", "2.00 ms"),
    ),
    same(
        "k6 with iterations alone",
        {"metrics": {"iteration_duration": {"med": 2}}},
        ("iteration_duration",),
        lines=("pauses of the script",),
    ),
    # Names.
    same(
        "line separators",
        k6_csv(k6_row(5, '"/a\u2028b"'), k6_row(7, '"/a\nb"')),
        ("5.00 ms",),
        ("7.00 ms",),
    ),
    same(
        "long names",
        k6_csv(k6_row(5, "x" * 200_000 + "1"), k6_row(7, "x" * 200_000 + "2")),
        ("x1", "5.00 ms"),
        ("x2", "7.00 ms"),
    ),
    same(
        "names that look alike",
        hyperfine({"command": "a\x00", "times": [1]}, {"command": "a\x01", "times": [5]}),
        ("(1)", "1.00 s"),
        ("(2)", "5.00 s"),
    ),
    same("extreme times", hyperfine({"times": [1e308, 1e-308]}), ("no change",)),
    same("empty command", hyperfine({"command": "", "times": [1]}), ("(empty command)",)),
]


def compared(folder: Path, first: object, second: object) -> str:
    """What the terminal shows of two files."""
    out = io.StringIO()
    compare_runs_of(written(folder, first, "a"), written(folder, second, "b"), out)
    return out.getvalue()


@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.name)
def test_what_is_shown(tmp_path: Path, case: Case) -> None:
    """Each row and each line stands in what is printed."""
    text = compared(tmp_path, case.first, case.second)

    for row in case.rows:
        assert any(_holds(line, row) for line in text.splitlines()), (row, text)
    for line in case.lines:
        assert line in text
    if any(NOT_COMPARED in row for row in case.rows) and "no change" not in str(case.rows):
        assert "faster" not in text
        assert "slower" not in text


def _holds(line: str, parts: tuple[str, ...]) -> bool:
    place = 0
    for part in parts:
        place = line.find(part, place) + len(part)
        if place < len(part):
            return False
    return True


DEEP = "[" * 100_000
REFUSED = [
    ("empty", "", "is empty"),
    ("blank", "\ufeff\n \n", "is empty"),
    ("binary", b"\x7fELF\x00\x01", "is binary"),
    ("zip", b"PK\x03\x04abc", "packed with zip. Unpack it"),
    ("cut gzip", packed(k6_csv(*TENS))[:-9], "cut off or damaged gzip"),
    (
        "Latin-1",
        k6_csv(k6_row(5, "/é")).encode("latin-1"),
        "looks like k6's, but .*byte 0xe9 in line 2.*UTF-8",
    ),
    (
        "cut JSON",
        json.dumps(hyperfine({"times": [1, 2]}))[:-4],
        "looks like hyperfine's, but its JSON is .*cut off at line 1.*--export-json",
    ),
    ("two documents", json.dumps(autocannon(1)) * 2, "looks like autocannon's"),
    ("key twice", '{"results": [{"command": "x", "median": 1, "median": 2}]}', "'median' twice"),
    *(
        (f"key {key} twice in a line", k6_line(5) + k6_line(5).replace(old, new), reason)
        for key, old, new in (
            ("value", '"value": 5', '"value": 5, "value": 1e-9'),
            ("metric", '"metric": ', '"metric": "vus", "metric": '),
            ("status", '"status": ', '"status": "500", "status": '),
        )
        for reason in (f"k6's, but in its line 2, its JSON holds the key '{key}' twice",)
    ),
    ("deep", DEEP, "nested too deeply"),
    ("deep inside", '{"results": ' + DEEP, "nested too deeply"),
    ("huge number", '{"results": [' + "9" * 5000 + "]}", "a number that cannot be read"),
    ("a list", "[1]", "not a run's folder, nor a file of k6, pytest-benchmark, hyperfine"),
    ("a table", "a,b\n1,2\n", "nor a file of"),
    (
        "Google Benchmark",
        {"context": {}, "benchmarks": [{"name": "x", "real_time": 1}]},
        "nor a file of",
    ),
    ("no metrics", {"metrics": {}}, "nor a file of"),
    ("no results", {"results": []}, "hyperfine wrote it, but it holds no time"),
    ("no benchmarks", benchmarks(), "pytest-benchmark wrote it, but it holds no time"),
    ("no times", hyperfine({}), "it holds no time"),
    (
        "only what is no time",
        hyperfine({"times": [-1, "y"]}),
        "it holds no time; left out values .*: 2",
    ),
    (
        "benchmark without stats",
        benchmarks({"stats": None}),
        "looks like pytest-benchmark's, but its benchmark 1 has no 'stats'",
    ),
    (
        "benchmarks of another kind",
        {"benchmarks": 5, "machine_info": {}},
        "looks like pytest-benchmark's",
    ),
    (
        "latency of another kind",
        {"latency": [], "requests": {}, "throughput": 1},
        "looks like autocannon's",
    ),
    (
        "k6 without durations",
        {"metrics": {"vus": {"value": 1}}},
        "holds none of http_req_duration, grpc_req_duration",
    ),
    ("k6 CSV without durations", k6_csv(k6_row(1, metric="vus")), "holds none of"),
    ("k6 CSV without rows", k6_csv(), "holds none of"),
    (
        "row cut in its number",
        k6_csv(*TENS) + "http_req_duration,1700000000,1",
        "last row, 6, has 3 cells, its header 19: it is cut off",
    ),
    ("row cut in a name", k6_csv(*TENS)[:-20], "looks like k6's, but its last row"),
    (
        "last cell without an end",
        "name,metric_name,metric_value\n/a,http_req_duration,1",
        "no end of line",
    ),
    ("quote without an end", k6_csv(k6_row(5, '"/a'), *TENS), "a quoted cell has no end"),
    ("line cut", k6_line(5) + k6_line(5)[:-9], "its last line, 2, is cut off"),
    (
        "decimal commas",
        locust_csv("GET,/a,10,0,1,5,1,5,1,5,1,5,1,5"),
        "looks like Locust's.*decimal commas",
    ),
    (
        "semicolons",
        locust_csv(locust_row("/a", 5)).replace(",", ";"),
        "Locust's, but separates cells with semicolons",
    ),
    ("column twice", "metric_name,metric_value,name,name,x\n", "column 'name' stands twice"),
    (
        "Locust's failures",
        "Method,Name,Error,Occurrences,First Seen,Last Seen\n",
        "use its _stats.csv",
    ),
    (
        "hyperfine's CSV",
        "command,mean,stddev,median,user,system,min,max\nx,1,0,1,0,0,1,1\n",
        "export with --export-json",
    ),
    (
        "pytest-benchmark's CSV",
        "name,min,max,mean,stddev,rounds,median\nt,1,1,1,0,5,1\n",
        "export with --benchmark-json",
    ),
    (
        "response times of another kind",
        [{"num_requests": 1, "response_times": []}],
        "looks like Locust's, but the 'response_times'",
    ),
]


@pytest.mark.parametrize(
    ("content", "reason"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_what_is_refused(tmp_path: Path, content: object, reason: str) -> None:
    """One line that names the file, what is wrong and what to do."""
    with pytest.raises(ReportError, match=reason) as refused:
        compared(tmp_path, content, content)
    message = str(refused.value)

    assert message.startswith(str(tmp_path / "a"))
    assert 1 == len(message.splitlines())
    assert len(message) < 1000


NOTHING = [
    ("ports", autocannon(1), autocannon(1, url="http://y"), 'name: "http://x" / "http://y"'),
    (
        "tools",
        autocannon(1),
        hyperfine({"times": [1]}),
        "autocannon and hyperfine wrote them; they differ in name",
    ),
    ("methods", k6_csv(k6_row(1)), k6_csv(k6_row(1, method="PUT")), 'method: "GET" / "PUT"'),
    ("groups", benchmarks({"group": "a"}), benchmarks({"group": "b"}), 'group: "a" / "b"'),
    (
        "combination",
        k6_csv(k6_row(1), k6_row(1, "/b", method="PUT")),
        k6_csv(k6_row(1, method="PUT"), k6_row(1, "/b")),
        "combination",
    ),
    (
        "parameters of hyperfine",
        hyperfine({"times": [1], "parameters": {"a": "x, b=y"}}),
        hyperfine({"times": [1], "parameters": {"a": "x", "b": "y"}}),
        'parameters: "a="x, b=y"" / "a=x, b=y"',
    ),
    (
        "parameters of pytest-benchmark",
        benchmarks({"params": {"a": "x, b=y", "n": 1}}),
        benchmarks({"params": {"a": "x", "b": "y", "n": "1"}}),
        'parameters: "a="x, b=y", n=1" / "a=x, b=y, n="1""',
    ),
    ("values", hyperfine({"median": 1}), hyperfine({"mean": 1}), "of none the same value"),
    ("how often", TWICE, hyperfine({"times": [1]}), "not equally often"),
]


@pytest.mark.parametrize(
    ("first", "second", "what"), [one[1:] for one in NOTHING], ids=[one[0] for one in NOTHING]
)
def test_nothing_in_common_is_refused(
    tmp_path: Path, first: object, second: object, what: str
) -> None:
    """With what differs."""
    with pytest.raises(ReportError, match="have nothing in common") as refused:
        compared(tmp_path, first, second)

    assert what in str(refused.value)


def test_many_names_are_folded(tmp_path: Path) -> None:
    """The largest changes stand first; the page holds more of them than the terminal."""
    names = 3000
    first = k6_csv(*(k6_row(10, f"/{number}") for number in range(names)))
    second = k6_csv(*(k6_row(10 + number / 100, f"/{number}") for number in range(names)))
    out = io.StringIO()
    page = tmp_path / "page.html"
    compare_runs_of(written(tmp_path, first, "a"), written(tmp_path, second, "b"), out, page)
    text, html = out.getvalue(), page.read_text(encoding="utf-8")

    assert text.index("/2999 ") < text.index("/2998 ")
    assert "/100 " not in text
    assert "2,970 more series not shown" in text
    assert "2,000 more series not shown" in html
    assert "3,000 in both files" in text


@pytest.mark.parametrize("column", K6_COLUMNS.split(",")[3:])
def test_any_tag_may_be_turned_off(tmp_path: Path, column: str) -> None:
    """What k6 calls system tags are columns that a user can leave out."""
    place = K6_COLUMNS.split(",").index(column)
    lines = [line.split(",") for line in k6_csv(*TENS).splitlines()]
    text = "".join(",".join((*line[:place], *line[place + 1 :])) + "\n" for line in lines)

    assert "10.0 ms" in compared(tmp_path, text, text)
