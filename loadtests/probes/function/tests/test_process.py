"""One real process of a suite: which tests it runs, and what it says when it fails."""

import asyncio
from pathlib import Path

import pytest

from loadtests.errors import MeasureError
from loadtests.planning.suite import ChoiceError, Suite, SuiteVariant, Worktree
from loadtests.probes.function.names import names_of
from loadtests.probes.function.observations import FunctionObservation, ProcessObservation
from loadtests.probes.function.process import SUITE_LOG, measure_process

SUITE = '''
import os
import time

import pytest


@pytest.mark.parametrize("how", ["slow", "fast"])
def test_work(benchmark, how):
    """Sleeps as long as its parameter says."""
    benchmark.extra_info["how"] = how
    benchmark(time.sleep, 0.004 if how == "slow" else 0.001)


def test_environment(benchmark):
    """Sleeps as long as the environment says."""
    benchmark.group = "sleeps"
    benchmark(time.sleep, float(os.environ["PAUSE_S"]))


def test_no_benchmark():
    raise AssertionError("it must not run")
'''
# Other plugins make a start longer.
ENVIRONMENT = {
    "PAUSE_S": "0.001",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_PLUGINS": "pytest_benchmark.plugin",
}


def process_of(
    tmp_path: Path,
    variant: SuiteVariant,
    suite: str | dict[str, str] = SUITE,
    excluded: tuple[str, ...] = (),
    path: str = "",
) -> ProcessObservation:
    """One process of a suite: of a file, or of a folder with these files."""
    files = {"bench_it.py": suite} if isinstance(suite, str) else suite
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    # Of the folder above, no setting counts.
    (tmp_path / "pytest.ini").touch()
    stated = tmp_path / (path or ("bench_it.py" if isinstance(suite, str) else "."))
    found = asyncio.run(
        measure_process(
            Suite(str(stated), (variant,), excluded), variant, 0.2, tmp_path, ENVIRONMENT
        )
    )
    assert [] == [*tmp_path.glob("suite.json"), *tmp_path.glob("suite.times")]
    return found


def observed(
    tmp_path: Path, variant: SuiteVariant, suite: str = SUITE, excluded: tuple[str, ...] = ()
) -> dict[str, FunctionObservation]:
    """By the names of benchmarks."""
    return by_name(process_of(tmp_path, variant, suite, excluded))


def by_name(process: ProcessObservation) -> dict[str, FunctionObservation]:
    names = names_of(one.function for one in process.functions)
    return {names[one.function]: one for one in process.functions}


def left_out(process: ProcessObservation) -> dict[str, tuple[str, bool]]:
    names = names_of(one.function for one in process.left_out)
    return {names[one.function]: (one.reason, one.by_suite) for one in process.left_out}


def refused(
    tmp_path: Path, variant: SuiteVariant, suite: str | dict[str, str] = SUITE, path: str = ""
) -> str:
    with pytest.raises(MeasureError) as caught:
        process_of(tmp_path, variant, suite, path=path)
    return str(caught.value)


def test_a_variant_runs_the_benchmarks_with_its_parameters(tmp_path: Path) -> None:
    """Each has all its rounds; a test without a benchmark does not run."""
    found = observed(tmp_path, SuiteVariant("before", {"how": "slow"}))
    work, environment = found["it.work"], found["it.environment"]

    assert {"it.work", "it.environment"} == set(found)
    assert ({"how": "slow"}, {"how": "slow"}) == (
        work.parameters,
        work.extra_info,
    )
    assert "sleeps" == environment.group
    assert min(work.times_s) > 0.004
    assert min(environment.times_s) > 0.001
    assert len(environment.times_s) > 10


