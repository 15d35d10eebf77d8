"""Master and workers agree on the code that they really run."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from contract.run.columns import SampleEncoder
from loadtests.engines.code_version import ROOT, code_files, code_version


def module(file: Path, content: str = "") -> ModuleType:
    """A module that was imported from a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    imported = ModuleType("some")
    imported.__file__ = str(file)
    return imported


def test_only_our_rooms_count(tmp_path: Path) -> None:
    """Other packages may lie elsewhere on another machine; built-in modules have no file."""
    ours = module(tmp_path / "contract" / "run" / "deep" / "record.py")
    others = [module(tmp_path / "contractors" / "record.py"), sys, None]

    assert [Path(str(ours.__file__))] == code_files([ours, *others], tmp_path)


def test_a_change_in_any_imported_module_counts(tmp_path: Path) -> None:
    """Also in a folder below a room; and so do a new module and the entry itself."""
    entry = tmp_path / "loadtests" / "locustfile.py"
    module(entry)
    deep = tmp_path / "contract" / "run" / "deep" / "record.py"
    modules = [module(deep)]
    versions = {code_version(modules, entry, tmp_path)}
    deep.write_text("changed", encoding="utf-8")
    versions.add(code_version(modules, entry, tmp_path))
    entry.write_text("changed", encoding="utf-8")
    versions.add(code_version(modules, entry, tmp_path))
    modules.append(module(tmp_path / "loadtests" / "new.py"))
    versions.add(code_version(modules, entry, tmp_path))

    assert 4 == len(versions)


def test_a_digest_of_nothing_is_refused(tmp_path: Path) -> None:
    """If the rooms had moved, every version would be the same."""
    with pytest.raises(ValueError, match="no imported module lies in contract or loadtests"):
        code_version([sys], tmp_path / "entry.py", tmp_path)


@pytest.mark.slow
def test_the_generator_covers_the_format_of_samples() -> None:
    """Whatever module encodes samples: a change of it gives workers another version."""
    script = (
        "import sys; from loadtests.engines import code_version as it;"
        "before = it.code_files;"
        "files = []; it.code_files = lambda *given: files.extend(before(*given)) or files;"
        "import loadtests.engines.locustfile_load;"
        "print(*files, sep='\\n')"
    )
    listed = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.splitlines()

    expected = {SampleEncoder.__module__, "loadtests.planning.arrivals"}
    expected |= {"loadtests.probes.http.exchange", "loadtests.engines.open_loop"}
    assert {str(ROOT / f"{name.replace('.', '/')}.py") for name in expected} <= set(listed)
