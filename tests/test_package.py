"""The package: built, installed alone, and used on a service in a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.version import VERSION

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
SIZE_BYTES_MAX = 600_000_000

# What a person's repository may hold under the names of our rooms, and of packages that we use.
NAMESAKES = ("contract", "loadtests", "reports", "service", "commands", "calibration", "numpy")

CONFIG = """\
[target]
command = ["python3", "server.py", "--port", "{port}"]

[variants.before]
[variants.after]
environment = { SHOP_LOOKUP = "indexed" }

[[scenarios]]
name = "things"
request = "GET /products?limit=20"

[[budgets]]
scenario = "things"
variant = "after"
metric = "latency_s_p50"
ratio_max = 1.5

[profiles.default]
measure_s = 2

[profiles.quick]
pairs = [14]
measure_s = 1.4
warmup_rounds = 1
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [str(UV), "build", "--quiet", "--wheel", "--no-build-isolation", "--offline"]
    subprocess.run(
        [*command, "--python", sys.executable, "--out-dir", str(folder), str(ROOT)], check=True
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_rooms_in_one_folder_and_no_tests(wheel: Path) -> None:
    """Plain names such as `service` would meet packages of others."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}

    assert {"versus", f"versus-{VERSION}.dist-info"} == tops
    assert [] == [name for name in names if "/tests/" in name or "conftest" in name]
    for needed in (
        "versus/__init__.py",
        "versus/reports/surfaces/templates/report.html.j2",
        "versus/service/stack/migrations/0001_supabase_shape.sql",
        "versus/loadtests/probes/function/plugin/versus_pairs.py",
        "versus/loadtests/probes/page/observe.js",
    ):
        assert needed in names


def newest_python() -> str | None:
    """The newest Python of this machine, on PATH or kept by pyenv, if it is newer than ours."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    folders = [*map(Path, os.get_exec_path()), *kept.glob("*/bin")]
    found: dict[tuple[int, ...], str] = {}
    for program in (path for folder in folders for path in folder.glob("python3.[0-9]*")):
        minor = program.name.removeprefix("python3.")
        # A shim of pyenv exists for versions that are not in use.
        works = minor.isdecimal() and subprocess.run(
            [program, "-c", "import venv, ensurepip"], capture_output=True, check=False
        )
        if works and works.returncode == 0:
            found[3, int(minor)] = str(program)
    newest = max(found, default=(0,))
    return found[newest] if newest > sys.version_info[:2] else None


@pytest.fixture(scope="module", params=["this", pytest.param("newest", marks=pytest.mark.long)])
def program(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """`versus`, installed without extras into an empty environment."""
    python = sys.executable if request.param == "this" else newest_python()
    if python is None:
        pytest.skip("there is no newer Python")
    home = tmp_path_factory.mktemp("core")
    base = subprocess.run(
        [python, "-c", "import sys; print(sys._base_executable)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    # The newest Python gets the newest packages, as people do.
    locked = ["--constraint", str(ROOT / "locks" / "core.lock")] if request.param == "this" else []
    for command in (
        ["venv", "--quiet", "--no-project", "--python", base, str(home / "env")],
        ["pip", "install", "--quiet", "--python", str(home / "env"), *locked, str(wheel)],
    ):
        subprocess.run([str(UV), *command], check=True, cwd=home)
    yield home / "env" / "bin" / "versus"
    shutil.rmtree(home)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A stranger's repository, whose folders have our names."""
    shutil.copy(ROOT / "examples" / "shop" / "server.py", tmp_path)
    (tmp_path / "versus.toml").write_text(CONFIG, encoding="utf-8")
    for name in NAMESAKES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise SystemExit({name!r})\n")
    # Locust would obey it.
    (tmp_path / "pyproject.toml").write_text('[tool.locust]\nlocustfile = "none.py"\n')
    (tmp_path / "deep").mkdir()
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "A shop"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    return tmp_path


def call(program: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call it as a person does who stands in a folder and has the repository on PYTHONPATH."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [str(program), *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONPATH": str(folder.parent),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.slow
def test_a_stranger_measures_her_service_from_her_repository(
    program: Path, repository: Path
) -> None:
    """From a folder below; nothing of hers is imported, and all that is written lies beside it."""
    folder = repository / "deep"
    check = call(program, folder, "check", "--json", "--quiet")

    assert (0, "") == (check.returncode, check.stderr), check.stdout
    bench = call(program, folder, "bench", "--seed", "1", "--json", "--quiet")
    found = json.loads(bench.stdout)

    assert (0, "") == (bench.returncode, bench.stderr)
    assert str(repository / "runs") == str(Path(found["run"]).parent)
    assert Path(found["report"]).is_file()
    gate = call(program, folder, "gate")
    # Other tests share the machine: its noise may leave the budget undecided, but not exceeded.
    answer = {0: "PASS: 1 of 1 budget kept", 3: "INCONCLUSIVE: 1 of 1 budget undecided"}
    assert gate.stdout.startswith(answer[gate.returncode]), gate.stdout + gate.stderr
    # The same commit twice: no budget is exceeded, whatever is decided in so short a time.
    revisions = call(program, folder, "gate", "--base", "HEAD", "--json", "--quiet")
    judged = json.loads(revisions.stdout)

    assert judged["verdict"] in {"pass", "inconclusive"}, revisions.stdout
    assert "complete" == judged["comparison"]["comparison"]["state"]
    (repository / "versus.toml").rename(repository / "deep" / "mine.toml")
    init = call(program, repository, "init")
    assert (0, "") == (init.returncode, init.stderr)
    assert (repository / "versus.toml").is_file()
    status = subprocess.run(
        ["git", "status", "--porcelain", "--", ":!deep", ":!versus.toml"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == status.stdout
    size = sum(
        file.lstat().st_size for file in program.parents[1].rglob("*") if not file.is_symlink()
    )
    assert size <= SIZE_BYTES_MAX


@pytest.mark.slow
def test_what_needs_an_extra_says_so(program: Path, repository: Path) -> None:
    """One line that names the extra, exit code 2, before anything is measured."""
    lines = ["[target]", 'start = "service"', *CONFIG.splitlines()[3:]]
    text = "\n".join(line for line in lines if not line.startswith("environment"))
    (repository / "versus.toml").write_text(text, encoding="utf-8")
    for arguments, extra in (
        (("serve",), "reference"),
        (("bench",), "reference"),
        (("history", "--history", "s3://bucket/x"), "history"),
        (("calibrate",), "calibration"),
    ):
        ended = call(program, repository / "deep", *arguments)
        (line,) = ended.stderr.splitlines()

        assert 2 == ended.returncode
        assert line.endswith(f"Install Versus again with its extra '{extra}': `versus[{extra}]`.")
    assert not (repository / "runs").exists()