def test_a_variant_has_its_environment(tmp_path: Path) -> None:
    """It replaces the one of all processes; excluded tests do not run."""
    variant = SuiteVariant("after", {"how": ""}, {"PAUSE_S": "0.01"})
    found = observed(tmp_path, variant, excluded=("test_work",))

    assert ["it.environment"] == list(found)
    assert min(found["it.environment"].times_s) > 0.01


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"how": "quick"}, "no benchmark has how=quick; there are fast, slow"),
        ({"whence": "x"}, "no benchmark has a parameter 'whence'; there are how"),
    ],
)
def test_an_unknown_parameter_is_refused(
    tmp_path: Path, parameters: dict[str, str], expected: str
) -> None:
    """Two variants that are the same would be no comparison."""
    with pytest.raises(ChoiceError) as caught:
        observed(tmp_path, SuiteVariant("wrong", parameters))

    assert f"the suite {tmp_path}/bench_it.py, wrong, {expected}" == str(caught.value)


FUNCTIONS = """
import pytest

def fast(): pass
def slow(): pass
class Codec: pass

@pytest.mark.parametrize("impl", [fast, slow], ids=["quick", "exact"])
def test_impl(benchmark, impl): benchmark(impl)

@pytest.mark.parametrize("codec", [Codec(), Codec()])
@pytest.mark.parametrize("size", [10, pytest.param(20, id="twenty")])
def test_codec(benchmark, codec, size): benchmark(int)

@pytest.mark.parametrize("data", [list(range(700)), "x" * 3000], ids=["ints", "text"])
def test_data(benchmark, data): benchmark(int)

@pytest.mark.parametrize("v", [1, "1", True, "True"])
def test_types(benchmark, v): benchmark(int)
"""
ODD = r"""
import pytest

@pytest.fixture(params=["small", "big"])
def box(request): return request.param

@pytest.fixture
def made(request): return request.param

class TestA:
    def test_f(self, benchmark): benchmark(int)
    class TestB:
        def test_f(self, benchmark): benchmark(int)

class TestC:
    def test_f(self, benchmark): benchmark(int)

@pytest.mark.parametrize("v", ["gr\u00f6\u00dfe", "a\nb", "a]b[c", "x,y", "k=v", "", "a::b"])
def test_ids(benchmark, v): benchmark(int)

@pytest.mark.parametrize("v", [pytest.param(1, id="x" * 300), pytest.param(2, id="x" * 300 + "y")])
def test_long(benchmark, v): benchmark(int)

@pytest.mark.parametrize("made", [1], indirect=True)
def test_made(benchmark, box, made): benchmark(int)

@pytest.mark.parametrize("a, b", [(1, -2), (-1, "x-y")])
@pytest.mark.parametrize("c", [object()])
def test_several(benchmark, a, b, c): benchmark(int)

@pytest.mark.parametrize(("impl", "n"), [(int, 1), (str, 2)], ids=["first", "second"])
def test_together(benchmark, impl, n): benchmark(impl)

@pytest.mark.parametrize("h", [pytest.param(1, id=pytest.HIDDEN_PARAM)])
def test_hidden(benchmark, h): benchmark(int)
"""
X = "x" * 71


@pytest.mark.parametrize(
    ("suite", "parameters", "expected"),
    [
        (
            FUNCTIONS,
            {},
            {
                *("it.impl[impl=quick]", "it.impl[impl=exact]", "it.data[data=ints]"),
                *(f"it.codec[codec=codec{n}, size={s}]" for n in (0, 1) for s in ("10", "twenty")),
                *("it.data[data=text]", "it.types[v=1_0]", "it.types[v=1_1]"),
                *("it.types[v=True0]", "it.types[v=True1]"),
            },
        ),
        (
            FUNCTIONS,
            {"impl": "quick", "size": "twenty", "v": "1_1", "data": "", "codec": "codec1"},
            {"it.impl", "it.codec", "it.types"},
        ),
        (
            ODD,
            {},
            {
                *("it.TestA.test_f", "it.TestA.TestB.test_f", "it.TestC.test_f", "it.hidden"),
                *(f"it.ids[v={v}]" for v in ("gr\\xf6\\xdfe", "a\\nb", "a]b[c", "x,y", "k=v")),
                *("it.ids[v=]", "it.ids[v=a::b]"),
                *(f"it.long[v={X[2:]}\u2026{end}]" for end in ("93f6ea29", "a04b6279")),
                *(f"it.made[box={box}, made=1]" for box in ("small", "big")),
                *("it.several[a=1, b=-2, c=c0]", "it.several[a=-1, b=x-y, c=c0]"),
                *("it.together[impl,n=first]", "it.together[impl,n=second]"),
            },
        ),
        (
            ODD,
            {"v": "gr\u00f6\u00dfe", "box": "big", "b": "x-y", "impl": "second"},
            {
                *("it.TestA.test_f", "it.TestA.TestB.test_f", "it.TestC.test_f", "it.hidden"),
                *("it.ids", "it.made[made=1]", "it.several[a=-1, c=c0]", "it.together"),
            },
        ),
    ],
)
def test_names_and_choices_are_pytests_ids(
    tmp_path: Path, suite: str, parameters: dict[str, str], expected: set[str]
) -> None:
    """Whatever a parameter is: never an address, never twice the same, never longer than a line."""
    assert expected == set(observed(tmp_path, SuiteVariant("one", parameters), suite))


