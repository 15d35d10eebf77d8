"""One process of a suite: pytest in a variant, with our plugin that leaves the variant's tests."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from loadtests.children import run_to_end
from loadtests.course import MeasureError
from loadtests.planning.suite import SuiteVariant

_PLUGINS = Path(__file__).with_name("plugin")
_OF_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")


async def run_pytest(
    variant: SuiteVariant,
    suite: Sequence[str],
    options: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
) -> None:
    """Run a suite's tests in a variant until they have passed.

    Args:
        variant: whose Python, place and environment.
        suite: files, folders or tests, as pytest is given them.
        options: of pytest, the plugin's among them.
        environment: of all processes, beside the variant's own.
        log: where its output goes.

    Raises:
        MeasureError: a test failed, or there is none.
    """
    own = ["-p", "versus_pairs"]
    if variant.tree:
        # Above a tree lies the working tree, whose conftest.py is not this revision's.
        own += [f"--confcutdir={variant.tree.folder}", f"--versus-tree={variant.tree.folder}"]
        own.append(f"--versus-instead-of={variant.tree.instead_of}")
    whole = {**os.environ, **environment, **variant.environment}
    path = [str(_PLUGINS), *_import_roots(variant, suite[0]), whole.get("PYTHONPATH", "")]
    whole["PYTHONPATH"] = os.pathsep.join(one for one in path if one)
    failure = await run_to_end(
        [variant.python, "-m", "pytest", *suite, *own, *options],
        whole,
        log,
        cwd=str(variant.cwd) if variant.cwd else None,
        error_prefix="ERROR: ",
    )
    if failure:
        raise MeasureError(f"the suite {' '.join(suite)}, {variant.name}, {failure}")


def _import_roots(variant: SuiteVariant, suite: str) -> Iterator[str]:
    """Where a revision's packages lie, before what an editable installation says of them."""
    tree = variant.tree
    if tree is None:
        return
    file = (variant.cwd or Path()) / suite.partition("::")[0]
    folders = (tree.folder / one for one in file.relative_to(tree.folder).parents)
    for folder in folders:
        if folder == tree.folder or any((folder / name).is_file() for name in _OF_PROJECT):
            yield from (str(one) for one in (folder / "src", folder) if one.is_dir())
