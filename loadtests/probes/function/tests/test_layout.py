"""Where a tree holds its packages, in the layouts that projects have."""

from pathlib import Path

import pytest

from loadtests.probes.function.layout import layout_of

SETUPTOOLS = '[project]\nname = "acme-h6"\n[tool.setuptools.packages.find]\nwhere = ["python"]\n'
SETUP_CFG = "[metadata]\nname = acme\n[options]\npackage_dir =\n    = code\n"
LAYOUTS = {
    "src": ({"src/acme/__init__.py": ""}, ["src", "."]),
    "flat": ({"acme/__init__.py": ""}, ["."]),
    "setuptools": ({"pyproject.toml": SETUPTOOLS, "python/acme.py": ""}, ["python", "."]),
    "package-dir": (
        {
            "pyproject.toml": '[tool.setuptools.package-dir]\n"" = "a"\nacme = "b/acme"\nx = "c/y"',
            "a/x": "",
            "b/acme/x": "",
            "c/y/x": "",
        },
        ["a", "b", "."],
    ),
    "setup.cfg": ({"setup.cfg": SETUP_CFG, "code/acme.py": ""}, ["code", "."]),
    "setup.py": (
        {"setup.py": 'setup(name="a", packages=find_packages("code"))', "code/a.py": ""},
        ["code", "."],
    ),
    "pytest": (
        {"pyproject.toml": '[tool.pytest.ini_options]\npythonpath = "code"', "code/a.py": ""},
        ["code", "."],
    ),
    "maturin": (
        {"pyproject.toml": '[tool.maturin]\npython-source = "py"', "py/a.py": ""},
        ["py", "."],
    ),
    "hatch": (
        {
            "pyproject.toml": '[tool.hatch.build.targets.wheel]\npackages = ["py/a"]',
            "py/a/b.py": "",
        },
        ["py", "."],
    ),
    "poetry": (
        {
            "pyproject.toml": '[tool.poetry]\nname = "a"\npackages = [{include = "a", from = "p"}]',
            "p/a.py": "",
        },
        ["p", "."],
    ),
    "by name": ({"pyproject.toml": '[project]\nname = "A.B"', "lib/a_b/x.py": ""}, ["lib", "."]),
    # What else lies there would hide what is installed, or Python's own.
    "not by name": ({"pyproject.toml": '[project]\nname = "a"', "lib/json/x.py": ""}, ["."]),
    "members": (
        {
            "packages/one/pyproject.toml": "",
            "packages/one/src/one.py": "",
            "packages/two/src/two.py": "",
        },
        [".", "packages/one/src", "packages/one"],
    ),
    "workspace": (
        {
            "pyproject.toml": '[tool.uv.workspace]\nmembers = ["crates/*", "../*", "/*", "**x"]',
            "crates/one/pyproject.toml": "",
        },
        [".", "crates/one"],
    ),
    "hostile": (
        {
            "pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["..", "/", "\\u0000", 1]',
            "setup.cfg": "[options\n",
            "bench/pyproject.toml": "[",
        },
        [".", "bench"],
    ),
}


def put(folder: Path, *names: str, **texts: str) -> None:
    for name, text in (dict.fromkeys(names, "") | texts).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_folders_that_packages_are_imported_from(tmp_path: Path, name: str) -> None:
    """Those that a project file names, or that are known, and none outside of the tree."""
    files, expected = LAYOUTS[name]
    put(tmp_path, "bench/bench_it.py", **files)
    roots = layout_of(tmp_path, tmp_path / "bench" / "bench_it.py").roots

    assert sorted(expected) == sorted(str(one.relative_to(tmp_path)) for one in roots)


def test_a_projects_own_folders_come_before_those_above_it(tmp_path: Path) -> None:
    """Also where the suite is named from a folder beside it."""
    put(tmp_path, "one/bench/bench_it.py", "one/src/a.py", "src/a.py", "one/setup.py")
    roots = layout_of(tmp_path, tmp_path / "other/../one/bench/bench_it.py").roots

    assert ["one/src", "one", "src", "."] == [str(one.relative_to(tmp_path)) for one in roots]


def test_the_distributions_of_a_tree(tmp_path: Path) -> None:
    """All of its projects, but none that is another's copy or made for a test."""
    named = '[project]\nname = "{}"\n'
    texts = {
        "pyproject.toml": named.format("Acme_H6"),
        "a/setup.cfg": SETUP_CFG,
        "b/setup.py": 'setup(name="b.c")',
        "tests/data/pyproject.toml": named.format("pytest"),
        "third_party/requests/pyproject.toml": named.format("requests"),
    }
    put(tmp_path, "bench.py", **texts)

    assert {"acme-h6", "acme", "b-c"} == layout_of(tmp_path, tmp_path / "bench.py").projects