def test_ids_that_can_be_chosen_are_listed_up_to_a_bound(tmp_path: Path) -> None:
    """Of many and long ones, the beginning."""
    suite = f"""
import pytest

@pytest.mark.parametrize("n", range(100), ids=lambda n: "{"y" * 200}" + str(n))
def test_x(benchmark, n): benchmark(int)
"""
    said = refused(tmp_path, SuiteVariant("wrong", {"n": "1"}), suite)

    assert said.endswith(" and 90 more")
    assert len(said) < 1000


SUM = "def test_a(benchmark):\n    benchmark(sum, range(100))\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"api/test_perf.py": SUM, "core/test_perf.py": SUM}, {"api/perf.a", "core/perf.a"}),
        # pytest by itself takes test_*.py from a folder.
        ({"bench_a.py": SUM, "test_b.py": SUM, "other.py": SUM}, {"a.a", "b.a"}),
        (
            {
                "bench_a.py": SUM,
                "x_perf.py": SUM,
                "pytest.ini": "[pytest]\npython_files = *_perf.py\n",
            },
            {"a.a", "x_perf.a"},
        ),
    ],
)
def test_a_folder_is_a_suite(tmp_path: Path, files: dict[str, str], expected: set[str]) -> None:
    """Each of its files is named by as much of its path as is needed."""
    files = {
        f"suite/{name}" if name.endswith(".py") else name: text for name, text in files.items()
    }
    (tmp_path / "suite").mkdir()
    for folder in ("api", "core"):
        files[f"suite/{folder}/__init__.py"] = files["suite/__init__.py"] = ""
    found = process_of(tmp_path, SuiteVariant("one"), files, path="suite")

    assert expected == set(by_name(found))


LEFT_OUT = """
import time, pytest

@pytest.mark.benchmark(timer=lambda: round(time.perf_counter(), 3))
def test_tiny(benchmark): benchmark.pedantic(lambda: None, rounds=500)

def test_gpu(benchmark): pytest.skip("needs CUDA")

@pytest.mark.skipif(True, reason="no such system")
def test_system(benchmark): benchmark(int)

@pytest.mark.xfail(reason="known", strict=False)
def test_known(benchmark): raise ValueError

def test_after(benchmark):
    benchmark(int)
    pytest.skip("too late")

def test_unused(benchmark): pass

def test_raises(benchmark):
    with pytest.raises(ValueError):
        benchmark(int, "x")

def test_kept(benchmark): benchmark(int)
"""


