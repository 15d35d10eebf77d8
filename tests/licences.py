"""The licences of everything that set-up installs, by the packages' own metadata.

`python -m tests.licences` prints docs/licences.md.
"""

import json
import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
LOCKS = ("requirements.lock", "boot.lock")
NPM_LOCK = ROOT / "service" / "stack" / "npm" / "package-lock.json"

COMPATIBLE = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT"),
        # MPL-2.0 asks only that its own files stay under it, and none of them is changed here.
        *("MIT-0", "MPL-2.0", "PSF-2.0", "ZPL-2.1", "Zlib"),
    }
)
"""May be used, unchanged and as packages of their own, by a program under MIT."""

_SPELLINGS = {
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_IN_TEXT_ONLY = {"axe-playwright-python": "MIT"}
"""Packages whose metadata state none, by the text of the licence that they bring."""

_LOCKED = re.compile(r"^([A-Za-z0-9][^\\\n]*?)\s*\\?$", re.MULTILINE)
_LENGTH_MAX = 60
_HEAD = """# Licences

Versus is under MIT. It installs these packages, each unchanged, under their own licences.
`make licences` writes this page from the packages' metadata; a test fails where a licence is
unknown or not compatible. `BSD` stands where a package does not say which of the BSD licences it
means. `make sbom` lists the packages with their versions as bills of materials
(CycloneDX). The tools of `make docs` and `make sbom` have environments of their own and are not
listed.

| licence | packages |
|---|---|""".splitlines()


@dataclass(frozen=True)
class Licence:
    """What a package states: an SPDX expression, or a licence that is not known."""

    package: str
    expression: str

    @property
    def is_compatible(self) -> bool:
        """Whether one of its alternatives holds only licences that may be used."""
        return any(
            all(part in COMPATIBLE for part in alternative.split(" AND "))
            for alternative in self.expression.split(" OR ")
        )


def locked(text: str) -> dict[str, list[Requirement]]:
    """The packages of a lock by name, each with all versions that it has on some machine."""
    found: dict[str, list[Requirement]] = {}
    for line in _LOCKED.findall(text):
        requirement = Requirement(line)
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def is_for_here(requirement: Requirement) -> bool:
    """Whether set-up installs it on this machine."""
    return requirement.marker is None or requirement.marker.evaluate()


def expression_of(package: Distribution) -> str:
    """What a package's metadata state, as SPDX spells it; empty where they state nothing."""
    expression, named = (_first(package, name) for name in ("License-Expression", "License"))
    stated = expression or named
    known = _SPELLINGS.get(stated, stated)
    is_plain = bool(known) and len(known) <= _LENGTH_MAX and "\n" not in known
    if expression or (is_plain and known in COMPATIBLE):
        return known
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in package.metadata.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    listed = [_SPELLINGS.get(one, one) for one in classifiers]
    # Of several, a user may choose.
    return " OR ".join(sorted(listed)) or (known if is_plain else "")


def _first(package: Distribution, name: str) -> str:
    return str(next(iter(package.metadata.get_all(name) or ()), ""))


def licences() -> list[Licence]:
    """Of every package that is installed here, and of PostgREST, in order of name.

    Raises:
        PackageNotFoundError: set-up is not complete.
    """
    found = [Licence("postgrest (npm)", _npm_licence())]
    for name, requirements in _all_locked().items():
        if any(map(is_for_here, requirements)):
            stated = expression_of(distribution(name)) or _IN_TEXT_ONLY.get(name, "")
            found.append(Licence(name, stated))
    return sorted(found, key=lambda one: one.package)


def elsewhere() -> list[str]:
    """Packages that only other systems get."""
    return sorted(
        name for name, several in _all_locked().items() if not any(map(is_for_here, several))
    )


def page() -> str:
    """docs/licences.md."""
    found = licences()
    packages: dict[str, list[str]] = {}
    for one in found:
        packages.setdefault(one.expression, []).append(one.package)
    rows = sorted(packages.items(), key=lambda row: (-len(row[1]), row[0]))
    lines = [
        *_HEAD,
        *(f"| {expression} | {', '.join(names)} |" for expression, names in rows),
        "",
        f"On other systems only: {', '.join(elsewhere())}.",
    ]
    return "\n".join(lines) + "\n"


def _all_locked() -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for name in LOCKS:
        found |= locked((ROOT / "locks" / name).read_text(encoding="utf-8"))
    return found


def _npm_licence() -> str:
    packages = json.loads(NPM_LOCK.read_text(encoding="utf-8"))["packages"]
    (stated,) = {one["license"] for name, one in packages.items() if name}
    return str(stated)


if __name__ == "__main__":
    try:
        sys.stdout.write(page())
    except PackageNotFoundError as missing:
        sys.exit(f"{missing.name} is not installed. Run `make setup` first.")