def test_what_cannot_be_measured_is_left_out_with_its_reason(tmp_path: Path) -> None:
    """The others are kept."""
    found = process_of(
        tmp_path,
        SuiteVariant("one"),
        {
            "test_it.py": LEFT_OUT,
            "test_module.py": 'import pytest\npytest.importorskip("no_such_module")\n',
        },
    )
    reasons = left_out(found)
    tiny, by_suite = reasons.pop("it.tiny")

    assert {"it.kept"} == set(by_name(found))
    assert "of its 500 rounds took no time that its timer can tell from 0" in tiny
    assert not by_suite
    assert {
        "it.gpu": ("skipped: needs CUDA", True),
        "it.system": ("skipped: no such system", True),
        "it.known": ("it is expected to fail: known", True),
        "it.after": ("skipped: too late", True),
        "it.unused": ("it measures no call", False),
        "it.raises": ("its call raised an exception", False),
        "module": (
            "skipped: could not import 'no_such_module': No module named 'no_such_module'",
            True,
        ),
    } == reasons


TOGETHER = "-n 2 --benchmark-disable --maxfail=1 --co --lf --benchmark-json=o.json --cov=. --pdb"


@pytest.mark.parametrize(
    "addopts",
    [
        TOGETHER,
        "-p no:benchmark",
        *(
            pytest.param(addopts, marks=pytest.mark.slow)
            for addopts in (
                *(
                    "--benchmark-disable",
                    "--benchmark-skip",
                    "--benchmark-only --benchmark-disable",
                ),
                *("-n 2", "-n 2 --dist loadfile", "--co", "--maxfail=1 -x", "--lf", "--sw"),
                *("--benchmark-json=o.json --benchmark-autosave", "--benchmark-compare", "--pdb"),
                *("--benchmark-min-rounds=3", "--cov=. --cov-report=", "-v -W error", "-q -q"),
                *("--setup-plan", "--fixtures", "-p no:terminal", "--strict-markers"),
            )
        ),
    ],
)
def test_a_projects_options_do_not_keep_it_from_being_measured(
    tmp_path: Path, addopts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are for its tests; its files stay as they are."""
    monkeypatch.setitem(
        ENVIRONMENT,
        "PYTEST_PLUGINS",
        "xdist.plugin,pytest_cov.plugin"
        + ("" if "no:benchmark" in addopts else ",pytest_benchmark.plugin"),
    )
    (tmp_path / "suite").mkdir()
    ini = f"[pytest]\naddopts = {addopts}\n"
    found = process_of(
        tmp_path,
        SuiteVariant("one"),
        {"suite/test_a.py": SUM, "suite/pytest.ini": ini},
        path="suite",
    )

    assert ["a.a"] == list(by_name(found))
    own = {one.name for one in (tmp_path / "suite").iterdir()}
    assert {"test_a.py", "pytest.ini"} == own - {"__pycache__", ".pytest_cache"}


@pytest.mark.parametrize(
    ("option", "expected"), [("-k other", "-k 'other'"), ("-m 'not slow'", "-m 'not slow'")]
)
def test_what_a_project_deselects_is_said(tmp_path: Path, option: str, expected: str) -> None:
    """By the option that does it."""
    ini = f"[pytest]\naddopts = {option}\nmarkers = slow\n"
    suite = f"import pytest\n@pytest.mark.slow\n{SUM}def test_other(benchmark): benchmark(int)\n"
    found = process_of(
        tmp_path,
        SuiteVariant("one"),
        {"suite/test_a.py": suite, "suite/pytest.ini": ini},
        path="suite",
    )

    assert ["a.other"] == list(by_name(found))
    assert {"a.a": (f"deselected by {expected}", True)} == left_out(found)


CHAIN = """
def test_x(benchmark):
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise KeyError("y") from error
"""
UNKNOWN = "[pytest]\naddopts = --frobnicate\n"
SKIPPED = 'import pytest\ndef test_a(benchmark): pytest.skip("needs CUDA")\n'
MANY = "".join(f"def test_{n}(benchmark): assert 0, {n}\n" for n in range(9))
SAID: list[tuple[str | dict[str, str], str]] = [
    (
        "def test_x(benchmark):\n    assert benchmark(int) == 1\n",
        "exited with 1; bench_it.py::test_x: assert 0 == 1; ",
    ),
    (
        "import no_such.module\n",
        "exited with 2; bench_it.py: ModuleNotFoundError: No module named 'no_such'; ",
    ),
    (
        {"pytest.ini": UNKNOWN, "test_a.py": SUM},
        "exited with 4; pytest said: unrecognized arguments: --frobnicate; inifile: ",
    ),
    ({"test_a.py": SKIPPED}, "measured no function: a.a: skipped: needs CUDA; "),
]
SAID_TOO: list[tuple[str | dict[str, str], str]] = [
    ("def test_x(benchmark:\n", "bench_it.py: SyntaxError: '(' was never closed; File "),
    ("def test_x(benchmark, lost): pass\n", "bench_it.py::test_x: fixture 'lost' not found"),
    (CHAIN, "bench_it.py::test_x: KeyError: 'y'; "),
    (
        {"conftest.py": "import no_such\n", "test_a.py": SUM},
        "exited with 4; pytest said: ModuleNotFoundError: No module named 'no_such'; ",
    ),
    ({"perf.py": SUM}, "from a folder it takes test_*.py, *_test.py and bench_*.py"),
    ("def test_x(): pass\n", "pytest found no test with the fixture `benchmark`; it takes"),
    (MANY, "bench_it.py::test_4: AssertionError: 4; assert 0; and 4 more; "),
]


@pytest.mark.parametrize(
    ("suite", "expected"),
    [*SAID, *(pytest.param(*one, marks=pytest.mark.slow) for one in SAID_TOO)],
)
def test_a_suite_that_fails_says_why(
    tmp_path: Path, suite: str | dict[str, str], expected: str
) -> None:
    """By name, with the error that pytest marks, in one line. A wrong answer is no fast answer."""
    said = refused(tmp_path, SuiteVariant("only"), suite)

    assert expected in said
    assert 1 == len(said.splitlines())


def test_equal_ids_that_pytest_tells_apart_can_be_chosen(tmp_path: Path) -> None:
    """One of several parameters that are set together chooses by the id of all."""
    suite = """
import pytest

@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("how, m", [("a", 1), ("a", 2)], ids=["a", "a"])
def test_x(benchmark, n, how, m): benchmark(int)
"""
    found = observed(tmp_path, SuiteVariant("one", {"m": "a0"}), suite)

    assert {"it.x[n=1]", "it.x[n=2]"} == set(found)


def test_two_benchmarks_of_one_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two results need two names; the message says what to do."""
    monkeypatch.setattr("loadtests.probes.function.observations.case_of", lambda *_: "")

    assert "has two benchmarks that are called 'it.work' in only. Give" in refused(
        tmp_path, SuiteVariant("only")
    )


def test_the_log_is_kept(tmp_path: Path) -> None:
    """The message names it."""
    said = refused(tmp_path, SuiteVariant("only"), "import nothing_like_it\n")

    assert said.endswith(f"; see {tmp_path / SUITE_LOG}")
    assert "nothing_like_it" in (tmp_path / SUITE_LOG).read_text(encoding="utf-8")


OTHERS = "import sys\nsys.path.insert(0, {folder!r})\nimport codec\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"src/codec/__init__.py": "", "bench_it.py": OTHERS + SUM},
            "one: codec was imported from {folder}/codec.py, which is not of this revision",
        ),
        (
            {"src/codec/__init__.py": "import codec._version", "bench_it.py": "import codec\n"},
            "No module named 'codec._version'. Files that git ignores, such as built ones, are in",
        ),
    ],
)
def test_what_is_not_of_the_revision_is_refused(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    """A copy from elsewhere, or what a build made in the working tree alone."""
    tree, folder = tmp_path / "tree", tmp_path / "others"
    folder.mkdir()
    (folder / "codec.py").touch()
    variant = SuiteVariant("one", cwd=tree, worktree=Worktree(tree, tmp_path / "repository"))
    placed = {name: text.format(folder=str(folder)) for name, text in files.items()}

    assert expected.format(folder=folder) in refused(tree, variant, placed, "bench_it.py")
